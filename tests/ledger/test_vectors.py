from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import pytest

from vault.errors import BadCheckpoint, LedgerError, MalformedRecord
from vault.ledger.checkpoint import open_checkpoint
from vault.ledger.disclosure import parse_disclosure
from vault.ledger.entry import check_disclosure
from vault.ledger.leaf import parse_leaf
from vault.ledger.proof import check_inclusion, parse_proof

REFUSED = Path(__file__).resolve().parents[1] / "vectors" / "ledger" / "refused"


def refused(kind):
    return sorted(path.name for path in (REFUSED / kind).iterdir())


@pytest.mark.parametrize(
    ("kind", "parse"),
    [("leaf", parse_leaf), ("disclosure", parse_disclosure), ("proof", parse_proof)],
)
def test_stored_failures_are_refused(kind, parse):
    assert len(refused(kind)) >= 14
    for name in refused(kind):
        with pytest.raises(MalformedRecord):
            parse((REFUSED / kind / name).read_bytes())


@pytest.mark.parametrize("name", refused("checkpoint"))
def test_stored_failures_of_a_checkpoint_are_refused(golden, name):
    keys = golden.keys
    with pytest.raises(BadCheckpoint):
        open_checkpoint(
            (REFUSED / "checkpoint" / name).read_bytes(), keys.origin, keys.public.checkpoint
        )


def changes(raw, step=1):
    """Every flipped bit (every `step`-th), every truncation, and one byte more."""
    for bit in range(0, 8 * len(raw), step):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)
    for length in range(0, len(raw), step):
        yield raw[:length]
    yield raw + b"\n"
    yield raw + b"\0"


@pytest.mark.parametrize("name", ["title", "file", "empty"])
def test_every_changed_disclosure_is_refused(golden, name):
    leaf, raw = parse_leaf(golden.leaves[1]), golden.fields[1][name]
    check_disclosure(leaf, raw)
    for changed in changes(raw):
        with pytest.raises(LedgerError):
            check_disclosure(leaf, changed)


def test_every_changed_leaf_is_refused(golden):
    keys, raw, proof = golden.keys, golden.leaves[1], parse_proof(golden.proofs[1])
    checkpoint = open_checkpoint(golden.checkpoint, keys.origin, keys.public.checkpoint)
    check_inclusion(checkpoint, raw, proof)
    for changed in changes(raw):
        with pytest.raises(LedgerError):
            check_inclusion(checkpoint, changed, proof)


def test_every_changed_proof_is_refused(golden):
    keys, leaf, raw = golden.keys, golden.leaves[1], golden.proofs[1]
    checkpoint = open_checkpoint(golden.checkpoint, keys.origin, keys.public.checkpoint)
    for changed in changes(raw):
        with pytest.raises(LedgerError):
            check_inclusion(checkpoint, leaf, parse_proof(changed))


@pytest.mark.long
def test_every_changed_checkpoint_is_refused(golden):
    keys, raw = golden.keys, golden.checkpoint
    for changed in changes(raw):
        with pytest.raises(BadCheckpoint):
            open_checkpoint(changed, keys.origin, keys.public.checkpoint)


def test_vectors_come_out_the_same_again(vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    copy = tmp_path / "tests" / "vectors" / "ledger"
    shutil.copytree(vectors, copy)
    for path in copy.rglob("*"):
        # The checkpoint's ML-DSA signature is randomised: it is kept where it verifies.
        if path.is_file() and path.name not in {"checkpoint", "generate.py"}:
            path.unlink()
    runpy.run_path(str(copy / "generate.py"), run_name="__main__")
    names = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    stored = {
        path.relative_to(vectors)
        for path in vectors.rglob("*")
        if path.is_file() and path.parent.name not in {"foreign", "__pycache__"}
    }
    assert stored == names
    for name in sorted(names):
        assert (vectors / name).read_bytes() == (copy / name).read_bytes(), name
