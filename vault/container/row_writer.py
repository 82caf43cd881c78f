"""Two row buffers and two threads: a row is written while the next one is being built.

The second thread puts filler into a row while blocks are sealed into other places of it.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.storage.interface import File


class Hands(Protocol):
    """Who does what can be done beside the sealing."""

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        """Start `work`; return what waits until it is done, and raises what it raised."""

    def write(self, offset: int, row: memoryview) -> None:
        """Write a row after those before it.

        Raises:
            NotSaved: a write failed.
        """


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
    def rows(self, file: File, count: int) -> Iterator[Hands]:
        """Give hands for so many rows; all are written on leaving.

        A single row is written at once: threads would cost more than they save.

        Raises:
            NotSaved: a write failed.
        """
        if count == 1:
            yield _Alone(file)
            return
        with ThreadPoolExecutor(1) as writer, ThreadPoolExecutor(1) as filler:
            try:
                yield _Threads(file, writer, filler, self._writes)
                for pending in self._writes:
                    pending.result()
            finally:
                self._writes.clear()


class _Alone:
    """Everything is done at once, by whoever asks for it."""

    def __init__(self, file: File) -> None:
        self.write = file.pwrite

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        work()
        return _nothing


class _Threads:
    """One thread writes, another does what goes on beside the sealing."""

    def __init__(
        self,
        file: File,
        writer: ThreadPoolExecutor,
        filler: ThreadPoolExecutor,
        writes: list[Future[None]],
    ) -> None:
        self._file = file
        self._writer = writer
        self._filler = filler
        self._writes = writes

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        return self._filler.submit(work).result

    def write(self, offset: int, row: memoryview) -> None:
        self._writes.append(self._writer.submit(self._file.pwrite, offset, row))


def _nothing() -> None:
    """There is nothing to wait for."""
