"""Two row buffers and one thread: a row is written while the next one is being built."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.storage.interface import File


class RowWriter:
    """Hands out row buffers and writes them in order.

    The buffers live as long as the session: a fresh 32 MiB allocation per row would cost as
    much as filling it. Rows hold sealed bytes and filler only, nothing to wipe.
    """

    def __init__(self, pitch: int) -> None:
        self._pitch = pitch
        self._buffers: list[memoryview] = []
        self._writes: list[Future[None]] = []
        self._turn = 0

    def buffer(self) -> memoryview:
        """Return a buffer of one row that is not being written; its content is stale.

        Raises:
            NotSaved: the write that used this buffer before failed.
        """
        self._turn ^= 1
        while len(self._buffers) <= self._turn:
            self._buffers.append(memoryview(bytearray(self._pitch)))
        if len(self._writes) > 1:
            self._writes.pop(0).result()
        return self._buffers[self._turn]

    @contextmanager
    def rows(self, file: File, count: int) -> Iterator[Callable[[int, memoryview], None]]:
        """Give a function that writes a row at an offset; all are written on leaving.

        A single row is written at once: a thread would cost more than it saves.

        Raises:
            NotSaved: a write failed.
        """
        if count == 1:
            yield file.pwrite
            return
        with ThreadPoolExecutor(1) as pool:

            def write(offset: int, row: memoryview) -> None:
                self._writes.append(pool.submit(file.pwrite, offset, row))

            try:
                yield write
                for pending in self._writes:
                    pending.result()
            finally:
                self._writes.clear()
