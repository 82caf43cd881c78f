"""Opening of ordinary files, and of nothing else, without waiting and without a trace.

- The name is looked up before it is opened: opening some devices already does something (a
  tape rewinds, a watchdog starts). The descriptor is looked at again, for the name may have
  changed its meaning between; O_NONBLOCK keeps a pipe that slipped in from blocking, O_NOCTTY
  a terminal from becoming ours.
- A link in the last component is followed when the user named the path herself: links on a
  desktop are ordinary, and what counts is what the descriptor shows. Callers that walk through
  folders pass `follow=False` (O_NOFOLLOW), for there the names are somebody else's.
- O_CLOEXEC: the keyless metadata process must inherit nothing. Python sets it too; the flag
  here leaves no moment between.
- O_NOATIME where the system grants it (to the owner, on Linux): reading then leaves no date of
  access behind, neither for the container nor for a photograph whose dates are evidence.
- O_BINARY on Windows: the C library would otherwise translate line ends.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from vault.storage.failures import not_opened, not_ordinary, told

if sys.platform == "win32":
    BASE_FLAGS = os.O_BINARY | os.O_NOINHERIT
    _NO_FOLLOW = 0
    _QUIET = 0
else:
    BASE_FLAGS = os.O_CLOEXEC
    _NO_FOLLOW = os.O_NOFOLLOW
    _QUIET = os.O_NONBLOCK | os.O_NOCTTY
_NO_ATIME: int = getattr(os, "O_NOATIME", 0)


def open_ordinary(path: str, *, writable: bool = False, follow: bool = True) -> int:
    """Open the ordinary file at `path` and return its descriptor, which the caller closes.

    Raises:
        NotFound: there is none.
        VaultError: a folder, pipe, socket, device or unwanted link, or it may not be opened.
    """
    with told(not_opened, path):
        _require_ordinary(os.stat(path, follow_symlinks=follow), path)
        flags = (os.O_RDWR if writable else os.O_RDONLY) | BASE_FLAGS | _QUIET
        descriptor = _open_without_atime(path, flags if follow else flags | _NO_FOLLOW)
        try:
            _require_ordinary(os.fstat(descriptor), path)
            if sys.platform != "win32":
                os.set_blocking(descriptor, True)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _open_without_atime(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _NO_ATIME)
    except PermissionError:
        # EPERM: only the owner may ask for it (open(2)). A true refusal comes again.
        return os.open(path, flags)


def _require_ordinary(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    if not stat.S_ISREG(found.st_mode):
        raise not_ordinary(path)
