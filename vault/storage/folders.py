"""Open folders in which names are made without following any link.

On POSIX a folder is its descriptor: every call starts from it (openat(2), mkdirat(2) and so on,
with O_NOFOLLOW), so that nobody who swaps a folder for a link between two calls can lead a file
elsewhere. Windows has no such calls: there every folder is looked at before and after, which
leaves the moment between to somebody who may already write in the folder.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from typing import Protocol, Self

from vault.storage import durable
from vault.storage.opening import BASE_FLAGS

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS


class Folder(Protocol):
    """An open folder; all methods raise OSError as the system does."""

    def names(self) -> list[str]:
        """Return all names in it."""
        ...

    def make_folder(self, name: str) -> None:
        """Make a folder with mode 0700 in it."""
        ...

    def folder(self, name: str) -> Self:
        """Open a folder in it; a link is refused (NotADirectoryError or ELOOP)."""
        ...

    def create(self, name: str) -> int:
        """Create a file with mode 0600 in it; return a descriptor for writing."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename without replacing."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file's name; a link is removed, not what it leads to."""
        ...

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder."""
        ...

    def sync(self) -> None:
        """Make its names durable."""
        ...

    def close(self) -> None:
        """Give up the folder."""
        ...


class PathFolder:
    """A folder by its path, looked at again and again.

    Args:
        path: of the folder; links on the way to it are the caller's own.
        named: whether the user named this path, so that it may itself be a link.

    Raises:
        NotADirectoryError: it is a link, a junction, or no folder.
    """

    def __init__(self, path: str, *, named: bool = True) -> None:
        self._path = os.path.realpath(path) if named else path
        self._require_folder()
        self._identity = self._look()

    def names(self) -> list[str]:
        """Return all names in it."""
        return os.listdir(self._path)

    def make_folder(self, name: str) -> None:
        """Make a folder in it."""
        self._require_same()
        os.mkdir(self._inside(name), _FOLDER_MODE)

    def folder(self, name: str) -> Self:
        """Open a folder in it; a link is refused."""
        self._require_same()
        return type(self)(self._inside(name), named=False)

    def create(self, name: str) -> int:
        """Create a file in it; return a descriptor for writing."""
        self._require_same()
        descriptor = os.open(self._inside(name), _NEW_FILE, _FILE_MODE)
        try:
            self._require_same()
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def rename(self, old: str, new: str) -> None:
        """Rename without replacing."""
        self._require_same()
        durable.rename(self._inside(old), self._inside(new))

    def remove(self, name: str) -> None:
        """Remove a file's name."""
        self._require_same()
        os.unlink(self._inside(name))

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder."""
        self._require_same()
        os.rmdir(self._inside(name))

    def sync(self) -> None:
        """Make its names durable."""
        durable.sync_folder(self._path)

    def close(self) -> None:
        """Nothing is held open."""

    def _inside(self, name: str) -> str:
        return os.path.join(self._path, name)

    def _look(self) -> tuple[int, int]:
        found = os.lstat(self._path)
        return found.st_dev, found.st_ino

    def _require_folder(self) -> None:
        found = os.lstat(self._path)
        # Junctions and mount points are reparse points, but no symbolic links to Python.
        reparse = getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT
        if reparse or not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self._path)

    def _require_same(self) -> None:
        self._require_folder()
        if self._look() != self._identity:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self._path)


if sys.platform == "win32":

    def open_folder(path: str) -> Folder:
        """Open a folder that the user named; links on the way to it are her own."""
        return PathFolder(path)

else:
    _OPEN = os.O_RDONLY | os.O_DIRECTORY | BASE_FLAGS

    class DescriptorFolder:
        """A folder by its descriptor.

        Args:
            descriptor: of the folder; closed by `close`.
        """

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor

        def names(self) -> list[str]:
            """Return all names in it."""
            return os.listdir(self._descriptor)

        def make_folder(self, name: str) -> None:
            """Make a folder with mode 0700 in it."""
            os.mkdir(name, _FOLDER_MODE, dir_fd=self._descriptor)

        def folder(self, name: str) -> Self:
            """Open a folder in it; a link is refused."""
            return type(self)(os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=self._descriptor))

        def create(self, name: str) -> int:
            """Create a file with mode 0600 in it; return a descriptor for writing."""
            flags = _NEW_FILE | os.O_NOFOLLOW
            descriptor = os.open(name, flags, _FILE_MODE, dir_fd=self._descriptor)
            with suppress(OSError):  # FAT keeps no rights
                os.fchmod(descriptor, _FILE_MODE)
            return descriptor

        def rename(self, old: str, new: str) -> None:
            """Rename without replacing."""
            durable.rename(old, new, folder=self._descriptor)

        def remove(self, name: str) -> None:
            """Remove a file's name; a link is removed, not what it leads to."""
            os.unlink(name, dir_fd=self._descriptor)

        def remove_folder(self, name: str) -> None:
            """Remove an empty folder."""
            os.rmdir(name, dir_fd=self._descriptor)

        def sync(self) -> None:
            """Make its names durable."""
            durable.sync_folder_descriptor(self._descriptor)

        def close(self) -> None:
            """Give up the descriptor; a second call does nothing."""
            if self._descriptor >= 0:
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)

    def open_folder(path: str) -> Folder:
        """Open a folder that the user named; links on the way to it are her own."""
        return DescriptorFolder(os.open(path, _OPEN))
