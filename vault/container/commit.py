"""Writing a commit: bytes for exactly the writes that the plan names.

Order, docs/durability.md: rows in sequence, fsync; cells, fsync. Until the cells are written,
the state before stands untouched: no live block of an open volume is overwritten (except, when
others have used up the reserve, in place and with its own content). One cell commits all levels.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import block_aad, write_named_header
from vault.container.cell import Cell, seal_cell
from vault.container.geometry import CELL_UNIT, HEADER_SIZE, NAME_SIZE, NONCE_SIZE
from vault.container.layout import Layout, RowLayout, lay_out
from vault.container.plan import plan
from vault.container.recovery import SPOT_BITS
from vault.container.root import RootHead, encode_root, encode_table
from vault.container.row_writer import RowWriter
from vault.container.share_io import seal_block, write_header
from vault.crypto.keystream import fill_keystream
from vault.errors import Damaged, NotSaved, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vault.container.geometry import Geometry
    from vault.container.plan import RowWrite
    from vault.container.volume import Volume
    from vault.crypto.aead import BlockSealer
    from vault.crypto.entropy import Random
    from vault.storage.interface import File

_POSITION = (1 << SPOT_BITS) - 1

_PROBES = 8
"""Places looked at, spread over the ring, before blocks that the system will not read are given
up: a bad sector or a dead piece of flash costs its blocks, a pulled plug must cost nothing."""


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


def _check_reads(ring: Ring, shares: Sequence[ShareFill], before: int, row: int) -> None:
    """Before a row is written: may what could not be read for it be given up?

    A row in place is the only one that has its blocks; that is why this cannot wait for the end.

    Raises:
        NotSaved: no: the disk fails.
    """
    refused = sum(share.refused for share in shares) - before
    if refused and _is_failing(ring, row):
        raise NotSaved(
            mark("The disk fails while it is read: nothing was saved."),
            hint=mark("Check the plug, then copy the file to another disk and go on there."),
        )


def _is_failing(ring: Ring, row: int) -> bool:
    """Tell a disk or cable that fails from damage in some place: does most of the rest read?

    The middles of rows: nothing has read them since the file was opened, so that the system has
    to ask the disk. (Of cached pages it would go on giving what a pulled stick once held.)
    """
    geometry, refused = ring.geometry, 0
    for probe in range(_PROBES):
        at = (row + (2 * probe + 1) * geometry.rows // (2 * _PROBES)) % geometry.rows
        try:
            ring.file.pread(geometry.row_offset(at) + geometry.pitch // 2, CELL_UNIT)
        except Damaged:
            refused += 1
    return refused > _PROBES // 2


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
            filled = hands.beside(partial(filler.fill_between, _places(ring, shares, index)))
            try:
                for share in shares:
                    share.fill(row, filler, step, index)
            finally:
                filled()
            _check_reads(ring, shares, refused, step.row)
            hands.write(step.offset, row)
            progress(index + 1)


class Filler:
    """Filler for one row: keystream wherever no block is sealed.

    The same bytes stand at an offset whoever fills it and in which order.
    """

    def __init__(self, key: bytes, row: memoryview) -> None:
        self._key = key
        self._row = row

    def fill(self, start: int, end: int) -> None:
        """Fill the bytes from `start` to `end` of the row."""
        fill_keystream(self._key, self._row[start:end], start)

    def fill_between(self, places: Iterable[tuple[int, int]]) -> None:
        """Fill what lies before, between and behind the places of blocks, which ascend."""
        free = 0
        for start, end in places:
            if start > free:
                self.fill(free, start)
            free = end
        self.fill(free, len(self._row))


def _places(ring: Ring, shares: Sequence[ShareFill], index: int) -> Iterator[tuple[int, int]]:
    """Yield where blocks of all levels will stand in a row, side by side in one: (start, end)."""
    size = ring.geometry.sealed
    for share in shares:
        for first, end in share.taken(index):
            yield first * size, end * size


class ShareFill:
    """Fills one level's share of the rows of a commit."""

    def __init__(self, volume: Volume, layout: Layout, cell: Cell, random: Random) -> None:
        self.volume = volume
        self._layout = layout
        self._cell = cell
        self._random = random
        self._reader = volume.reader
        self._table = encode_table(layout.table, self._reader.share)
        self._plain = memoryview(bytearray(HEADER_SIZE + volume.payload))
        self._body = self._plain[HEADER_SIZE:]
        self._lost: list[bytes] = []

    @property
    def refused(self) -> int:
        """How many blocks the system refused to read so far."""
        return self._reader.refused

    def taken(self, index: int) -> Iterator[tuple[int, int]]:
        """Yield the blocks of a row, counted from its start, that `fill` seals: (first, end)."""
        share = self._reader.share
        roots = (1 << share.root) - 1
        taken = self._layout.rows[index].live | roots | roots << (share.blocks - share.root)
        at = share.first
        while taken:
            free = (taken & -taken).bit_length() - 1
            taken >>= free
            count = (~taken & (taken + 1)).bit_length() - 1
            taken >>= count
            yield at + free, at + free + count
            at += free + count

    def fill(self, row: memoryview, filler: Filler, step: RowWrite, index: int) -> None:
        """Put roots, moved and new blocks of this level into the row being built."""
        layout = self._layout.rows[index]
        sealer = self._reader.keys.block(step.epoch, self._cell.commit_id)
        nonces = self._nonces(len(layout.moved) + len(layout.new))
        for position in self._fill_moved(row, step, layout, sealer, nonces):
            start = (self._reader.share.first + position) * self._reader.geometry.sealed
            filler.fill(start, start + self._reader.geometry.sealed)
        self._fill_new(row, step, layout, sealer, nonces)
        self._fill_root(row, step, layout)

    def _nonces(self, count: int) -> Iterator[bytes]:
        pool = self._random(NONCE_SIZE * count)
        return (pool[at : at + NONCE_SIZE] for at in range(0, len(pool), NONCE_SIZE))

    def _place(self, row: memoryview, position: int) -> memoryview:
        size = self._reader.geometry.sealed
        start = (self._reader.share.first + position) * size
        return row[start : start + size]

    def _fill_moved(
        self,
        row: memoryview,
        step: RowWrite,
        layout: RowLayout,
        sealer: BlockSealer,
        nonces: Iterator[bytes],
    ) -> list[int]:
        """Open each block where it stands and seal it anew for its new place.

        Returns:
            The positions of those that could not be opened: nothing was sealed there.
        """
        level = self.volume.level
        empty = []
        for positions, spot in _runs(layout.moved):
            opened = self.volume.open_spots(spot, len(positions))
            for position, header in zip(positions, opened, strict=True):
                name = layout.names[position * NAME_SIZE : (position + 1) * NAME_SIZE]
                if header is None or header.name != name:
                    self._lost.append(bytes(name))
                    empty.append(position)
                    continue
                plain = self._reader.plain
                write_header(plain, header._replace(epoch=step.epoch))
                aad = block_aad(level, step.row, position)
                seal_block(self._place(row, position), plain, next(nonces), aad, sealer)
        return empty

    def _fill_new(
        self,
        row: memoryview,
        step: RowWrite,
        layout: RowLayout,
        sealer: BlockSealer,
        nonces: Iterator[bytes],
    ) -> None:
        level, pending = self.volume.level, self.volume.pending
        for position, name in layout.new.items():
            payload = pending[name]
            self._load(payload, name, step.epoch)
            aad = block_aad(level, step.row, position)
            seal_block(self._place(row, position), self._plain, next(nonces), aad, sealer)

    def _load(self, payload: bytes | memoryview, name: bytes, epoch: int) -> None:
        """Put header and payload into the scratch buffer, zeros behind them."""
        plain, length = self._plain, len(payload)
        write_named_header(plain, name, epoch=epoch, length=length)
        self._body[:length] = payload
        if length < self.volume.payload:
            self._body[length:] = bytes(self.volume.payload - length)

    def _fill_root(self, row: memoryview, step: RowWrite, layout: RowLayout) -> None:
        """Seal the root at the first positions of the share, and again at the last."""
        share, state = self._reader.share, self.volume.state
        head = RootHead(
            step.epoch,
            self._cell.commit_id,
            state.counter + 1 if state else 1,
            self._cell.commit,
            bytes(layout.names),
        )
        root = encode_root(head, share.level, self._table)
        self._reader.seal_root(row, root, step.row, head, self._random)

    def settle(self, *, carry: bool) -> list[bytes]:
        """After the last fsync: make what was written the volume's state."""
        volume, layout, state = self.volume, self._layout, self.volume.state
        if state is None:
            return []
        if carry:
            for name in volume.dropped:
                state.where.pop(name, None)
        state.where.update(layout.moved)
        state.where.update(layout.new)
        state.table = layout.table
        state.epoch = self._cell.epoch - 1
        state.counter += 1
        state.commit = self._cell.commit
        for offset, filled in enumerate(layout.rows):
            row = (self._cell.epoch - self._cell.rows + offset) % self._reader.geometry.rows
            state.names[row] = bytes(filled.names)
            state.sealed_by.pop(row, None)
        for name in self._lost:
            spot = state.where.pop(name)
            state.table[spot >> SPOT_BITS].live &= ~(1 << (spot & _POSITION))
        if carry:
            volume.forget_staged()
        return self._lost


def _runs(moved: dict[int, int]) -> Iterator[tuple[list[int], int]]:
    """Group blocks that stand side by side in the file: (new positions, first old spot)."""
    positions: list[int] = []
    first = 0
    for position, spot in moved.items():
        if positions and spot == first + len(positions):
            positions.append(position)
            continue
        if positions:
            yield positions, first
        positions, first = [position], spot
    if positions:
        yield positions, first
