"""What the system's error numbers mean, in plain words, as errors of this program."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

from vault.errors import Damaged, InUse, NotFound, NotSaved, VaultError, mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class _Words(NamedTuple):
    message: str
    hint: str = ""


def _numbers(*names: str) -> tuple[int, ...]:
    """Not every system has every number: ENOMEDIUM is Linux's, EDQUOT is not in every libc."""
    return tuple(getattr(errno, name) for name in names if hasattr(errno, name))


_GONE = _numbers("ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "ENOMEDIUM", "ESHUTDOWN")
_NO_ACCESS = _numbers("EACCES", "EPERM")

_WRITING: dict[int, _Words] = {
    errno.ENOSPC: _Words(
        mark("The disk is full: {path} was not saved."),
        mark("Make room on the disk, or use another one; then do it again."),
    ),
    errno.EROFS: _Words(
        mark("The disk is read-only: {path} was not saved."),
        mark("Check the stick's write protection, or use another disk."),
    ),
    errno.EIO: _Words(
        mark("The disk failed while writing: {path} was not saved."),
        mark("Copy what is on this disk to another one before you go on."),
    ),
    errno.EFBIG: _Words(
        mark("The file would be too large for this disk: {path} was not saved."),
        mark("Disks formatted as FAT hold no file of 4 GiB or more."),
    ),
    errno.ENAMETOOLONG: _Words(mark("The name is too long for this disk: {path}")),
    **dict.fromkeys(
        _numbers("EDQUOT"),
        _Words(
            mark("Your share of the disk is used up: {path} was not saved."),
            mark("Make room, or use another disk; then do it again."),
        ),
    ),
    **dict.fromkeys(
        _GONE,
        _Words(
            mark("The disk is gone: {path} was not saved."),
            mark("Plug it in again, then look at what is there before you repeat anything."),
        ),
    ),
    **dict.fromkeys(
        _NO_ACCESS,
        _Words(
            mark("You are not allowed to write {path}."),
            mark("Choose another folder, or ask its owner."),
        ),
    ),
}

_READING: dict[int, _Words] = {
    errno.EIO: _Words(
        mark("The disk failed while reading {path}."),
        mark("Copy what is on this disk to another one before you go on."),
    ),
    **dict.fromkeys(
        _GONE,
        _Words(
            mark("The disk is gone: {path} cannot be read."), mark("Plug it in again and repeat.")
        ),
    ),
}

_OPENING: dict[int, _Words] = {
    errno.EROFS: _Words(
        mark("The disk is read-only: {path} cannot be written."),
        mark("Check the stick's write protection, or open it for reading only."),
    ),
    errno.EISDIR: _Words(mark("{path} is a folder, not a file.")),
    errno.ELOOP: _Words(mark("{path} is a link that is not followed, or leads in a circle.")),
    errno.ENAMETOOLONG: _Words(mark("The name is too long for this disk: {path}")),
    errno.ENOTDIR: _Words(mark("A part of the path is no folder: {path}")),
    **{number: _READING[number] for number in (errno.EIO, *_GONE)},
    **dict.fromkeys(
        _NO_ACCESS,
        _Words(mark("You are not allowed to open {path}."), mark("Ask its owner.")),
    ),
    **dict.fromkeys(
        _numbers("EMFILE", "ENFILE"),
        _Words(mark("Too many files are open: {path} cannot be."), mark("Close some programs.")),
    ),
}


def taken(path: str) -> VaultError:
    """Return what to raise for a name that something else has."""
    return VaultError(
        mark("{path} exists already; it was not touched."),
        hint=mark("Choose another name, or move the old one away."),
        path=path,
    )


def not_saved(error: OSError, path: str) -> VaultError:
    """Return what to raise when a write, an fsync, a rename or a creation failed."""
    if error.errno == errno.EEXIST:
        return taken(path)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound(mark("There is no folder for {path}."), path=path)
    words = _WRITING.get(error.errno or 0)
    if words is None:
        reason = _reason(error)
        return NotSaved(mark("{path} was not saved: {reason}"), path=path, reason=reason)
    return NotSaved(words.message, hint=words.hint, path=path)


def not_read(error: OSError, path: str) -> VaultError:
    """Return what to raise when bytes of an open file could not be read."""
    words = _READING.get(error.errno or 0)
    if words is None:
        reason = _reason(error)
        return Damaged(mark("{path} cannot be read: {reason}"), path=path, reason=reason)
    return Damaged(words.message, hint=words.hint, path=path)


def source_not_read(error: OSError, path: str) -> VaultError:
    """Return what to raise when a file that is not ours could not be read to its end."""
    failure = not_read(error, path)
    return VaultError(failure.message, hint=failure.hint, **failure.values)


def not_opened(error: OSError, path: str) -> VaultError:
    """Return what to raise when an existing file or folder could not be opened."""
    if error.errno == errno.ENOENT:
        return NotFound(mark("There is no file {path}."), path=path)
    words = _OPENING.get(error.errno or 0)
    if words is None:
        reason = _reason(error)
        return VaultError(mark("{path} cannot be opened: {reason}"), path=path, reason=reason)
    return VaultError(words.message, hint=words.hint, path=path)


def not_removed(error: OSError, path: str) -> VaultError:
    """Return what to raise when a name could not be removed."""
    if error.errno == errno.ENOENT:
        return NotFound(mark("There is no file {path}."), path=path)
    reason = _reason(error)
    return NotSaved(mark("{path} could not be removed: {reason}"), path=path, reason=reason)


def not_locked(error: OSError, path: str) -> VaultError:
    """Return what to raise when the lock was not given."""
    if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
        return InUse(
            mark("{path} is in use by another process."),
            hint=mark("Close the other window or wait until it is done; then do it again."),
            path=path,
        )
    return VaultError(
        mark("{path} cannot be locked: {reason}"),
        hint=mark("Network disks often cannot do it: copy the file to a disk of this machine."),
        path=path,
        reason=_reason(error),
    )


def not_ordinary(path: str) -> VaultError:
    """Return what to raise for a pipe, a socket or a device."""
    return VaultError(mark("{path} is not an ordinary file."), path=path)


class told:  # noqa: N801 - used like a function: `with told(not_opened, path):`
    """Turn what the system raises inside into `tell(error, path)`.

    Names that no system call takes (a zero byte, a lone surrogate) raise ValueError in Python
    before the system is asked.
    """

    __slots__ = ("_path", "_tell")

    def __init__(self, tell: Callable[[OSError, str], VaultError], path: str) -> None:
        self._tell = tell
        self._path = path

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError):
            raise self._tell(error, self._path) from error
        if isinstance(error, ValueError):
            raise VaultError(
                mark("{path} is no name for a file on this system."), path=self._path
            ) from error


def _reason(error: OSError) -> str:
    return error.strerror or (os.strerror(error.errno) if error.errno else str(error))
