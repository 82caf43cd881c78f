"""A volume of a container that is being made: what it starts with, laid into the last rows.

What it starts with is staged, or stands in a volume of another container and is read from there
while the new one is written: one pass, whatever the size, with one row in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.block import block_name
from vault.container.geometry import NAME_SIZE
from vault.container.keys import VolumeKeys
from vault.container.layout import Layout, RowLayout
from vault.container.root import Row, empty_table
from vault.container.share_fill import ShareFill
from vault.container.share_io import ShareReader
from vault.container.state import Findings, State
from vault.container.volume import Volume
from vault.errors import ContainerFull, mark

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vault.container.block import Header
    from vault.container.cell import Cell
    from vault.container.geometry import Geometry
    from vault.container.plan import RowWrite
    from vault.container.share_fill import Filler
    from vault.crypto.entropy import Random
    from vault.storage.interface import File


class NewVolume(Volume):
    """Blocks of a level of a container to come.

    It can be read, and changes can be staged, before there is a file: so a catalog can be put in
    order on its way. Its map leads into the old volume, under that one's keys.

    Args:
        file: what is read while it is made: the old container, or the new one where there is none.
        geometry: of the new container; its payload is that of the old one.
        level: 0, 1 or 2, of the new container.
        key: the new volume key, 32 bytes.
        old: the open volume whose blocks go along; what is staged in it does not.
    """

    def __init__(
        self, file: File, geometry: Geometry, level: int, key: bytes, old: Volume | None = None
    ) -> None:
        reader = ShareReader(file, geometry, geometry.shares[level], VolumeKeys(key))
        state = State(-1, 0, 0, empty_table(geometry))
        self._old = old
        if old is not None:
            reader.plain = old.reader.plain  # opened there, sealed from there
            state.where = old.where
        super().__init__(reader, state, Findings())

    @property
    def source(self) -> ShareReader:
        """Reads the blocks of the old container."""
        return self.reader if self._old is None else self._old.reader

    def open_spots(self, spot: int, count: int) -> Iterator[Header | None]:
        """Open blocks of the old container; see `Volume.open_spots`."""
        return iter(()) if self._old is None else self._old.open_spots(spot, count)

    def start_with(self, blocks: Mapping[tuple[int, int, int], bytes]) -> None:
        """Stage what a volume begins with, by namespace, object and number, and nothing else."""
        self.forget_staged()
        self.state = State(-1, 0, 0, empty_table(self.reader.geometry))
        self.pending = {block_name(*name): bytes(data) for name, data in blocks.items()}
        self._fresh = len(self.pending)

    def leave_out(self, names: Iterable[bytes]) -> None:
        """Forget blocks of the old volume that turned out to be unreadable."""
        for name in names:
            self.where.pop(name, None)

    def batch_limit(self) -> int:
        """Blocks that may be staged: a container is made in one commit."""
        return self.reader.geometry.limit(self.level)

    def in_order(self) -> list[bytes]:
        """Return the names of all blocks, those of one object side by side."""
        return sorted(self._names())

    def require_room(self) -> None:
        """Find out whether all of it fits.

        Raises:
            ContainerFull: it does not.
        """
        if self.used > self.reader.geometry.limit(self.level):
            raise ContainerFull(
                mark("The contents do not fit into a vault of this size."),
                hint=mark("Choose a larger size."),
            )


class InitialFill(ShareFill):
    """Fills one level's share of all rows of a new container.

    Blocks stand in the last rows; the root goes into every row.
    """

    def __init__(self, volume: NewVolume, cell: Cell, random: Random) -> None:
        volume.require_room()
        share, geometry = volume.reader.share, volume.reader.geometry
        self._source = volume.source
        self._order = volume.in_order()
        self._first = geometry.rows - -(-len(self._order) // share.data)
        layout = Layout()
        for row in range(geometry.rows):
            live = ((1 << len(self._names_of(row, share.data))) - 1) << share.root
            layout.rows.append(RowLayout({}, {}, bytearray(), live))
            layout.table.append(Row(row, cell.commit_id, live))
        super().__init__(volume, layout, cell, random)

    @property
    def source(self) -> ShareReader:
        """Reads the blocks that go along, where they stand."""
        return self._source

    @property
    def lost(self) -> list[bytes]:
        """Names of blocks that could not be read: their places hold filler."""
        return self._lost

    def _names_of(self, row: int, data: int) -> list[bytes]:
        at = row - self._first
        return self._order[at * data : (at + 1) * data] if at >= 0 else []

    def fill(
        self,
        row: memoryview,
        filler: Filler,
        step: RowWrite,
        index: int,
        new: deque[Callable[[], None]],
    ) -> None:
        """Put roots and blocks of this level into the row being built; only it is laid out."""
        outline = self._layout.rows[index]
        self._layout.rows[index] = self._laid_out(index, outline.live)
        super().fill(row, filler, step, index, new)
        self._layout.rows[index] = outline

    def _laid_out(self, index: int, live: int) -> RowLayout:
        volume, share = self.volume, self._reader.share
        names = bytearray(NAME_SIZE * share.blocks)
        filled = RowLayout({}, {}, names, live)
        for position, name in enumerate(self._names_of(index, share.data), share.root):
            names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = name
            if name in volume.pending:
                filled.new[position] = name
            else:
                filled.moved[position] = volume.where[name]
        return filled
