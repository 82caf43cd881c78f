"""Reading many blocks of a volume, of one object or of all, with two threads taking turns.

Each takes the next run of blocks: it reads it, opens it, and hands it over. Reading and handing
over keep the order of the runs, so that what is asked of the disk does not depend on which thread
was faster, and hashes can be fed; opening runs side by side with both. Sealed blocks and plaintext
stand in buffers of each thread, and nothing is copied: a run is opened from its end, so that each
header is overwritten by the payload before it, and the payloads of a run lie side by side.
"""

from __future__ import annotations

import struct
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import BlockLost, block_aad, block_name, parse_header, parse_name
from vault.container.geometry import HEADER_SIZE, NONCE_SIZE
from vault.container.share_io import RUN
from vault.container.state import SPOT_BITS
from vault.crypto.aead import AuthenticationFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vault.container.volume import Volume
    from vault.crypto.aead import BlockSealer

WORKERS = 2
"""Threads: hashing keeps one core busy, reading and opening the other."""

_LOOK_SECONDS = 0.1
"""How often the caller's thread tells how far it is, and meets Ctrl-C."""

_EPOCH = 8
"""Bytes of a header before what is known beforehand."""

_FULL = struct.Struct(">B3xIQQ")
_POSITION = (1 << SPOT_BITS) - 1


class Run(NamedTuple):
    """Blocks of one object that lie side by side in a row.

    Attributes:
        namespace: PAGE, MEDIA or RECORD.
        object_id: which object.
        first: number of the first block.
        blocks: how many, 64 at most.
        spot: where the first one stands.
    """

    namespace: int
    object_id: int
    first: int
    blocks: int
    spot: int


class Opened(NamedTuple):
    """What came of a run.

    Attributes:
        run: which blocks.
        plain: payload `i` begins at 32 + i · 16,384; valid until the call returns.
        lengths: bytes in use of each payload; −1 for a block that could not be opened.
    """

    run: Run
    plain: memoryview
    lengths: list[int]

    @property
    def damaged(self) -> list[int]:
        """Numbers of the blocks that could not be opened."""
        return [self.run.first + at for at, length in enumerate(self.lengths) if length < 0]

    def payloads(self, payload: int) -> Iterator[tuple[int, memoryview]]:
        """Yield number and content of each block that could be opened.

        Args:
            payload: bytes that a block holds.
        """
        for at, length in enumerate(self.lengths):
            start = HEADER_SIZE + at * payload
            if length >= 0:
                yield self.run.first + at, self.plain[start : start + length]

    def joined(self, payload: int) -> list[memoryview]:
        """Return the contents in order, those of full blocks side by side as one."""
        parts: list[memoryview] = []
        start = end = HEADER_SIZE
        for at, length in enumerate(self.lengths):
            if length < 0:
                continue
            if HEADER_SIZE + at * payload != end:
                parts.append(self.plain[start:end])
                start = HEADER_SIZE + at * payload
            end = HEADER_SIZE + at * payload + length
        return [part for part in (*parts, self.plain[start:end]) if part]


def all_runs(volume: Volume) -> Iterator[Run]:
    """Yield all committed blocks of a volume by namespace, object and number.

    Until the last one is taken nothing may be committed.
    """
    where = volume.where
    return _runs((name, where[name]) for name in sorted(where))


def object_runs(volume: Volume, namespace: int, object_id: int, count: int) -> list[Run]:
    """Return the first `count` blocks of an object, which are committed, in order.

    Raises:
        BlockLost: one is absent.
    """
    where = volume.where
    places = []
    for number in range(count):
        name = block_name(namespace, object_id, number)
        if name not in where:
            raise BlockLost(namespace, object_id, number)
        places.append((name, where[name]))
    return list(_runs(places))


def _runs(places: Iterable[tuple[bytes, int]]) -> Iterator[Run]:
    """Join names with their spots where both follow each other."""
    begun: tuple[int, int, int] | None = None
    count = spot = 0
    # One comparison for each block: there are millions of them.
    after: tuple[int, int, int, int] | None = None
    for name, at in places:
        namespace, object_id, number = parse_name(name)
        if begun and (namespace, object_id, number, at) == after and count < RUN:
            count += 1
        else:
            if begun:
                yield Run(*begun, count, spot)
            begun, count, spot = (namespace, object_id, number), 1, at
        after = (namespace, object_id, number + 1, at + 1)
    if begun:
        yield Run(*begun, count, spot)


class ReadingAhead:
    """Reads committed blocks of a volume once.

    Args:
        volume: open; nothing else is read from it meanwhile.
        wanted: which, in this order.
        consume: given each run in turn, by one thread at a time.
    """

    def __init__(
        self, volume: Volume, wanted: Iterable[Run], consume: Callable[[Opened], None]
    ) -> None:
        self._volume = volume
        self._consume = consume
        self._runs = enumerate(wanted)
        self._reading = threading.Lock()
        self._turn = threading.Condition()
        self._due = 0
        self._done = 0
        self._stopped = False

    def read(self, progress: Callable[[int], None]) -> None:
        """Read everything.

        Args:
            progress: called now and then, with bytes read.
        """
        payload = self._volume.payload
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                workers = {pool.submit(self._work) for _ in range(WORKERS)}
                while workers:
                    done, workers = wait(workers, timeout=_LOOK_SECONDS)
                    for worker in done:
                        worker.result()
                    progress(self._done * payload)
            except BaseException:
                self._stop()
                raise

    def _stop(self) -> None:
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def _work(self) -> None:
        geometry = self._volume.reader.geometry
        sealed = memoryview(bytearray(RUN * geometry.sealed))
        plain = memoryview(bytearray(HEADER_SIZE + RUN * geometry.payload))
        try:
            while not self._stopped:
                with self._reading:
                    number, run = next(self._runs, (-1, None))
                    if run is None:
                        return
                    row, position = run.spot >> SPOT_BITS, run.spot & _POSITION
                    self._volume.reader.read_into(row, position, run.blocks, sealed)
                    sealers = self._volume.sealers(run.spot, run.blocks)
                self._hand_over(number, self._open(run, sealed, plain, sealers))
        except BaseException:
            self._stop()
            raise

    def _hand_over(self, number: int, opened: Opened) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._due == number or self._stopped)
            if self._stopped:
                return
        self._consume(opened)
        with self._turn:
            self._due += 1
            self._done += opened.run.blocks
            self._turn.notify_all()

    def _open(
        self, run: Run, sealed: memoryview, plain: memoryview, sealers: list[BlockSealer]
    ) -> Opened:
        """Open a run from its end; payload `i` then stands at 32 + i · 16,384."""
        reader = self._volume.reader
        payload, size = self._volume.payload, reader.geometry.sealed
        row, position = run.spot >> SPOT_BITS, run.spot & _POSITION
        lengths = [-1] * run.blocks
        for index in range(run.blocks - 1, -1, -1):
            block = sealed[index * size : (index + 1) * size]
            out = plain[index * payload : HEADER_SIZE + (index + 1) * payload]
            aad = block_aad(reader.share.level, row, position + index)
            try:
                sealers[index].open_into(block[:NONCE_SIZE], block[NONCE_SIZE:], aad, out)
            except AuthenticationFailed:
                continue
            lengths[index] = _length(out, payload, run.namespace, run.object_id, run.first + index)
        return Opened(run, plain, lengths)


def _length(plain: memoryview, payload: int, namespace: int, object_id: int, number: int) -> int:
    """Return the bytes in use of an opened block; −1 if it is not the one wanted."""
    # Nearly all are full: then the header is known beforehand, and nothing stands behind.
    if bytes(plain[_EPOCH:HEADER_SIZE]) == _FULL.pack(namespace, payload, object_id, number):
        return payload
    header = parse_header(plain, payload)
    if header is None or header[1:2] + header[3:] != (namespace, object_id, number):
        return -1
    return header.length
