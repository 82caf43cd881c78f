"""Who holds the first passphrase, or older copies of the file, and writes what he likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from container.worlds import PATH, World, payloads
from seam.memory import MemoryDisk
from seam.small import seeded
from vault.container.block import (
    MEDIA,
    PAGE,
    block_aad,
    block_name,
    write_named_header,
)
from vault.container.cell import Cell, cell_key, seal_cell
from vault.container.geometry import CELL_UNIT, HEAD_SIZE, HEADER_SIZE, NAME_SIZE, NONCE_SIZE
from vault.container.head import open_head
from vault.container.root import RootHead, Row, encode_root, encode_table
from vault.container.share_io import seal_block
from vault.container.state import positions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def history(commits: int = 12, *, top: int = 8) -> tuple[World, list[bytes]]:
    """Three volumes, commits on all of them, and the file after each."""
    contents = [payloads(count, seed=level) for level, count in enumerate((8, 8, top))]
    world = World(3, disk=MemoryDisk(), seed=2, contents=contents)
    copies = [world.disk.read(PATH)]
    session = world.open()
    for number in range(commits):
        for level in range(3):
            world.put(session, level, {(PAGE, 0, number % 5): b"%d of %d" % (number, level)})
        world.commit(session)
        copies.append(world.disk.read(PATH))
    session.close()
    return world, copies


class KeyHolder:
    """Who knows the first passphrase: writes any cell, any root of level 0."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = world.disk
        session = world.open(0, writable=False)
        self.geometry = session.geometry
        self.reader = session.top.reader
        self.state = session.top.state
        self.cell = session._cell
        self._close = session.close
        self.random = seeded(77)
        head = open_head(self.disk.read(PATH)[:HEAD_SIZE], b"one", kdf=world.form.kdf)
        self.key = cell_key(head.keys[0])

    def write_cells(self, cell: Cell) -> None:
        """Put one cell into all four places; where parity forbids, the number before it."""
        for end in (0, 1):
            for slot in (0, 1):
                here = cell if cell.commit % 2 == slot else cell._replace(commit=cell.commit - 1)
                unit = seal_cell(here, self.key, end=end, slot=slot, random=self.random)
                self.disk.damage(PATH, self.geometry.cell_offset(end, slot), unit)

    def break_cells(self) -> None:
        for end in (0, 1):
            for slot in (0, 1):
                at = self.geometry.cell_offset(end, slot)
                self.disk.damage(PATH, at, self.random(CELL_UNIT))

    def write_root(self, row: int, head: RootHead, table: list[Row]) -> None:
        """Put any root of level 0 into a row."""
        share = self.geometry.shares[0]
        buffer = bytearray(
            self.disk.read(PATH)[self.geometry.row_offset(row) :][: self.geometry.pitch]
        )
        encoded = encode_root(head, 0, encode_table(table, share))
        self.reader.seal_root(memoryview(buffer), encoded, row, head, self.random)
        self.disk.damage(PATH, self.geometry.row_offset(row), bytes(buffer))

    def write_block(self, row: Row, index: int, position: int, name: bytes) -> None:
        """Put an empty block of level 0 anywhere, under the epoch and id of a table's row."""
        plain = memoryview(bytearray(HEADER_SIZE + self.geometry.payload))
        write_named_header(plain, name, epoch=row.epoch, length=0)
        out = memoryview(bytearray(self.geometry.sealed))
        sealer = self.reader.keys.block(row.epoch, row.commit_id)
        seal_block(out, plain, self.random(NONCE_SIZE), block_aad(0, index, position), sealer)
        self.disk.damage(PATH, self.reader.offset(index, position), bytes(out))

    def ring(self) -> list[Row]:
        """Rows as a history would leave them in which every row was written with level 0."""
        newest = self.cell.epoch - 1
        rows = self.geometry.rows
        epochs = [newest - (newest - row) % rows for row in range(rows)]
        last = self.cell.epoch - self.cell.rows
        return [
            Row(epoch, self.cell.commit_id if epoch >= last else b"%016d" % epoch)
            for epoch in epochs
        ]

    def write_map(self, counts: Sequence[int], odd: Mapping[int, bytes] | None = None) -> None:
        """Write a whole volume of level 0: so many blocks in each row, all of them there.

        Args:
            counts: per row.
            odd: names that blocks get instead of their own, by their number.
        """
        share, table = self.geometry.shares[0], self.ring()
        summaries = [bytearray(NAME_SIZE * share.blocks) for _ in table]
        number = 0
        for index, (row, count) in enumerate(zip(table, counts, strict=True)):
            row.live = (1 << count) - 1 << share.root
            for position in positions_of(row.live):
                name = (odd or {}).get(number, block_name(MEDIA, 5, number))
                at = position * NAME_SIZE
                summaries[index][at : at + NAME_SIZE] = name
                self.write_block(row, index, position, name)
                number += 1
        for index, row in enumerate(table):
            head = RootHead(
                row.epoch,
                row.commit_id,
                self.state.counter,
                self.cell.commit,
                bytes(summaries[index]),
            )
            self.write_root(index, head, table)

    def leave(self) -> None:
        self._close()
