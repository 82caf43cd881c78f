"""Where everything lies: constants of the format, computed from the file's length alone.

docs/format/container.md, "Geometry". Nothing here depends on a key or on what is stored, and
nothing is written in the file in clear: two containers of one length have one geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MIB = 1 << 20
GIB = 1 << 30

VERSION = 1
"""Version of the container format; part of the associated data of every sealed unit."""

MIN_LENGTH = 128 * MIB
MAX_LENGTH = 64 * GIB
LENGTH_STEP = MIB

LEVELS = 3
"""Volumes that a container can hold: level 0 is the least secret, level 2 the most."""

PAYLOAD = 16_384
"""Bytes of content in a block, and the page size of the catalog."""

HEADER_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
NAME_SIZE = 17
"""Bytes of a block's name: namespace 1, object 8, number 8."""

ROOT_FIXED = 64
"""Bytes of a root before the summary of its row."""

COMMIT_ID_SIZE = 16

SLOTS = 8
SLOT_SIZE = 256
SALT_SIZE = 32
HEAD_SIZE = SALT_SIZE + SLOTS * SLOT_SIZE

CELL_UNIT = 4096
"""Bytes written for one cell: the sealed cell, then fresh random bytes up to a disk page."""

_EDGE = MIB
_PITCH_STEP = 64 * 1024
_SMALL_ROW = 2 * MIB
_LARGE_ROW = 32 * MIB
_ROWS = 256
_MIN_ROWS = 64


class Share(NamedTuple):
    """The part of every row that belongs to one level.

    Attributes:
        level: 0, 1 or 2.
        first: index within the row of its first block.
        blocks: blocks of the share, n.
        root: blocks of one copy of the root, H/2.
        data: blocks for content, D = n − H.
    """

    level: int
    first: int
    blocks: int
    root: int
    data: int


@dataclass(frozen=True)
class Geometry:
    """One container's layout.

    Attributes:
        length: bytes of the file.
        payload: bytes of content in a block.
        rows: rows of the ring, S.
        pitch: bytes of a row, p.
        edge: bytes before the first row and in the back area.
        shares: one per level, in order of level.
    """

    length: int
    payload: int
    rows: int
    pitch: int
    edge: int
    shares: tuple[Share, ...]

    @property
    def sealed(self) -> int:
        """Bytes of a sealed block."""
        return NONCE_SIZE + HEADER_SIZE + self.payload + TAG_SIZE

    @property
    def reserve(self) -> int:
        """Rows kept free ahead, R."""
        return self.rows // 8

    @property
    def max_commit_rows(self) -> int:
        """Rows that one commit may write, R/2."""
        return max(1, self.reserve // 2)

    def row_offset(self, row: int) -> int:
        """Offset in bytes of row `row`."""
        return self.edge + row * self.pitch

    @property
    def tail_offset(self) -> int:
        """Offset of the random bytes between the last row and the back area."""
        return self.row_offset(self.rows)

    def edge_offset(self, end: int) -> int:
        """Offset of the front (0) or back (1) area."""
        return 0 if end == 0 else self.length - self.edge

    def cell_offset(self, end: int, slot: int) -> int:
        """Offset of root cell A (slot 0) or B (slot 1) at the front (0) or back (1)."""
        return self.edge_offset(end) + self.edge * (1 + slot) // 4

    def capacity(self, level: int) -> int:
        """Blocks of content that a level can hold in all: (S − R)·D."""
        return (self.rows - self.reserve) * self.shares[level].data

    def limit(self, level: int) -> int:
        """Blocks of content that a level ever holds: ⌊7/8⌋ of what it could, so that all move."""
        return self.capacity(level) * 7 // 8


def build(*, length: int, payload: int, rows: int, pitch: int, edge: int) -> Geometry:
    """Compute the shares of a layout; formats choose the numbers.

    Returns:
        A geometry whose shares are ⌊C/4⌋, ⌊3C/8⌋ and the rest of the C blocks of a row.
    """
    sealed = NONCE_SIZE + HEADER_SIZE + payload + TAG_SIZE
    in_row = pitch // sealed
    counts = [in_row // 4, 3 * in_row // 8]
    counts.append(in_row - sum(counts))
    shares = []
    first = 0
    for level, blocks in enumerate(counts):
        root = -(-root_size(blocks, rows) // payload)
        shares.append(Share(level, first, blocks, root, blocks - 2 * root))
        first += blocks
    return Geometry(length, payload, rows, pitch, edge, tuple(shares))


def root_size(blocks: int, rows: int) -> int:
    """Bytes of a root: 64 + 17n + S(24 + ⌈n/8⌉)."""
    return ROOT_FIXED + NAME_SIZE * blocks + rows * (24 + -(-blocks // 8))


def geometry_v1(length: int) -> Geometry:
    """Return the layout of format version 1.

    Args:
        length: bytes of the file: a multiple of 1 MiB, 128 MiB to 64 GiB; the caller checks.
    """
    ring = length - 2 * _EDGE
    if ring // _ROWS < _SMALL_ROW:
        rows = max(_MIN_ROWS, ring // _SMALL_ROW)
    elif ring // _ROWS > _LARGE_ROW:
        rows = -(-ring // _LARGE_ROW)
    else:
        rows = _ROWS
    pitch = ring // rows // _PITCH_STEP * _PITCH_STEP
    return build(length=length, payload=PAYLOAD, rows=rows, pitch=pitch, edge=_EDGE)


def is_valid_length(length: int) -> bool:
    """Tell whether a container of format 1 may have this many bytes."""
    return MIN_LENGTH <= length <= MAX_LENGTH and length % LENGTH_STEP == 0
