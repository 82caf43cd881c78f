"""The searcher: copies of the file and some passphrases, and all that these open.

No part of the world that made the copies comes in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from container.worlds import PASSPHRASES, PATH, open_level, texts
from seam.memory import MemoryDisk
from seam.small import CHEAP_KDF, SMALL_LENGTH, small_geometry
from vault.container.cell import cell_key
from vault.container.geometry import CELL_UNIT, HEAD_SIZE
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.root import head_size, parse_head, parse_table
from vault.container.session import newest_cell
from vault.container.share_io import ShareReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vault.container.block import Header
    from vault.storage.interface import File

GEOMETRY = small_geometry(SMALL_LENGTH)
BLOCKS = sum(share.blocks for share in GEOMETRY.shares)
_PAGE = 4096


Table = tuple[tuple[int, int, int], ...]


class RootSeen(NamedTuple):
    """A root of a revealed level; commit ids are random and stand for their order only.

    Attributes:
        table: epoch, commit and live positions of every row.
    """

    epoch: int
    commit_id: int
    counter: int
    commit: int
    summary: bytes
    table: Table


class RowSeen(NamedTuple):
    """What a revealed level's keys open in its share of one row, dead blocks and old maps too.

    Attributes:
        roots: one in each row, or none, or two where the row was torn.
        blocks: position, header and content of every block that opens.
    """

    roots: tuple[RootSeen, ...]
    blocks: tuple[tuple[int, Header, bytes], ...]


class CopySeen(NamedTuple):
    """One copy, opened.

    Attributes:
        cell: number of commits, rows written so far, rows of the last commit.
        levels: per revealed level, its share of each row.
    """

    cell: tuple[int, int, int]
    levels: tuple[tuple[RowSeen, ...], ...]


class Seen(NamedTuple):
    """All that a searcher has.

    Attributes:
        raw: the copies.
        copies: the same, opened.
        told: what the program says of the last one: status of each level, and notices.
    """

    raw: Sequence[bytes]
    copies: Sequence[CopySeen]
    told: object


class Eyes:
    """Opens copies of one file, oldest first; what did not change is not opened again."""

    def __init__(self, levels: int) -> None:
        self._levels = levels
        self._ids: dict[bytes, int] = {}
        self._tables: dict[bytes, Table] = {}
        self._known: dict[tuple[int, int], tuple[bytes, RowSeen]] = {}
        self._keys: list[VolumeKeys] = []
        self._cell_key = b""

    def look(self, raw: bytes) -> CopySeen:
        """Open one copy with the keys of the revealed levels."""
        file = MemoryDisk({PATH: raw}).open(PATH)
        if not self._keys:
            passphrase = PASSPHRASES[self._levels - 1].encode()
            keys = open_head(raw[:HEAD_SIZE], passphrase, kdf=CHEAP_KDF).keys
            self._keys = [VolumeKeys(key) for key in keys]
            self._cell_key = cell_key(keys[0])
        cell = newest_cell(file, GEOMETRY, self._cell_key)
        assert cell, "a copy without a cell"
        levels = tuple(
            tuple(self._row(raw, file, level, row) for row in range(GEOMETRY.rows))
            for level in range(self._levels)
        )
        return CopySeen((cell.commit, cell.epoch, cell.rows), levels)

    def _row(self, raw: bytes, file: File, level: int, row: int) -> RowSeen:
        share = GEOMETRY.shares[level]
        start = GEOMETRY.row_offset(row) + share.first * GEOMETRY.sealed
        sealed = raw[start : start + share.blocks * GEOMETRY.sealed]
        known = self._known.get((level, row))
        if known is None or known[0] != sealed:
            reader = ShareReader(file, GEOMETRY, share, self._keys[level])
            known = self._known[level, row] = (sealed, self._open_row(reader, row))
        return known[1]

    def _open_row(self, reader: ShareReader, row: int) -> RowSeen:
        roots, blocks = [], []
        for start in reader._root_starts(row):
            data = reader._root_bytes(row, reader.share.root, *start)
            head = parse_head(data, reader.share)
            if head is None or any(head.epoch == root.epoch for root in roots):
                continue
            table = self._table(data[head_size(reader.share) :], data, reader)
            number = self._number(head.commit_id)
            roots.append(RootSeen(head.epoch, number, head.counter, head.commit, head[4], table))
            sealer = reader.keys.block(head.epoch, head.commit_id)
            headers = reader.open_run(row, 0, reader.share.blocks, sealer)
            blocks += [
                (position, header, bytes(reader.content(header)))
                for position, header in enumerate(headers)
                if header
            ]
        return RowSeen(tuple(roots), tuple(blocks))

    def _table(self, key: bytes, root: bytes, reader: ShareReader) -> Table:
        """The table of a root; all roots of one commit have the same, which is read once."""
        table = self._tables.get(key)
        if table is None:
            rows = parse_table(root, GEOMETRY, reader.share) or []
            table = tuple((row.epoch, self._number(row.commit_id), row.live) for row in rows)
            self._tables[key] = table
        return table

    def _number(self, commit_id: bytes) -> int:
        return self._ids.setdefault(commit_id, len(self._ids))


def see(raw: Sequence[bytes], levels: int) -> Seen:
    """Open all copies, and ask the program itself about the last one."""
    eyes = Eyes(levels)
    copies = [eyes.look(one) for one in raw]
    session = open_level(MemoryDisk({PATH: raw[-1]}), levels - 1, writable=False)
    told = ([session.status(level) for level in range(levels)], texts(session))
    session.close()
    return Seen(raw, copies, told)


# What changed between two copies: no key is needed for it


def changed_blocks(old: bytes, new: bytes) -> dict[int, list[int]]:
    """Row → indexes of its blocks that changed; the slack behind them is one more."""
    changes = {}
    for row in range(GEOMETRY.rows):
        start, end = GEOMETRY.row_offset(row), GEOMETRY.row_offset(row + 1)
        if old[start:end] != new[start:end]:
            changes[row] = [
                index
                for index, (low, high) in enumerate(spans(start, end))
                if old[low:high] != new[low:high]
            ]
    return changes


def spans(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the blocks of a row stand, then its slack."""
    for index in range(BLOCKS):
        yield start + index * GEOMETRY.sealed, start + (index + 1) * GEOMETRY.sealed
    yield start + BLOCKS * GEOMETRY.sealed, end


def changed_elsewhere(old: bytes, new: bytes) -> int:
    """Pages that changed outside of rows and cells."""
    cells = {GEOMETRY.cell_offset(end, slot) // CELL_UNIT for end in (0, 1) for slot in (0, 1)}
    outside = [
        *range(0, GEOMETRY.edge, _PAGE),
        *range(GEOMETRY.tail_offset, GEOMETRY.length, _PAGE),
    ]
    return sum(
        old[at : at + _PAGE] != new[at : at + _PAGE]
        for at in outside
        if at // CELL_UNIT not in cells
    )
