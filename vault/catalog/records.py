"""The record stream: numbered records, cut into fragments, in blocks that stand on their own.

    block    = 0x01 ‖ next u64 ‖ fragment*            at most the volume's payload, nothing after
    fragment = number u64 ‖ kind u8 ‖ last u8 ‖ index u32 ‖ length u32 ‖ bytes

Losing a block costs the records that have a fragment in it and no other. Format: the page
`docs/format/catalog.md`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from vault.encoding.refusal import malformed
from vault.errors import mark

VERSION = 1
"""First byte of every block of the stream."""

BLOCK_HEADER = struct.Struct(">BQ")
"""Version; the number that the next new record would have had when the block was written."""

FRAGMENT_HEADER = struct.Struct(">QBBII")
"""Record number, kind, 1 for the last fragment of its record, index from 0, length in bytes."""

MAX_RECORD = 17 << 20
"""Bytes of one record: the longest is a disclosure, whose value has at most 16 MiB."""

MAX_FOLLOWING = 1 << 62
"""Numbers of records stay below: more than any volume can hold, and no sum overflows."""

MAX_KIND = 255
"""Kinds are one byte."""

ERASED = 0
"""Kind of what is left of an erased record: its number, no bytes."""


@dataclass(frozen=True)
class Fragment:
    """One piece of a record, as it stands in a block.

    Args:
        number: the record's number, from 1.
        kind: what the record is; 0 for an erased one.
        index: which piece, from 0; the pieces stand in consecutive blocks.
        last: whether the record ends with it.
        body: the bytes of the piece.
    """

    number: int
    kind: int
    index: int
    last: bool
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that the fragment takes up in a block."""
        return FRAGMENT_HEADER.size + len(self.body)


@dataclass(frozen=True)
class RecordBlock:
    """What one block of the stream says.

    Args:
        following: the number of the next new record when the block was last appended to.
        fragments: in the order they stand.
    """

    following: int
    fragments: tuple[Fragment, ...] = ()

    @cached_property
    def size(self) -> int:
        """Bytes of the block."""
        return BLOCK_HEADER.size + sum(fragment.size for fragment in self.fragments)

    def followed_by(self, fragment: Fragment, following: int) -> RecordBlock:
        """Return the block with one fragment more; its size is known without counting anew."""
        longer = RecordBlock(following, (*self.fragments, fragment))
        longer.__dict__["size"] = self.size + fragment.size
        return longer

    def encode(self) -> bytes:
        """Return the block's bytes."""
        parts = [BLOCK_HEADER.pack(VERSION, self.following)]
        for piece in self.fragments:
            header = (piece.number, piece.kind, piece.last, piece.index, len(piece.body))
            parts += (FRAGMENT_HEADER.pack(*header), piece.body)
        return b"".join(parts)


def parse_block(raw: bytes) -> RecordBlock:
    """Take a block of the stream apart.

    Raises:
        MalformedRecord: another version, a length beyond the block, a number out of range,
            two fragments of one record, anything after the last fragment.
    """
    if len(raw) < BLOCK_HEADER.size or raw[0] != VERSION:
        raise malformed(mark("Not a block of records: {found}"), raw)
    following = BLOCK_HEADER.unpack_from(raw)[1]
    fragments: dict[int, Fragment] = {}
    at = BLOCK_HEADER.size
    while at < len(raw):
        start = at + FRAGMENT_HEADER.size
        if start > len(raw):
            raise malformed(mark("A block of records ends within a header: {found}"), raw[at:])
        number, kind, last, index, length = FRAGMENT_HEADER.unpack_from(raw, at)
        at = start + length
        if at > len(raw) or last > 1 or not 0 < number < following or number in fragments:
            raise malformed(mark("A block of records with a bad fragment: {found}"), raw[start:])
        # Only a whole record may be empty, and only an empty one may be what erasing left.
        if (length == 0 and not (last and index == 0)) or (kind == ERASED and length > 0):
            raise malformed(mark("A block of records with a bad fragment: {found}"), raw[start:])
        fragments[number] = Fragment(number, kind, index, bool(last), raw[start:at])
    if not 0 < following <= MAX_FOLLOWING:
        raise malformed(mark("Not a block of records: {found}"), raw)
    return RecordBlock(following, tuple(fragments.values()))


class Record(NamedTuple):
    """A whole record and where it stands.

    Attributes:
        number: from 1, in the order of appending.
        kind: one of `vault.catalog.bodies`, or unknown.
        body: at most 17 MiB.
        block: the block of its first fragment.
        end: the block of its last fragment.
    """

    number: int
    kind: int
    body: bytes
    block: int = 0
    end: int = 0
