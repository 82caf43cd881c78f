"""A disk that notes what was asked of it, and never what was in it.

Two recordings are equal when the same visible things were done to the files, so that twins
(the same session with and without more behind it) can be compared with `==`. Names are
replaced by their order of appearance, for temporary names are random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vault.storage.interface import Buffer, Disk, File


class Op(NamedTuple):
    """One call: `name` is f1, f2, …; a rename has both, `f2>f1`; what has no place has zeros."""

    op: str
    name: str
    offset: int = 0
    length: int = 0


class RecordingDisk:
    """Notes every operation, then lets `inner` do it.

    Attributes:
        ops: everything that can change something or be seen by another process: create,
            open-read, open-write, pwrite, fsync, rename, sync-folder, remove, lock-shared,
            lock-exclusive, close.
        reads: everything else: pread, size, exists, free-space.
    """

    def __init__(self, inner: Disk) -> None:
        self.inner = inner
        self.ops: list[Op] = []
        self.reads: list[Op] = []
        self._names: dict[str, str] = {}

    def open(self, path: str, *, writable: bool = False) -> RecordingFile:
        self._note("open-write" if writable else "open-read", path)
        return RecordingFile(self, self.inner.open(path, writable=writable), path)

    def create(self, path: str) -> RecordingFile:
        self._note("create", path)
        return RecordingFile(self, self.inner.create(path), path)

    def rename(self, old: str, new: str) -> None:
        self.ops.append(Op("rename", f"{self.name_of(old)}>{self.name_of(new)}"))
        self.inner.rename(old, new)

    def remove(self, path: str) -> None:
        self._note("remove", path)
        self.inner.remove(path)

    def sync_folder(self, path: str) -> None:
        self._note("sync-folder", path)
        self.inner.sync_folder(path)

    def exists(self, path: str) -> bool:
        self.reads.append(Op("exists", self.name_of(path)))
        return self.inner.exists(path)

    def free_space(self, path: str) -> int | None:
        self.reads.append(Op("free-space", self.name_of(path)))
        return self.inner.free_space(path)

    def name_of(self, path: str) -> str:
        return self._names.setdefault(path, f"f{len(self._names) + 1}")

    def clear(self) -> None:
        """Forget what was noted; names keep their numbers."""
        self.ops.clear()
        self.reads.clear()

    def _note(self, op: str, path: str) -> None:
        self.ops.append(Op(op, self.name_of(path)))


class RecordingFile:
    def __init__(self, disk: RecordingDisk, inner: File, path: str) -> None:
        self._disk = disk
        self._inner = inner
        self._name = disk.name_of(path)

    def pread(self, offset: int, length: int) -> bytes:
        self._disk.reads.append(Op("pread", self._name, offset, length))
        return self._inner.pread(offset, length)

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        self._disk.reads.append(Op("pread", self._name, offset, memoryview(buffer).nbytes))
        return self._inner.pread_into(offset, buffer)

    def pwrite(self, offset: int, data: Buffer) -> None:
        self._disk.ops.append(Op("pwrite", self._name, offset, memoryview(data).nbytes))
        self._inner.pwrite(offset, data)

    def fsync(self) -> None:
        self._disk.ops.append(Op("fsync", self._name))
        self._inner.fsync()

    def write_on(self) -> None:
        self._inner.write_on()

    def size(self) -> int:
        self._disk.reads.append(Op("size", self._name))
        return self._inner.size()

    def lock(self, *, exclusive: bool) -> None:
        self._disk.ops.append(Op("lock-exclusive" if exclusive else "lock-shared", self._name))
        self._inner.lock(exclusive=exclusive)

    def close(self) -> None:
        self._disk.ops.append(Op("close", self._name))
        self._inner.close()
