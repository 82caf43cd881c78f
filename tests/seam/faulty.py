"""A disk on which the Nth call fails, once or from then on.

total = FaultyDisk(inner)           # counts only
…                                   # run once; total.calls is how many there were
for n in range(total.calls): run with FaultyDisk(fork of inner, fail_at=n, …)
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from vault.storage.failures import not_locked, not_opened, not_read, not_removed, not_saved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from vault.storage.interface import Buffer, Disk, File

CHANGING = frozenset({"create", "pwrite", "fsync", "rename", "remove", "sync-folder"})
ALL = CHANGING | {"open", "pread", "lock"}

_TOLD = {"open": not_opened, "pread": not_read, "lock": not_locked, "remove": not_removed}


class FaultyDisk:
    """Counts the calls named in `ops` and fails one, or one and all after it.

    Args:
        inner: does what does not fail.
        fail_at: number of the call that fails, from 0; None fails nothing.
        error: an errno, told in the program's own words; or the exception to raise.
        forever: whether all later calls fail too.
        ops: which calls are counted and may fail: names of `ALL`.
        torn: whether a failing pwrite leaves its first half behind, as a full disk does.

    Attributes:
        calls: how many counted calls there were.
        failed: what failed, as (op, path).
        fsyncs_after_failure: fsyncs tried on a file after one of its fsyncs failed: none may be.
    """

    def __init__(
        self,
        inner: Disk,
        *,
        fail_at: int | None = None,
        error: int | BaseException = errno.EIO,
        forever: bool = False,
        ops: Collection[str] = CHANGING,
        torn: bool = True,
    ) -> None:
        assert set(ops) <= ALL, ops
        self.inner = inner
        self.calls = 0
        self.failed: list[tuple[str, str]] = []
        self.fsyncs_after_failure = 0
        self._fail_at = fail_at
        self._error = error
        self._forever = forever
        self._ops = frozenset(ops)
        self._torn = torn

    def open(self, path: str, *, writable: bool = False) -> FaultyFile:
        self.count("open", path)
        return FaultyFile(self, self.inner.open(path, writable=writable), path)

    def create(self, path: str) -> FaultyFile:
        self.count("create", path)
        return FaultyFile(self, self.inner.create(path), path)

    def rename(self, old: str, new: str) -> None:
        self.count("rename", new)
        self.inner.rename(old, new)

    def remove(self, path: str) -> None:
        self.count("remove", path)
        self.inner.remove(path)

    def sync_folder(self, path: str) -> None:
        self.count("sync-folder", path)
        self.inner.sync_folder(path)

    def exists(self, path: str) -> bool:
        return self.inner.exists(path)

    def free_space(self, path: str) -> int | None:
        return self.inner.free_space(path)

    def count(self, op: str, path: str, *, before: Callable[[], None] | None = None) -> None:
        """Raise if it is this call's turn, after `before` did what a failing call still does."""
        if op not in self._ops:
            return
        number = self.calls
        self.calls += 1
        if self._fail_at is None or number < self._fail_at:
            return
        if number > self._fail_at and not self._forever:
            return
        if before is not None and self._torn:
            before()
        self.failed.append((op, path))
        if isinstance(self._error, BaseException):
            raise self._error
        raise _TOLD.get(op, not_saved)(OSError(self._error, os.strerror(self._error)), path)


class FaultyFile:
    def __init__(self, disk: FaultyDisk, inner: File, path: str) -> None:
        self._disk = disk
        self._inner = inner
        self._path = path
        self._lost = False

    def pread(self, offset: int, length: int) -> bytes:
        self._disk.count("pread", self._path)
        return self._inner.pread(offset, length)

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        self._disk.count("pread", self._path)
        return self._inner.pread_into(offset, buffer)

    def pwrite(self, offset: int, data: Buffer) -> None:
        half = memoryview(data).cast("B")[: memoryview(data).nbytes // 2]
        self._disk.count("pwrite", self._path, before=lambda: self._inner.pwrite(offset, half))
        self._inner.pwrite(offset, data)

    def fsync(self) -> None:
        if self._lost:
            self._disk.fsyncs_after_failure += 1
        try:
            self._disk.count("fsync", self._path)
        except BaseException:
            self._lost = True
            raise
        self._inner.fsync()

    def write_on(self) -> None:
        self._lost = False
        self._inner.write_on()

    def size(self) -> int:
        return self._inner.size()

    def lock(self, *, exclusive: bool) -> None:
        self._disk.count("lock", self._path)
        self._inner.lock(exclusive=exclusive)

    def close(self) -> None:
        self._inner.close()
