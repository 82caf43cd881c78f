"""Which save counts where cells are missing, and under which ids the rows may have been written.

docs/format/container.md, "Rescue", 2 and 3. What is said of a level follows from its own roots,
from those of less secret levels and from the cells, never from what lies above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.cell import Cell, open_cell
from vault.container.geometry import CELL_UNIT, COMMIT_ID_SIZE
from vault.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.container.geometry import Geometry
    from vault.container.root import RootHead
    from vault.container.share_io import ShareReader
    from vault.storage.interface import File

    Sealer = tuple[int, bytes]
    """Epoch of a row, id of the commit that wrote it: from these follows the key of its blocks."""

_TABLES = 2
"""Whole roots whose tables are read per level, the newest: others know nothing more."""

_SEALERS = 4
"""Ids that a row's blocks are tried under at most. An honest file offers two or three."""


def read_unit(file: File, offset: int, length: int) -> bytes:
    """Read what is there; what the disk refuses to give is as good as missing."""
    try:
        return file.pread(offset, length)
    except Damaged:
        return b""


def valid_cells(file: File, geometry: Geometry, key: bytes) -> list[Cell]:
    """Return the valid ones of the four cells."""
    found = []
    for end in (0, 1):
        for slot in (0, 1):
            unit = read_unit(file, geometry.cell_offset(end, slot), CELL_UNIT)
            cell = open_cell(unit, key, end=end, slot=slot)
            if cell:
                found.append(cell)
    return found


def sure_cell(cells: Sequence[Cell]) -> Cell | None:
    """Return the cell that counts; None where one of the two slots cannot be read.

    It may have held the newest. Then the newest root decides: rows are durable before a cell is
    written, so that what a lost cell told of is there.
    """
    if {cell.commit % 2 for cell in cells} != {0, 1}:
        return None
    return max(cells)  # a cell begins with its commit number


def standing_cell(
    reader: ShareReader, heads: Sequence[RootHead], cells: Sequence[Cell], below: Cell | None
) -> tuple[Cell | None, set[bytes]]:
    """Say which save counts for a level where a slot has no valid cell: the newest that finished.

    Args:
        reader: of the level.
        heads: all roots of the level.
        cells: the valid ones.
        below: what counts for the level below it; None for the lowest that has a root.

    Returns:
        What counts as if it were the cell, None where nothing does; and ids of saves of which rows
        are there, and which never finished.
    """
    rows = reader.geometry.rows
    found = newest = max(cells, default=None)
    unfinished: set[bytes] = set()
    for head in sorted(heads, reverse=True):
        if newest is not None and head.commit <= newest.commit:
            if head.epoch >= newest.epoch:  # of the save that the cell says came instead
                unfinished.add(head.commit_id)
            continue
        if head.commit_id in unfinished:
            continue
        root = reader.root(head.epoch % rows, head)
        if root and root.never_finished(heads):
            unfinished.add(head.commit_id)
        elif root and (below is None or head.epoch < below.epoch):
            found = Cell(head.commit, root.last + 1, max(1, len(root.rows)), head.commit_id)
            break
    if below is None:
        return found, unfinished
    last = below.epoch - 1
    torn = below not in cells and any(
        head.epoch % rows == last % rows and head.epoch < last for head in heads
    )
    if not torn and below.commit_id not in unfinished:
        return below, unfinished
    if found is not None:  # the rows up to where the other began: others wrote them
        began = max(found.epoch, below.epoch - below.rows)
        found = Cell(found.commit, began, found.rows + began - found.epoch, found.commit_id)
    return found, unfinished


def stand_ins(readers: Sequence[ShareReader]) -> list[Cell | None]:
    """Return what counts for each level as if it were the cell, where none is valid.

    Args:
        readers: of the open levels, from level 0 on.
    """
    found: list[Cell | None] = []
    below: Cell | None = None
    for reader in readers:
        rows = range(reader.geometry.rows)
        heads = [head for row in rows for head in reader.root_heads(row, torn=True)]
        if heads:
            below, _ = standing_cell(reader, heads, [], below)
        found.append(below)
    return found


class Sealers:
    """Per row of the ring, under which epochs and ids it may have been written.

    Attributes:
        rooted: epochs of the rows in which a root was read, of the levels looked at so far.
    """

    def __init__(self, geometry: Geometry, cells: Sequence[Cell]) -> None:
        self._geometry = geometry
        self._known: list[set[Sealer]] = [set() for _ in range(geometry.rows)]
        self.rooted: set[int] = set()
        for cell in cells:
            first = cell.epoch - min(cell.rows, geometry.rows)
            for epoch in range(first, cell.epoch):
                self._add(epoch, cell.commit_id)

    def _add(self, epoch: int, commit_id: bytes) -> None:
        self._known[epoch % self._geometry.rows].add((epoch, commit_id))

    def learn(self, reader: ShareReader) -> list[RootHead]:
        """Take in what the roots of a level say: each of its own row, the newest of all rows.

        Returns:
            All of them.
        """
        rows = range(self._geometry.rows)
        heads = [head for row in rows for head in reader.root_heads(row, torn=True)]
        for head in heads:
            self._add(head.epoch, head.commit_id)
            self.rooted.add(head.epoch)
        tables: set[bytes] = set()
        for head in sorted(heads, reverse=True):
            if len(tables) == _TABLES:
                break
            if head.commit_id in tables:
                continue
            root = reader.root(head.epoch % self._geometry.rows, head)
            if root:
                tables.add(head.commit_id)
                for row in root.table:
                    if row.commit_id != bytes(COMMIT_ID_SIZE):
                        self._add(row.epoch, row.commit_id)
        return heads

    def before(self, cell: Cell | None) -> list[list[Sealer]]:
        """Return per row what is known so far, newest first; not what never finished."""
        return [
            sorted((one for one in known if cell is None or one[0] < cell.epoch), reverse=True)[
                :_SEALERS
            ]
            for known in self._known
        ]
