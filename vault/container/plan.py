"""What a commit does to the file, from public state alone.

Deniability rests on this module: it sees the file's length, the epoch, the number of the
commit and the number of rows, and nothing else. An import contract keeps keys out of it.
`fill` (commit.py) supplies bytes for exactly these writes and cannot add or leave out one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vault.container.geometry import Geometry

from vault.container.geometry import CELL_UNIT


class RowWrite(NamedTuple):
    """One row, written whole.

    Attributes:
        epoch: number of this row write, counted from 0 at the container's creation.
        row: index in the ring, epoch mod S.
        offset: bytes from the start of the file.
        length: bytes.
    """

    epoch: int
    row: int
    offset: int
    length: int


class CellWrite(NamedTuple):
    """One root cell.

    Attributes:
        end: 0 front, 1 back.
        slot: 0 for A, 1 for B.
        offset: bytes from the start of the file.
        length: bytes.
    """

    end: int
    slot: int
    offset: int
    length: int


class Plan(NamedTuple):
    """A commit: the rows in order, an fsync, the cells in order, an fsync."""

    rows: tuple[RowWrite, ...]
    cells: tuple[CellWrite, ...]


def plan(geometry: Geometry, *, epoch: int, commit: int, rows: int) -> Plan:
    """Lay out commit number `commit`.

    Args:
        geometry: the container's layout.
        epoch: rows written so far.
        commit: number of this commit; its parity chooses the cell slot.
        rows: rows that it writes, k.
    """
    return Plan(
        tuple(
            RowWrite(
                number,
                number % geometry.rows,
                geometry.row_offset(number % geometry.rows),
                geometry.pitch,
            )
            for number in range(epoch, epoch + rows)
        ),
        tuple(
            CellWrite(end, commit % 2, geometry.cell_offset(end, commit % 2), CELL_UNIT)
            for end in (0, 1)
        ),
    )
