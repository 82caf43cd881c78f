from __future__ import annotations

import re
from pathlib import Path

import pytest

from vault.crypto import labels
from vault.ledger.disclosure import commitment
from vault.ledger.leaf import leaf_hash

PAGE = Path(__file__).resolve().parents[2] / "docs" / "format" / "ledger.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text("utf-8")


def test_examples_are_the_stored_bytes(golden, page):
    shown = re.sub(r"^    ", "", page, flags=re.MULTILINE)
    assert golden.leaves[1].decode() in shown
    assert golden.fields[1]["title"].decode() in shown
    assert golden.proofs[3].decode() in shown
    text, _, signatures = golden.checkpoint.decode().partition("\n\n")
    assert f"{text}\n\n{signatures.partition(chr(10))[0]}\n" in shown
    for digest in (commitment(golden.fields[1]["title"]), leaf_hash(golden.leaves[1])):
        assert digest.hex() in page
    assert f"{len(golden.fields[1]['title'])} bytes, no LF" in page
    assert golden.keys.age_seed.hex() in page
    assert "  ".join(golden.facts["key_ids"]) in page


def test_labels_of_the_page_are_those_of_the_program(page):
    for label in (
        labels.SEED_CHECKPOINT_ED25519,
        labels.SEED_CHECKPOINT_MLDSA44,
        labels.SEED_MANIFEST_ED25519,
        labels.SEED_MANIFEST_MLDSA44,
        labels.SEED_AGE,
        labels.LOG_ORIGIN.rstrip(b"\n"),
        labels.GENESIS.rstrip(b"\n"),
        labels.SUBTREE.rstrip(b"\n\0"),
        labels.MLDSA44_NOTE,
    ):
        assert label.decode() in page
