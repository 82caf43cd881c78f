"""Landlock: Linux itself refuses this process whatever would change a file, for good.

Since Linux 5.13, where the system was set up with it. Reading files and folders stays as it was:
the file in question and what the parsers load late lie anywhere. Native code is held as Python
is. Numbers and structures: `linux/landlock.h` and landlock(7).
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

_CREATE_RULESET: Final = 444
_RESTRICT_SELF: Final = 446
_ONLY_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION
_NO_LOG: Final = 1  # LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF

# Old architectures that number their system calls in their own way.
_OTHER_NUMBERS: Final = ("alpha", "mips")

_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
"""Version of the interface: rights on files that it knows, a bit each, from the lowest.

1: execute, write, read, remove and make; 2: move and link between folders; 3: truncate;
5: commands to devices.
"""

_CONNECTIONS: Final = (4, 0b11)
"""First version, and bits: bind and connect over TCP."""

_SCOPES: Final = (6, 0b11)
"""First version, and bits: abstract Unix sockets and signals, to processes outside."""

_QUIET_SINCE: Final = 7


class _Ruleset(ctypes.Structure):
    """`struct landlock_ruleset_attr`; older kernels take its unknown end if it is zero."""

    _fields_ = (
        ("files", ctypes.c_uint64),
        ("connections", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


def refuse_changes(libc: ctypes.CDLL, machine: str) -> int:
    """Give up every right on files but reading; TCP, signals to others and so on where known.

    Holds for this thread and those that it starts; call it while there is no other. The process
    must have given up new privileges.

    Args:
        libc: the C library of this process.
        machine: as uname(2) has it.

    Returns:
        The version of the interface in force, of which more is no harm; 0 where there is none.
    """
    if machine.startswith(_OTHER_NUMBERS):
        return 0
    version = _call(libc, _CREATE_RULESET, None, 0, _ONLY_VERSION)
    if version < 1:
        return 0
    known = max(bits for since, bits in _FILE_RIGHTS.items() if since <= version)
    rules = _Ruleset(
        files=((1 << known) - 1) & ~(_READ_FILE | _READ_FOLDER),
        connections=_since(version, *_CONNECTIONS),
        scopes=_since(version, *_SCOPES),
    )
    descriptor = _call(libc, _CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    if descriptor < 0:
        return 0
    # The system's log would keep the paths of what was refused.
    refused = _call(libc, _RESTRICT_SELF, descriptor, _since(version, _QUIET_SINCE, _NO_LOG))
    os.close(descriptor)
    return 0 if refused else version


def _since(version: int, first: int, bits: int) -> int:
    return bits if version >= first else 0


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    # What is passed beyond named arguments has the width of a register.
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return int(libc.syscall(ctypes.c_long(number), *wide))
