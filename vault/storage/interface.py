"""What the rest of the program may ask of a disk: the seam between rules and system calls.

Everything that is kept goes through these two protocols, so that tests can record the
operations, fail any of them, and cut the power between any two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Buffer = bytes | bytearray | memoryview
"""Bytes in a row; a memoryview must be contiguous."""

Random = Callable[[int], bytes]
"""n -> n unpredictable bytes."""


class File(Protocol):
    """One open ordinary file; positions and lengths are in bytes."""

    def pread(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`, fewer only at the end of the file.

        Raises:
            Damaged: the system could not read them.
        """
        ...

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` from `offset`; return how many bytes, fewer only at the end of the file.

        Raises:
            Damaged: the system could not read them.
        """
        ...

    def pwrite(self, offset: int, data: Buffer) -> None:
        """Write all of `data` at `offset`; nothing is durable before `fsync`.

        Raises:
            NotSaved: some or all of it could not be written.
        """
        ...

    def fsync(self) -> None:
        """Return when all that was written survives a power cut.

        Raises:
            NotSaved: the system says it does not, now or at an earlier call: the file must be
                opened anew and read to know what it holds.
        """
        ...

    def write_on(self) -> None:
        """Let this file be written and synced although an fsync failed.

        For whoever overwrites what shall be gone, and tells the failure all the same: what a
        later fsync says of the earlier writes is worth nothing.
        """
        ...

    def size(self) -> int:
        """Return the length of the file."""
        ...

    def lock(self, *, exclusive: bool) -> None:
        """Take the lock of this file, or change it; it is given up by `close`.

        Raises:
            InUse: another opening holds a lock that excludes this one; there is no waiting.
        """
        ...

    def close(self) -> None:
        """Give up lock and descriptor; a second call does nothing."""
        ...


class Disk(Protocol):
    """The files of one system, by path."""

    def open(self, path: str, *, writable: bool = False) -> File:
        """Open the ordinary file at `path`; without `writable` nothing is ever written.

        Raises:
            NotFound: there is none.
            VaultError: it is a folder, pipe, socket or device, or may not be opened.
        """
        ...

    def create(self, path: str) -> File:
        """Create an empty file that only its owner may read and write, and open it for both.

        Raises:
            NotFound: its folder does not exist.
            NotSaved: it could not be created.
            VaultError: the name is taken.
        """
        ...

    def rename(self, old: str, new: str) -> None:
        """Give the file another name; never replaces. Durable only after `sync_folder`.

        Raises:
            NotSaved: it still has its old name.
            VaultError: the new name is taken.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove the name.

        Raises:
            NotFound: there is none.
            NotSaved: it is still there.
        """
        ...

    def sync_folder(self, path: str) -> None:
        """Make names durable: fsync of the folder that holds `path`.

        Raises:
            NotSaved: the system says they are not.
        """
        ...

    def exists(self, path: str) -> bool:
        """Return whether the name is taken, be it by a link that leads nowhere."""
        ...

    def free_space(self, path: str) -> int | None:
        """Return the bytes this user may still write beside `path`; None where nobody knows."""
        ...
