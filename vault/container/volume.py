"""One open volume: its blocks, what is staged for the next commit, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.block import (
    MEDIA,
    BlockLost,
    Header,
    block_name,
    block_names,
    parse_name,
)
from vault.container.share_io import RUN
from vault.container.state import SPOT_BITS, Findings, State
from vault.errors import ContainerFull, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.container.geometry import Geometry
    from vault.container.share_io import ShareReader
    from vault.crypto.aead import BlockSealer
    from vault.crypto.types import Buffer

_POSITION = (1 << SPOT_BITS) - 1

FULL_HINT = mark(
    "Take all of it into a larger file: amanat move NEWFILE --size SIZE. "
    "Or erase what is no longer needed."
)


class Volume:
    """Logical blocks of one level, named by namespace, object and number.

    Changes are staged in memory and become real, all levels together, in `Session.commit`.

    Attributes:
        level: 0 least secret, 2 most.
        payload: bytes that a block can hold.
        state: the map as last committed; `None` if no root of this level fits.
        findings: what opening noticed.
        pending: staged payloads by name, in the order they were put.
        dropped: names whose blocks the next commit forgets.
    """

    def __init__(self, reader: ShareReader, state: State | None, findings: Findings) -> None:
        self.reader = reader
        self.level = reader.share.level
        self.payload = reader.geometry.payload
        self.findings = findings
        self.state = state
        self.pending: dict[bytes, bytes | memoryview] = {}
        self.dropped: set[bytes] = set()
        self._fresh = 0
        self._leaving = 0
        capacity = self._geometry.capacity(self.level)
        self._limits = (self._geometry.limit(self.level), capacity * 3 // 4)

    @property
    def usable(self) -> bool:
        """Whether this level takes part in commits."""
        return self.state is not None

    @property
    def held(self) -> State:
        """What is committed, of a level that takes part: nothing else of another one is read."""
        if self.state is None:
            raise ValueError(self.level)
        return self.state

    @property
    def _geometry(self) -> Geometry:
        return self.reader.geometry

    @property
    def is_empty(self) -> bool:
        """Whether it can be used and holds nothing: others overwrote it, and it begins anew."""
        return self.state is not None and not self.state.where

    @property
    def where(self) -> dict[bytes, int]:
        """Spots of the committed blocks; empty for a volume that cannot be used."""
        return self.state.where if self.state else {}

    # Reading

    def has(self, namespace: int, object_id: int, number: int) -> bool:
        """Tell whether a block is there, staged or committed; its bytes are not read."""
        return self._has(block_name(namespace, object_id, number))

    def _has(self, name: bytes) -> bool:
        return name in self.pending or (name in self.where and name not in self.dropped)

    def absent(self, namespace: int, object_id: int, count: int) -> Iterator[int]:
        """Yield which of an object's blocks 0 … count − 1 are not there; see `has`."""
        where, pending, dropped = self.where, self.pending, self.dropped
        for number, name in enumerate(block_names(namespace, object_id, count)):
            if (name not in where or name in dropped) and name not in pending:
                yield number

    def get(self, namespace: int, object_id: int, number: int) -> bytes:
        """Return a block's payload, staged or committed.

        Raises:
            BlockLost: it is absent or does not open.
        """
        return bytes(next(self.read_run(namespace, object_id, number, 1)))

    def read_run(
        self, namespace: int, object_id: int, first: int, count: int
    ) -> Iterator[bytes | memoryview]:
        """Yield the payloads of `count` blocks of one object.

        Each is valid until another block of this volume is read, be it the next one; what is read
        in between does no harm to those that follow.

        Raises:
            BlockLost: at the first that is absent or does not open.
        """
        number, end = first, first + count
        while number < end:
            name = block_name(namespace, object_id, number)
            if name in self.pending:
                yield self.pending[name]
                number += 1
                continue
            spot = None if name in self.dropped else self.where.get(name)
            if spot is None:
                raise BlockLost(namespace, object_id, number)
            run = self._run_length(namespace, object_id, number, min(end - number, RUN), spot)
            for header in self.open_spots(spot, run):
                if header is None or header.name != block_name(namespace, object_id, number):
                    raise BlockLost(namespace, object_id, number)
                yield self.reader.content(header)
                number += 1

    def _run_length(
        self, namespace: int, object_id: int, number: int, limit: int, spot: int
    ) -> int:
        """Count how many of the blocks that follow lie side by side and are not staged."""
        run = 1
        while run < limit:
            name = block_name(namespace, object_id, number + run)
            if name in self.pending or name in self.dropped:
                break
            if self.where.get(name) != spot + run:
                break
            run += 1
        return run

    def open_spots(self, spot: int, count: int) -> Iterator[Header | None]:
        """Open `count` blocks side by side from `spot` on; `None` for one that does not open."""
        row, position = spot >> SPOT_BITS, spot & _POSITION
        if row not in self.held.sealed_by:
            yield from self.reader.open_run(row, position, count, self._sealer(row))
            return
        for at in range(position, position + count):
            sealed = self.reader.read(row, at, 1)
            yield self.reader.open(sealed, row, at, self._sealer(row, at))

    def sealers(self, spot: int, count: int) -> list[BlockSealer]:
        """Return what opens each of `count` committed blocks side by side from `spot` on."""
        row, position = spot >> SPOT_BITS, spot & _POSITION
        if row not in self.held.sealed_by:
            return [self._sealer(row)] * count
        return [self._sealer(row, at) for at in range(position, position + count)]

    def _sealer(self, row: int, position: int | None = None) -> BlockSealer:
        state = self.held
        if position is not None and position in state.sealed_by[row]:
            return self.reader.keys.block(*state.sealed_by[row][position])
        known = state.table[row]
        return self.reader.keys.block(known.epoch, known.commit_id)

    def numbers(self, namespace: int, object_id: int) -> list[int]:
        """Return the numbers of an object's blocks, ascending, staged ones included."""
        prefix = block_name(namespace, object_id, 0)[:9]
        return sorted(parse_name(name)[2] for name in self._names() if name[:9] == prefix)

    def objects(self, namespace: int) -> list[int]:
        """Return the objects of a namespace that have blocks, ascending, staged ones included."""
        mark_byte = bytes([namespace])
        return sorted({parse_name(name)[1] for name in self._names() if name[:1] == mark_byte})

    def _names(self) -> Iterator[bytes]:
        for name in self.where:
            if name not in self.dropped and name not in self.pending:
                yield name
        yield from self.pending

    # Staging

    def put(self, namespace: int, object_id: int, number: int, payload: Buffer) -> None:
        """Stage a block's content, at most `payload` bytes; it replaces what stood there.

        Raises:
            ContainerFull: the level has no room for another block of this kind.
        """
        if len(payload) > self.payload:
            raise ValueError(len(payload))
        self._stage(block_name(namespace, object_id, number), bytes(payload))

    def put_run(self, namespace: int, object_id: int, first: int, content: memoryview) -> None:
        """Stage blocks of one object from number `first` on; all but the last are full.

        Nothing is copied: the bytes must stay as they are until the next commit or until what
        is staged is forgotten.

        Raises:
            ContainerFull: as for `put`; what came before stays staged.
        """
        for number, start in enumerate(range(0, len(content), self.payload), first):
            name = block_name(namespace, object_id, number)
            self._stage(name, content[start : start + self.payload])

    def _stage(self, name: bytes, payload: bytes | memoryview) -> None:
        if name not in self.pending and (name not in self.where or name in self.dropped):
            if self.used >= self._limits[name[0] == MEDIA]:
                raise ContainerFull(
                    mark("This volume is full."),
                    hint=FULL_HINT,
                )
            if name not in self.where:
                self._fresh += 1
        if name in self.dropped:
            self.dropped.discard(name)
            self._leaving -= 1
        self.pending[name] = payload

    def drop(self, namespace: int, object_id: int, number: int) -> None:
        """Stage the forgetting of a block; no effect if there is none."""
        name = block_name(namespace, object_id, number)
        if self.pending.pop(name, None) is not None and name not in self.where:
            self._fresh -= 1
        if name in self.where and name not in self.dropped:
            self.dropped.add(name)
            self._leaving += 1

    def forget_staged(self) -> None:
        """Drop everything staged since the last commit."""
        self.pending = {}
        self.dropped = set()
        self._fresh = self._leaving = 0

    def pending_blocks(self) -> int:
        """Blocks that the next commit has to write for this level."""
        return len(self.pending)

    def batch_limit(self) -> int:
        """Blocks that one commit may carry at this level: ⌊R/2⌋·D."""
        return self._geometry.max_commit_rows * self.reader.share.data

    @property
    def row_blocks(self) -> int:
        """Blocks of content that one row holds at this level, D."""
        return self.reader.share.data

    @property
    def used(self) -> int:
        """Blocks in use, counting what is staged."""
        return len(self.where) + self._fresh - self._leaving

    def room(self, *, media: bool) -> int:
        """Blocks that still fit: up to 3/4 of the capacity for media, 7/8 for the rest."""
        return self._limits[media] - self.used

    def lag(self, epoch: int) -> int:
        """Rows written without this volume since its last commit; unknown, 0, where altered."""
        if self.state is None or self.findings.altered:
            return 0
        return max(0, epoch - 1 - self.state.epoch)

    def free_rows(self, epoch: int) -> int:
        """Rows from number `epoch` on that hold no live block of this volume."""
        if self.state is None:
            return self._geometry.rows
        for ahead in range(self._geometry.rows):
            if self.state.table[(epoch + ahead) % self._geometry.rows].live:
                return ahead
        return self._geometry.rows

    def reserve(self, epoch: int) -> int:
        """Rows that others may write without loss: the free ones less R/2.

        The R/2 are those that a commit of theirs which never finishes may write unseen.
        """
        return max(0, self.free_rows(epoch) - self._geometry.max_commit_rows)
