"""What stands in the rows of a commit: one level's blocks, and filler between them all.

docs/format/container.md, "Commit". Roots and moved blocks are sealed in order; new blocks, by far
the most when files come in, are sealed some at a time by whichever thread is free.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vault.container.block import block_aad, write_named_header
from vault.container.geometry import HEADER_SIZE, NAME_SIZE, NONCE_SIZE
from vault.container.root import RootHead, encode_root, encode_table
from vault.container.share_io import seal_block, write_header
from vault.container.state import SPOT_BITS
from vault.crypto.keystream import fill_keystream

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vault.container.cell import Cell
    from vault.container.layout import Layout, RowLayout
    from vault.container.plan import RowWrite
    from vault.container.share_io import ShareReader
    from vault.container.volume import Volume
    from vault.crypto.aead import BlockSealer
    from vault.crypto.entropy import Random

_POSITION = (1 << SPOT_BITS) - 1

_AT_ONCE = 64
"""New blocks that are sealed in one go: about a mebibyte, half a millisecond."""


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


class ShareFill:
    """Fills one level's share of the rows of a commit."""

    def __init__(self, volume: Volume, layout: Layout, cell: Cell, random: Random) -> None:
        self.volume = volume
        self._layout = layout
        self._cell = cell
        self._random = random
        self._reader = volume.reader
        self._table = encode_table(layout.table, self._reader.share)
        self._lost: list[bytes] = []

    @property
    def refused(self) -> int:
        """How many blocks the system refused to read so far."""
        return self.source.refused

    @property
    def source(self) -> ShareReader:
        """Reads the blocks that are moved."""
        return self._reader

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

    def fill(
        self,
        row: memoryview,
        filler: Filler,
        step: RowWrite,
        index: int,
        new: deque[Callable[[], None]],
    ) -> None:
        """Put roots and moved blocks of this level into the row being built.

        Args:
            row: the row's buffer.
            filler: fills the places of blocks that cannot be read to be moved.
            step: the row in the plan.
            index: the row in the commit.
            new: takes what is still to be done, by any thread: the sealing of new blocks.
        """
        layout = self._layout.rows[index]
        sealer = self._reader.keys.block(step.epoch, self._cell.commit_id)
        nonces = self._nonces(len(layout.moved) + len(layout.new))
        for position in self._fill_moved(row, step, layout, sealer, nonces):
            start = (self._reader.share.first + position) * self._reader.geometry.sealed
            filler.fill(start, start + self._reader.geometry.sealed)
        new += self._sealing(row, step, layout, sealer, nonces)
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

    def _sealing(
        self,
        row: memoryview,
        step: RowWrite,
        layout: RowLayout,
        sealer: BlockSealer,
        nonces: Iterator[bytes],
    ) -> Iterator[Callable[[], None]]:
        """Yield the sealing of new blocks, some at a time; nonces are given out at once."""
        blocks = list(zip(layout.new.items(), nonces, strict=False))
        for start in range(0, len(blocks), _AT_ONCE):
            yield partial(self._seal_new, row, step, sealer, blocks[start : start + _AT_ONCE])

    def _seal_new(
        self,
        row: memoryview,
        step: RowWrite,
        sealer: BlockSealer,
        blocks: Sequence[tuple[tuple[int, bytes], bytes]],
    ) -> None:
        """Seal blocks into the row, each ((position, name), nonce)."""
        level, payload, pending = self.volume.level, self.volume.payload, self.volume.pending
        plain = memoryview(bytearray(HEADER_SIZE + payload))
        body = plain[HEADER_SIZE:]
        for (position, name), nonce in blocks:
            content = pending[name]
            length = len(content)
            write_named_header(plain, name, epoch=step.epoch, length=length)
            body[:length] = content
            if length < payload:
                body[length:] = bytes(payload - length)
            aad = block_aad(level, step.row, position)
            seal_block(self._place(row, position), plain, nonce, aad, sealer)

    def _fill_root(self, row: memoryview, step: RowWrite, layout: RowLayout) -> None:
        """Seal the root at the first positions of the share, and again at the last."""
        share, state = self._reader.share, self.volume.held
        head = RootHead(
            step.epoch,
            self._cell.commit_id,
            state.counter + 1,
            self._cell.commit,
            bytes(layout.names),
        )
        root = encode_root(head, share.level, self._table)
        self._reader.seal_root(row, root, step.row, head, self._random)

    def settle(self, *, carry: bool) -> list[bytes]:
        """After the last fsync: make what was written the volume's state."""
        volume, layout, state = self.volume, self._layout, self.volume.held
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
