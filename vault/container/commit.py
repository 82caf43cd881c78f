"""Writing a commit: bytes for exactly the writes that the plan names.

Order, docs/durability.md: rows in sequence, fsync; cells, fsync. Until the cells are written,
the state before stands untouched: no live block of an open volume is overwritten (except, when
others have used up the reserve, in place and with its own content). One cell commits all levels.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vault.container.cell import Cell, seal_cell
from vault.container.layout import lay_out
from vault.container.plan import plan
from vault.container.probing import require_disk
from vault.container.row_writer import RowWriter
from vault.container.share_fill import Filler, ShareFill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vault.container.geometry import Geometry
    from vault.container.plan import RowWrite
    from vault.container.volume import Volume
    from vault.crypto.entropy import Random
    from vault.storage.interface import File


class Ring(NamedTuple):
    """The open file and what all levels share.

    Attributes:
        file: the container.
        geometry: its layout.
        cell_key: key of the cells, from K₀.
        random: source of ids, nonces and filler keys.
        writer: the row buffers, reused from commit to commit.
    """

    file: File
    geometry: Geometry
    cell_key: bytes
    random: Random
    writer: RowWriter


def write_commit(
    ring: Ring, cell: Cell, volumes: Sequence[Volume], rows: int, *, carry: bool
) -> tuple[Cell, dict[int, list[bytes]]]:
    """Write `rows` rows and the cells; then bring the volumes' maps up to date.

    Args:
        ring: the open file.
        cell: the state before.
        volumes: the usable volumes.
        rows: k.
        carry: whether staged blocks go along, or blocks are only moved.

    Returns:
        The new cell; and per level the names of live blocks that could not be read while
        being moved: they are lost, and the commit went on.

    Raises:
        NotSaved: a write or fsync failed, or the disk cannot be read; the file must be reopened.
    """
    now = Cell(cell.commit + 1, cell.epoch + rows, rows, ring.random(16))
    steps = plan(ring.geometry, epoch=cell.epoch, commit=now.commit, rows=rows)
    shares = [
        ShareFill(
            volume,
            lay_out(volume, ring.geometry, cell.epoch, rows, now.commit_id, carry=carry),
            now,
            ring.random,
        )
        for volume in volumes
    ]
    write_rows(ring, steps.rows, shares)
    ring.file.fsync()
    for unit in steps.cells:
        sealed = seal_cell(now, ring.cell_key, end=unit.end, slot=unit.slot, random=ring.random)
        ring.file.pwrite(unit.offset, sealed)
    ring.file.fsync()
    return now, {share.volume.level: share.settle(carry=carry) for share in shares}


def _check_reads(shares: Sequence[ShareFill], before: int, row: int) -> None:
    """Before a row is written: may what could not be read for it be given up?

    A row in place is the only one that has its blocks; that is why this cannot wait for the end.

    Raises:
        NotSaved: no: the disk fails.
    """
    if sum(share.refused for share in shares) > before:
        source = max(shares, key=lambda share: share.refused).source
        require_disk(source.file, source.geometry, row)


def write_rows(
    ring: Ring,
    steps: Sequence[RowWrite],
    shares: Sequence[ShareFill],
    progress: Callable[[int], None] = lambda _rows: None,
) -> None:
    """Build and write rows in order, whole: every byte is filler or sealed.

    Args:
        ring: the open file.
        steps: the rows of the plan.
        shares: one per level that is written; the others' shares stay filler.
        progress: called with the number of rows handed over.

    Raises:
        NotSaved: a write failed, or the disk cannot be read.
    """
    refused = sum(share.refused for share in shares)
    with ring.writer.rows(ring.file, len(steps)) as hands:
        for index, step in enumerate(steps):
            row = ring.writer.buffer()
            filler = Filler(ring.random(32), row)
            new: deque[Callable[[], None]] = deque()
            filled = hands.beside(
                partial(_fill_and_seal, filler, _places(ring, shares, index), new)
            )
            try:
                for share in shares:
                    share.fill(row, filler, step, index, new)
                _do_all(new)
            finally:
                filled()
            _check_reads(shares, refused, step.row)
            hands.write(step.offset, row)
            progress(index + 1)


def _fill_and_seal(
    filler: Filler, places: Iterable[tuple[int, int]], new: deque[Callable[[], None]]
) -> None:
    """Fill a row between its blocks, then help to seal new ones."""
    filler.fill_between(places)
    _do_all(new)


def _do_all(tasks: deque[Callable[[], None]]) -> None:
    """Do one task after the other until none is left; two threads may do so at once."""
    while True:
        try:
            task = tasks.popleft()
        except IndexError:
            return
        task()


def _places(ring: Ring, shares: Sequence[ShareFill], index: int) -> Iterator[tuple[int, int]]:
    """Yield where blocks of all levels will stand in a row, side by side in one: (start, end)."""
    size = ring.geometry.sealed
    for share in shares:
        for first, end in share.taken(index):
            yield first * size, end * size
