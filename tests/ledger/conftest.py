from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from vault.crypto.hashes import sha256
from vault.ledger.keys import LogKeys

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "ledger"


@dataclass(frozen=True)
class GoldenLog:
    """The stored log of seven entries."""

    keys: LogKeys
    facts: dict
    leaves: list[bytes]
    proofs: list[bytes]
    fields: list[dict[str, bytes]]
    checkpoint: bytes


@pytest.fixture(scope="session")
def vectors():
    return VECTORS


@pytest.fixture(scope="session")
def golden():
    facts = json.loads((VECTORS / "log.json").read_bytes())
    folders = [VECTORS / "entries" / str(seq) for seq in range(7)]
    return GoldenLog(
        keys=LogKeys.from_seed(bytes.fromhex(facts["seed"])),
        facts=facts,
        leaves=[(folder / "leaf").read_bytes() for folder in folders],
        proofs=[(folder / "proof").read_bytes() for folder in folders],
        fields=[
            {path.name: path.read_bytes() for path in sorted(folder.glob("fields/*"))}
            for folder in folders
        ],
        checkpoint=(VECTORS / "checkpoint").read_bytes(),
    )


@pytest.fixture
def random():
    """Deterministic bytes: SHA-256 of a counter."""
    count = iter(range(10**9))
    return lambda length: sha256(b"test", b"%d" % next(count))[:length]
