"""Reading of what the user hands in: files, folders of files, standard input.

A file is opened once, looked at before and after, and refused if it changed while it was read:
an entry must be the bytes of one moment. What this does not see: a change within the file
system's clock tick (a few milliseconds) that leaves the length as it was, and a program that
writes through shared memory and flushes later.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from vault.errors import SourceChanged, VaultError, mark
from vault.storage.failures import not_opened, not_ordinary, source_not_read, told
from vault.storage.opening import open_ordinary

if TYPE_CHECKING:
    from collections.abc import Iterator


class Source(Protocol):
    """Something that is read once from its beginning to its end."""

    @property
    def name(self) -> bytes:
        """Its own name without folders, as the file system has it; need not be UTF-8."""
        ...

    @property
    def size(self) -> int | None:
        """Its length in bytes; None where it shows only at the end."""
        ...

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer with what comes next; return how many bytes, fewer only at the end.

        Raises:
            SourceChanged: there is more than there was when it was opened.
            VaultError: the system could not read it.
        """
        ...

    def check_unchanged(self) -> None:
        """Require that what was read so far is what was there when it was opened.

        Raises:
            SourceChanged: it is not; nothing of it may be kept.
        """
        ...

    def close(self) -> None:
        """Give it up; a second call does nothing."""
        ...


class Identity(NamedTuple):
    """What changes when a file does; times in nanoseconds."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


class FileSource:
    """An ordinary file, opened for reading only.

    Args:
        path: of the file.
        follow: whether the last part may be a link: yes for what the user named, no for what
            `walk` found.

    Raises:
        NotFound: there is none.
        VaultError: a folder, pipe, socket, device or unwanted link, or it may not be opened.
    """

    def __init__(self, path: str, *, follow: bool = True) -> None:
        self.path = path
        self._descriptor = open_ordinary(path, follow=follow)
        self.identity = self._look()
        self._read = 0
        _advise_sequential(self._descriptor)

    @property
    def name(self) -> bytes:
        """Its own name without folders, as the file system has it."""
        return os.fsencode(os.path.basename(self.path))

    @property
    def size(self) -> int:
        """Its length in bytes when it was opened."""
        return self.identity.size

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer with what comes next; return how many bytes, fewer only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        with told(source_not_read, self.path):
            while filled < len(view):
                count = _read_into(self._descriptor, view[filled:])
                if count == 0:
                    break
                filled += count
                self._read += count
                if self._read > self.size:  # whoever appends faster than we read must not win
                    raise self._changed()
        if filled < len(view) and self._read != self.size:
            raise self._changed()
        return filled

    def rewind(self) -> None:
        """Read from the beginning again."""
        with told(source_not_read, self.path):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._read = 0

    def check_unchanged(self) -> None:
        """Require that the file is what it was when it was opened."""
        if self._look() != self.identity:
            raise self._changed()

    def close(self) -> None:
        """Give up the descriptor; a second call does nothing."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _look(self) -> Identity:
        with told(source_not_read, self.path):
            found = os.fstat(self._descriptor)
        return Identity(
            found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        )

    def _changed(self) -> SourceChanged:
        return SourceChanged(
            mark("{path} changed while it was being read; it was not taken in."),
            hint=mark("Close the program that is writing it; then add it again."),
            path=self.path,
        )


class Readable(Protocol):
    """What a stream of bytes can do."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to `size` bytes, none at the end; None if it will not wait for them."""
        ...


class StreamSource:
    """Standard input or another stream, of unknown length; nothing about it can be checked.

    Args:
        stream: of bytes; not closed here, for it is the caller's.
        name: what stands for a file name.
    """

    def __init__(self, stream: Readable, name: bytes = b"-") -> None:
        self._stream = stream
        self._name = name

    @property
    def name(self) -> bytes:
        """What the caller called it."""
        return self._name

    @property
    def size(self) -> None:
        """Unknown."""
        return

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill the buffer with what comes next; return how many bytes, fewer only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        with told(source_not_read, os.fsdecode(self._name)):
            while filled < len(view):
                part = self._stream.read(len(view) - filled)
                if part is None:  # not the end: taking it for one would cut the evidence short
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                if not part:
                    break
                view[filled : filled + len(part)] = part
                filled += len(part)
        return filled

    def check_unchanged(self) -> None:
        """A stream is read once: what came is what it was."""

    def close(self) -> None:
        """The stream is the caller's."""


class ReadAhead:
    """A stream whose beginning is looked at before it is taken.

    Args:
        stream: of bytes; not closed here.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._ahead = memoryview(b"")

    def is_longer_than(self, size: int) -> bool:
        """Read so many bytes and one more, where there are so many; nothing of them is lost.

        Raises:
            VaultError: the system could not read it.
        """
        buffer = bytearray(size + 1)
        count = StreamSource(self._stream).readinto(buffer)
        self._ahead = memoryview(buffer)[:count]
        return count > size

    def read(self, size: int, /) -> bytes | None:
        """Return up to `size` bytes, first those that were looked at; none at the end."""
        if not self._ahead:
            return self._stream.read(size)
        part, self._ahead = bytes(self._ahead[:size]), self._ahead[size:]
        return part


class Found(NamedTuple):
    """An ordinary file.

    Attributes:
        path: to open it, with `follow=False` unless the user named it.
        relative: from the named folder's own name downwards, parts separated by `/`, in the
            file system's bytes; for a file that was named, its own name.
        named: whether the user named this very path.
        size: bytes, when it was found.
    """

    path: str
    relative: bytes
    named: bool
    size: int


class Skipped(NamedTuple):
    """What is not taken in, and why, in words for the user."""

    path: str
    why: VaultError


def walk(path: str) -> Iterator[Found | Skipped]:
    """Yield the files at `path`: itself, or all below it in the order of their bytes.

    Links below it are not followed, nor pipes, sockets and devices opened: they are yielded as
    skipped, as is a folder that cannot be listed.

    Raises:
        NotFound: there is nothing at `path`.
        VaultError: it is a pipe, socket or device.
    """
    with told(not_opened, path):
        found = os.stat(path)
    own = os.fsencode(os.path.basename(os.path.abspath(path)))
    if stat.S_ISREG(found.st_mode):
        yield Found(path, own, named=True, size=found.st_size)
        return
    if not stat.S_ISDIR(found.st_mode):
        raise not_ordinary(path)
    waiting = [(path, own)]
    while waiting:
        here, relative = waiting.pop()
        try:
            kind, size = _kind(here) if here != path else (stat.S_IFDIR, 0)
            inside = sorted(map(os.fsencode, os.listdir(here))) if kind == stat.S_IFDIR else []
        except OSError as error:
            yield Skipped(here, not_opened(error, here))
            continue
        if kind == stat.S_IFDIR:
            waiting.extend(
                (os.path.join(here, os.fsdecode(name)), relative + b"/" + name)
                for name in reversed(inside)
            )
        elif kind == stat.S_IFREG:
            yield Found(here, relative, named=False, size=size)
        elif kind == stat.S_IFLNK:
            yield Skipped(here, VaultError(mark("{path} is a link; it was skipped."), path=here))
        else:
            yield Skipped(here, not_ordinary(here))


def same_file(path: str, other: str) -> bool:
    """Return whether two paths lead to one file; False where either leads nowhere."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def _kind(path: str) -> tuple[int, int]:
    """Return the kind of what is at `path`, not followed, and its size in bytes."""
    found = os.lstat(path)
    if sys.platform == "win32" and found.st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT:
        return stat.S_IFLNK, 0  # a junction leads elsewhere as a link does
    return stat.S_IFMT(found.st_mode), found.st_size


if sys.platform == "win32":

    def _read_into(descriptor: int, buffer: memoryview) -> int:
        data = os.read(descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

else:

    def _read_into(descriptor: int, buffer: memoryview) -> int:
        return os.readv(descriptor, [buffer])


if sys.platform != "linux":

    def _advise_sequential(descriptor: int) -> None:
        """Nothing to ask for: the system reads ahead by itself."""

else:

    def _advise_sequential(descriptor: int) -> None:
        """Ask for more reading ahead; some file systems know no advice, and none is owed."""
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)
