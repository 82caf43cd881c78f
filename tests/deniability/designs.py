"""Designs in which something is wrong, to be beaten by the same searcher.

A design stands between a session and its file, or around the writing of a commit: two places
that do not depend on how the program builds its rows.
"""

from __future__ import annotations

import random as pseudorandom
from typing import TYPE_CHECKING, NamedTuple

from seam.small import SMALL_LENGTH, small_geometry
from vault.container.geometry import HEAD_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault.container.cell import Cell
    from vault.container.commit import Ring
    from vault.container.volume import Volume
    from vault.storage.interface import Buffer, File

GEOMETRY = small_geometry(SMALL_LENGTH)


class Moment(NamedTuple):
    """When a commit is made.

    Attributes:
        revealed: how many of the lowest levels the searcher will see.
        private: whether the owner typed the last passphrase.
    """

    revealed: int
    private: bool


class Design:
    """The program as it is."""

    def file(self, inner: File, volumes: int) -> File:
        """The file as a session with so many open volumes writes it."""
        return inner

    def commit(
        self,
        original: Callable[..., object],
        moment: Moment,
        ring: Ring,
        cell: Cell,
        volumes: Sequence[Volume],
        rows: int,
        *,
        carry: bool,
    ) -> object:
        """Write a commit."""
        return original(ring, cell, volumes, rows, carry=carry)


class Through:
    """A file that does all as the one behind it; subclasses change one thing."""

    def __init__(self, inner: File, volumes: int) -> None:
        self.inner, self.volumes = inner, volumes

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def own(self) -> int:
        """Bytes of a row that belong to open volumes."""
        share = GEOMETRY.shares[self.volumes - 1]
        return (share.first + share.blocks) * GEOMETRY.sealed


class PartialRow(Design):
    """A row is written only as far as open volumes have a share in it."""

    class File(Through):
        def pwrite(self, offset: int, data: Buffer) -> None:
            row = memoryview(data)
            self.inner.pwrite(offset, row[: self.own()] if len(row) == GEOMETRY.pitch else row)

    def file(self, inner: File, volumes: int) -> File:
        # A new container is random throughout, as VeraCrypt and others make theirs.
        return inner if inner.size() < SMALL_LENGTH else self.File(inner, volumes)


class ZeroFiller(Design):
    """What no open volume has a share in is zeros."""

    class File(Through):
        def pwrite(self, offset: int, data: Buffer) -> None:
            row = bytearray(data)
            if len(row) == GEOMETRY.pitch:
                row[self.own() :] = bytes(len(row) - self.own())
            self.inner.pwrite(offset, row)

    def file(self, inner: File, volumes: int) -> File:
        return self.File(inner, volumes)


class HiddenCount(Design):
    """The root of a revealed level counts what is saved above it."""

    def commit(self, original, moment, ring, cell, volumes, rows, *, carry):
        above = sum(volume.pending_blocks() for volume in volumes[moment.revealed :])
        for volume in volumes[: moment.revealed]:
            if volume.state:
                volume.state.counter += above
        return original(ring, cell, volumes, rows, carry=carry)


class CoverAroundLive(Design):
    """Each commit also writes random blocks over places of the ring that are not in use.

    Only sessions with the last passphrase do it: others would destroy what is above.
    """

    blocks = 96

    def commit(self, original, moment, ring, cell, volumes, rows, *, carry):
        done = original(ring, cell, volumes, rows, carry=carry)
        if not moment.private:
            return done
        chance = pseudorandom.Random(ring.random(16))
        places = [place for place in self.places() if not self.in_use(volumes, *place)]
        for row, level, position in chance.sample(places, self.blocks):
            block = GEOMETRY.shares[level].first + position
            offset = GEOMETRY.row_offset(row) + block * GEOMETRY.sealed
            ring.file.pwrite(offset, ring.random(GEOMETRY.sealed))
        return done

    def places(self) -> list[tuple[int, int, int]]:
        """Row, level and position of everything that is no root."""
        return [
            (row, share.level, share.root + number)
            for row in range(GEOMETRY.rows)
            for share in GEOMETRY.shares
            for number in range(share.data)
        ]

    def in_use(self, volumes: Sequence[Volume], row: int, level: int, position: int) -> bool:
        state = volumes[level].state if level < len(volumes) else None
        return state is not None and bool(state.table[row].live >> position & 1)


class NotIdleBelow(Design):
    """A commit leaves out levels on which nothing changes."""

    def commit(self, original, moment, ring, cell, volumes, rows, *, carry):
        above = volumes[moment.revealed :]
        changed = [
            one for one in volumes[: moment.revealed] if one.pending or one.dropped or not above
        ]
        return original(ring, cell, [*changed, *above], rows, carry=carry)


class ExtraFsync(Design):
    """A session with more than one open volume syncs once more."""

    class File(Through):
        def fsync(self) -> None:
            self.inner.fsync()
            if self.volumes > 1:
                self.inner.fsync()

    def file(self, inner: File, volumes: int) -> File:
        return self.File(inner, volumes)


class CopiedHead(Design):
    """The head at the end of a new file is a copy of that at the beginning."""

    class File(Through):
        def pwrite(self, offset: int, data: Buffer) -> None:
            edge = bytearray(data)
            if offset == GEOMETRY.edge_offset(1):
                edge[:HEAD_SIZE] = self.inner.pread(0, HEAD_SIZE)
            self.inner.pwrite(offset, edge)

    def file(self, inner: File, volumes: int) -> File:
        return self.File(inner, volumes)


SHIPPED = Design()

SEEN_IN_COPIES: dict[str, Design] = {
    "partial row": PartialRow(),
    "zero filler": ZeroFiller(),
    "count of what is above in a revealed root": HiddenCount(),
    "cover around blocks in use": CoverAroundLive(),
    "commits above are not idle below": NotIdleBelow(),
}
"""Designs that the snapshot game must tell apart."""
