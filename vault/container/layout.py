"""Which blocks a commit puts where: rules only, no keys, no bytes.

docs/format/container.md, "Commit". For every known level and target row, the share is filled in
this order: root; live blocks of the target row itself (they keep their positions); live blocks
of the next R rows, nearest first; new blocks; working ahead, live blocks of further rows until
the share is full. The row is written whole whatever it holds, so the last costs no I/O, and it
is what keeps the reserve wide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.container.geometry import NAME_SIZE
from vault.container.root import Row
from vault.container.state import SPOT_BITS, positions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vault.container.geometry import Geometry
    from vault.container.volume import Volume

_POSITION = (1 << SPOT_BITS) - 1


@dataclass
class RowLayout:
    """One level's share of one row to be written.

    Attributes:
        moved: position → spot to read the block from.
        new: position → name of a staged block.
        names: summary of the row, 17·n bytes.
        live: bitmap of the positions that hold a live block.
    """

    moved: dict[int, int]
    new: dict[int, bytes]
    names: bytearray
    live: int = 0


@dataclass
class Layout:
    """One level's part in a commit.

    Attributes:
        rows: one layout per row written, in order.
        table: the table of all rows after the commit.
        moved: name → new spot, of every block moved or kept.
        new: name → spot, of every staged block.
    """

    rows: list[RowLayout] = field(default_factory=list)
    table: list[Row] = field(default_factory=list)
    moved: dict[bytes, int] = field(default_factory=dict)
    new: dict[bytes, int] = field(default_factory=dict)


def clean_rows(volumes: Sequence[Volume], epoch: int) -> int:
    """Rows ahead that are free of live blocks of every usable volume."""
    return min(volume.free_rows(epoch) for volume in volumes)


def choose_rows(
    volumes: Sequence[Volume], geometry: Geometry, epoch: int, *, carry: bool
) -> int | None:
    """Choose k, the rows that the next commit writes.

    Args:
        volumes: the usable ones.
        geometry: the container's layout.
        epoch: rows written so far.
        carry: whether the staged blocks must fit; else the commit only moves.

    Returns:
        The smallest k ≤ R/2, and ≤ the clean rows ahead, with room for the live blocks of
        the R rows that follow and for what is staged. Without clean rows, 1 (over live
        blocks, which keep their positions). `None`: nothing fits; for a commit that only
        moves, the largest allowed instead.
    """
    limit = min(geometry.max_commit_rows, clean_rows(volumes, epoch))
    target = {epoch % geometry.rows}
    if carry and limit == 0 and any(_superseded_in(volume, target) for volume in volumes):
        # Until the cell is written the state before needs the blocks that are to be replaced:
        # commits that only move go first, until the changes concern other rows.
        return None
    for rows in range(1, max(limit, 1) + 1):
        if all(_fits(volume, geometry, epoch, rows, carry=carry) for volume in volumes):
            return rows
    return None if carry else max(limit, 1)


def _fits(volume: Volume, geometry: Geometry, epoch: int, rows: int, *, carry: bool) -> bool:
    table = volume.held.table
    slots = rows * volume.reader.share.data
    slots -= sum(table[(epoch + ahead) % geometry.rows].count for ahead in range(rows))
    window = [(epoch + ahead) % geometry.rows for ahead in range(rows, rows + geometry.reserve)]
    needed = sum(table[row].count for row in window)
    if carry:
        needed += len(volume.pending) - _superseded_in(volume, set(window))
    return needed <= slots


def _superseded_in(volume: Volume, rows: set[int]) -> int:
    """Count live blocks of `rows` that the staged changes replace or forget."""
    where = volume.where
    names = [*volume.pending, *volume.dropped]
    return sum(1 for name in names if name in where and where[name] >> SPOT_BITS in rows)


def lay_out(
    volume: Volume, geometry: Geometry, epoch: int, rows: int, commit_id: bytes, *, carry: bool
) -> Layout:
    """Assign a position to every block that the commit writes for one level."""
    state = volume.held
    table = [Row(row.epoch, row.commit_id, row.live) for row in state.table]
    new = volume.pending if carry else {}
    for name in [*new, *(volume.dropped if carry else ())]:
        spot = state.where.get(name)
        if spot is not None:
            table[spot >> SPOT_BITS].live &= ~(1 << (spot & _POSITION))
    layout = Layout(table=table)
    targets = [(epoch + ahead) % geometry.rows for ahead in range(rows)]
    sources = _sources(table, geometry, epoch, rows)
    near = [spot for row in sources[: geometry.reserve] for spot in row]
    far = (spot for row in sources[geometry.reserve :] for spot in row)
    queue = _queue(near, new, far)
    for ahead, row in enumerate(targets):
        filled = _fill_row(volume, table, row, queue, state.names)
        layout.rows.append(filled)
        base = row << SPOT_BITS
        for position in filled.moved:
            at = position * NAME_SIZE
            layout.moved[bytes(filled.names[at : at + NAME_SIZE])] = base | position
        layout.new.update({name: base | position for position, name in filled.new.items()})
        table[row] = Row(epoch + ahead, commit_id, filled.live)
    return layout


def _sources(
    table: Sequence[Row], geometry: Geometry, epoch: int, rows: int
) -> list[Iterator[int]]:
    """Per row that the commit does not write, nearest first, the spots of its live blocks."""
    ahead = [(epoch + offset) % geometry.rows for offset in range(rows, geometry.rows)]
    return [_spots(table, row) for row in ahead]


def _spots(table: Sequence[Row], row: int) -> Iterator[int]:
    return (row << SPOT_BITS | position for position in positions_of(table[row].live))


def _queue(near: list[int], new: Iterable[bytes], far: Iterator[int]) -> Iterator[int | bytes]:
    """Yield spots to move and names to write, in the order in which they get positions."""
    yield from near
    yield from new
    yield from far


def _fill_row(
    volume: Volume,
    table: list[Row],
    row: int,
    queue: Iterator[int | bytes],
    names: dict[int, bytes],
) -> RowLayout:
    """Give the positions of one row to its own live blocks, then to the queue."""
    share = volume.reader.share
    filled = RowLayout({}, {}, bytearray(NAME_SIZE * share.blocks))
    kept = table[row].live
    for position in positions_of(kept):
        _take(filled, position, row << SPOT_BITS | position, names)
    for position in range(share.root, share.root + share.data):
        if kept >> position & 1:
            continue
        item = next(queue, None)
        if item is None:
            break
        if isinstance(item, int):
            _take(filled, position, item, names)
            table[item >> SPOT_BITS].live &= ~(1 << (item & _POSITION))
        else:
            filled.new[position] = item
            filled.names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = item
            filled.live |= 1 << position
    return filled


def _take(filled: RowLayout, position: int, spot: int, names: dict[int, bytes]) -> None:
    """Give `position` to the block that stands at `spot`."""
    source = names[spot >> SPOT_BITS]
    at = (spot & _POSITION) * NAME_SIZE
    filled.moved[position] = spot
    filled.names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = source[at : at + NAME_SIZE]
    filled.live |= 1 << position
