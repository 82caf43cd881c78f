"""The operating system's lock, on the container itself: no lock file, nothing to go stale.

POSIX: flock(2), which belongs to the open file description and ends with it, also when the
process is killed. Not fcntl(F_SETLK): those locks vanish when any other descriptor of the
same file is closed in the process. Windows: LockFileEx on one byte far beyond the end of the
file, because locks there forbid reading and writing the locked range.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import errno
    import msvcrt
    import os
    from ctypes import wintypes

    _FAIL_IMMEDIATELY = 0x1
    _EXCLUSIVE = 0x2
    _OFFSET_HIGH = 0x40000000  # byte 2⁶²; no container reaches it
    _ERROR_LOCK_VIOLATION = 33
    _ERROR_IO_PENDING = 997

    class _Overlapped(ctypes.Structure):
        """OVERLAPPED of minwinbase.h, of which only the offset matters here."""

        _fields_ = (
            ("internal", ctypes.c_void_p),
            ("internal_high", ctypes.c_void_p),
            ("offset", wintypes.DWORD),
            ("offset_high", wintypes.DWORD),
            ("event", wintypes.HANDLE),
        )

    def lock_descriptor(descriptor: int, *, exclusive: bool) -> None:
        """Take or change the lock; raises BlockingIOError where another process holds it."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(descriptor))
        where = _Overlapped(offset_high=_OFFSET_HIGH)
        # A second lock of one handle conflicts with its first: there is no conversion.
        kernel.UnlockFileEx(handle, 0, 1, 0, ctypes.byref(where))
        flags = _FAIL_IMMEDIATELY | (_EXCLUSIVE if exclusive else 0)
        if not kernel.LockFileEx(handle, flags, 0, 1, 0, ctypes.byref(where)):
            number = ctypes.get_last_error()
            if number in (_ERROR_LOCK_VIOLATION, _ERROR_IO_PENDING):
                raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
            raise ctypes.WinError(number)

else:
    import fcntl

    def lock_descriptor(descriptor: int, *, exclusive: bool) -> None:
        """Take or change the lock; raises BlockingIOError where another process holds it."""
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
