"""A leaf: one entry of the log, nothing but its place and the commitments to its fields.

The number of `c` lines is 8, 16, 32 or 64, at least one of them a random decoy: how many
fields an entry has cannot be read from it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from vault.crypto import labels
from vault.crypto.hashes import SHA256_SIZE, sha256
from vault.encoding.binary import read_hex, write_hex
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.errors import mark
from vault.ledger.merkle import leaf_hash
from vault.ledger.origin import check_origin, read_origin

COMMITMENT_COUNTS = (8, 16, 32, 64)
"""How many `c` lines a leaf may have."""

_HEADER = b"amanat-entry/v1"

__all__ = ["COMMITMENT_COUNTS", "Leaf", "genesis", "leaf_hash", "parse_leaf"]


class Leaf(NamedTuple):
    """One entry as the log knows it.

    Attributes:
        log: origin of the log.
        seq: number of the entry, from 0.
        prev: 32 bytes, the hash of the leaf before it, or `genesis` for entry 0.
        file: 32 bytes, the commitment of the field `file`; random where there is none.
        commitments: 8, 16, 32 or 64 times 32 bytes, strictly ascending, none equal to `file`.
    """

    log: str
    seq: int
    prev: bytes
    file: bytes
    commitments: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the record.

        Raises:
            MalformedRecord: a part that the reader would refuse.
        """
        _check_commitments(self.file, self.commitments)
        if any(len(hash_) != SHA256_SIZE for hash_ in (self.prev, self.file, *self.commitments)):
            raise malformed(mark("A hash in an entry that does not have 32 bytes."))
        lines = [
            _HEADER,
            b"log " + check_origin(self.log).encode("ascii"),
            b"seq " + write_decimal(self.seq),
            b"prev " + write_hex(self.prev),
            b"file " + write_hex(self.file),
        ]
        lines += [b"c " + write_hex(digest) for digest in self.commitments]
        return b"\n".join(lines) + b"\n"


def parse_leaf(raw: bytes) -> Leaf:
    """Read a leaf in its only form.

    Raises:
        MalformedRecord: any other form.
    """
    reader = LineReader(raw)
    reader.expect(_HEADER)
    log = read_origin(reader.value(b"log"))
    seq = read_decimal(reader.value(b"seq"))
    prev = read_hex(reader.value(b"prev"), SHA256_SIZE)
    file = read_hex(reader.value(b"file"), SHA256_SIZE)
    commitments: list[bytes] = []
    while not reader.at_end:
        if len(commitments) == COMMITMENT_COUNTS[-1]:
            raise malformed(mark("An entry has at most 64 commitments."))
        commitments.append(read_hex(reader.value(b"c"), SHA256_SIZE))
    _check_commitments(file, commitments)
    return Leaf(log, seq, prev, file, tuple(commitments))


def genesis(origin: str) -> bytes:
    """Return what stands as `prev` in entry 0 of a log: 32 bytes."""
    return sha256(labels.GENESIS, check_origin(origin).encode("ascii"), b"\n")


def _check_commitments(file: bytes, commitments: tuple[bytes, ...] | list[bytes]) -> None:
    if len(commitments) not in COMMITMENT_COUNTS:
        raise malformed(
            mark("An entry has 8, 16, 32 or 64 commitments, not {count}."), count=len(commitments)
        )
    # Ascending hides which are decoys; unique lets a digest occur exactly once.
    if any(left >= right for left, right in pairwise(commitments)):
        raise malformed(mark("The commitments of an entry are not strictly ascending."))
    if file in commitments:
        raise malformed(mark("The commitment of the file stands twice in an entry."))
