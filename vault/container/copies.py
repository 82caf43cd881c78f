"""The second copies: every row's root stands twice in it, the cells stand in front and behind.

Opening takes whichever copy can be read, so a damaged one is noticed only by looking at both. It
costs nothing yet while one cell is left, and is written anew with its row or with the next saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import ROOT
from vault.container.cell import Cell, open_cell
from vault.container.geometry import CELL_UNIT
from vault.errors import Damaged

if TYPE_CHECKING:
    from vault.container.geometry import Geometry
    from vault.container.root import Row
    from vault.container.share_io import ShareReader
    from vault.container.volume import Volume
    from vault.storage.interface import File


class Copies(NamedTuple):
    """What is damaged of that which stands twice.

    Attributes:
        roots: copies of roots of this level, two per row, that cannot be read.
        cells: cells that cannot be read, of the two or four that were written.
        rows: rows in which roots were looked at: those that were last written with this level.
    """

    roots: int
    cells: int
    rows: int

    @property
    def whole(self) -> bool:
        """Whether both copies of everything can be read."""
        return not (self.roots or self.cells)


def check_copies(volume: Volume, file: File, cell: Cell, key: bytes) -> Copies:
    """Look at both copies of the roots of one level, and at all cells.

    Args:
        volume: open.
        file: the container.
        cell: the newest.
        key: of the cells.
    """
    rows, roots = damaged_roots(volume, cell.epoch)
    return Copies(roots, damaged_cells(file, volume.reader.geometry, cell, key), rows)


def damaged_roots(volume: Volume, epoch: int) -> tuple[int, int]:
    """Return in how many rows roots were looked at, and how many copies are damaged.

    Rows written since without this level have no root of it. Nor need those have one that a
    commit which never finished may have written over, as long as nothing stands in them.
    """
    if volume.state is None:
        return 0, 0
    geometry, share = volume.reader.geometry, volume.reader.share
    reach = range(epoch, epoch + geometry.max_commit_rows)
    unfinished = {number % geometry.rows for number in reach}
    looked = damaged = 0
    for index, row in enumerate(volume.state.table):
        written = epoch - 1 - (epoch - 1 - index) % geometry.rows
        if row.epoch != written or (index in unfinished and not row.live):
            continue
        looked += 1
        for first in (0, share.blocks - share.root):
            damaged += not _is_whole(volume.reader, row, index, first)
    return looked, damaged


def _is_whole(reader: ShareReader, known: Row, index: int, first: int) -> bool:
    """Tell whether a copy of the root that the table names stands at these positions."""
    mark = int.from_bytes(known.commit_id[:8], "big")
    for part in range(reader.share.root):
        position = first + part
        header = reader.open(reader.read(index, position, 1), index, position, reader.keys.root)
        if header is None or (header.epoch, header.namespace, header.object_id, header.number) != (
            known.epoch,
            ROOT,
            mark,
            part,
        ):
            return False
    return True


def damaged_cells(file: File, geometry: Geometry, cell: Cell, key: bytes) -> int:
    """Return how many cells cannot be read; those of the newest commit must be the newest cell."""
    damaged = 0
    for end in (0, 1):
        for slot in (0, 1):
            if cell.commit == 0 and slot == 1:  # never written yet
                continue
            try:
                unit = file.pread(geometry.cell_offset(end, slot), CELL_UNIT)
            except Damaged:
                unit = b""
            found = open_cell(unit, key, end=end, slot=slot)
            damaged += found is None or (slot == cell.commit % 2 and found != cell)
    return damaged
