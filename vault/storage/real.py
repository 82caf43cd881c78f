"""The disk of this system: POSIX and Windows behind one interface."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

from vault.errors import NotSaved, mark
from vault.storage import durable
from vault.storage.failures import (
    not_locked,
    not_opened,
    not_read,
    not_removed,
    not_saved,
    told,
)
from vault.storage.interface import Buffer, File
from vault.storage.locking import lock_descriptor
from vault.storage.opening import BASE_FLAGS, open_ordinary
from vault.storage.positioned import PositionedCalls

if sys.platform == "win32":
    import shutil

    def _free_bytes(folder: str) -> int:
        return shutil.disk_usage(folder).free

else:

    def _free_bytes(folder: str) -> int:
        room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize


_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR

# macOS refuses more than 2³¹ − 1 bytes in one call, Linux cuts them short.
_ONE_CALL = 1 << 30

_LARGE = 1 << 20
"""Bytes of a write from which on the disk is told to begin at once, not only at the fsync."""


class RealFile:
    """An open file; positions belong to the calls, so that threads need not share a cursor.

    Args:
        descriptor: of an ordinary file; closed by `close`.
        path: for messages only.
    """

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self._lost = False
        self._calls = PositionedCalls()

    def pread(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end of the file."""
        buffer = bytearray(length)
        filled = self.pread_into(offset, buffer)
        return bytes(memoryview(buffer)[:filled])

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` from `offset`; return how many bytes, fewer only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        with told(not_read, self._path):
            while filled < len(view):
                part = view[filled : filled + _ONE_CALL]
                count = self._calls.read_into(self._descriptor, part, offset + filled)
                if count == 0:
                    break
                filled += count
        return filled

    def pwrite(self, offset: int, data: Buffer) -> None:
        """Write all of `data` at `offset`; short writes are continued."""
        self._require_trusted()
        view = memoryview(data).cast("B")
        written = 0
        with told(not_saved, self._path):
            while written < len(view):
                part = view[written : written + _ONE_CALL]
                written += self._calls.write(self._descriptor, part, offset + written)
        if len(view) >= _LARGE:
            durable.start_writing(self._descriptor, offset, len(view))

    def fsync(self) -> None:
        """Return when all that was written survives a power cut."""
        self._require_trusted()
        with told(not_saved, self._path):
            try:
                durable.sync_file(self._descriptor)
            except OSError:
                self._lost = True
                raise

    def write_on(self) -> None:
        """Let this file be written and synced although an fsync failed; see `File.write_on`."""
        self._lost = False

    def size(self) -> int:
        """Return the length of the file."""
        with told(not_read, self._path):
            return os.fstat(self._descriptor).st_size

    def lock(self, *, exclusive: bool) -> None:
        """Take the lock of this file, or change it; it is given up by `close`."""
        with told(not_locked, self._path):
            lock_descriptor(self._descriptor, exclusive=exclusive)

    def close(self) -> None:
        """Give up lock and descriptor; a second call does nothing."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        # What mattered was fsynced before; Linux frees the descriptor whatever close returns.
        with suppress(OSError):
            os.close(descriptor)

    def _require_trusted(self) -> None:
        if self._lost:
            raise NotSaved(
                mark("{path} failed to be saved before; it is not written any further."),
                hint=mark("Close it, open it again and look at what it holds."),
                path=self._path,
            )


class RealDisk:
    """The files of this system, by path."""

    def open(self, path: str, *, writable: bool = False) -> File:
        """Open the ordinary file at `path`; without `writable` nothing is ever written."""
        return RealFile(open_ordinary(path, writable=writable), path)

    def create(self, path: str) -> File:
        """Create an empty file with mode 0600 whatever the umask; follows no link (O_EXCL).

        On Windows the file inherits who may read it from its folder.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | BASE_FLAGS
        with told(not_saved, path):
            descriptor = os.open(path, flags, _OWNER_ONLY)
        if sys.platform != "win32":
            # A umask like 0277 takes our own rights. FAT refuses to be told: the mount decides.
            with suppress(OSError):
                os.fchmod(descriptor, _OWNER_ONLY)
        return RealFile(descriptor, path)

    def rename(self, old: str, new: str) -> None:
        """Give the file another name; never replaces. Durable only after `sync_folder`."""
        with told(not_saved, new):
            durable.rename(old, new)

    def remove(self, path: str) -> None:
        """Remove the name."""
        with told(not_removed, path):
            os.unlink(path)

    def sync_folder(self, path: str) -> None:
        """Make names durable: fsync of the folder that holds `path`."""
        with told(not_saved, path):
            durable.sync_folder(_folder(path))

    def exists(self, path: str) -> bool:
        """Return whether the name is taken, be it by a link that leads nowhere."""
        with told(not_opened, path):
            try:
                os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                return False
        return True

    def free_space(self, path: str) -> int | None:
        """Return the bytes this user may still write beside `path`; None where nobody knows."""
        try:
            return _free_bytes(_folder(path))
        except (OSError, ValueError):
            return None


def _folder(path: str) -> str:
    return os.path.dirname(path) or os.curdir
