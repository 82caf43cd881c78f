"""A filter of system calls (seccomp): Linux refuses this process all but reading, for good.

On x86-64 and AArch64. It holds native code as well as Python, with or without Landlock: no file is
opened for writing, none made, changed, moved or removed; no sockets, no other process, no
program, no signal or limit but for itself. What is refused says EPERM, or ENOSYS for calls
newer than 5.0. See seccomp(2) and `linux/filter.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from typing import Final

from vault.media.system_calls import ALLOWED, CHECKED, NUMBERED_ALIKE

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine: column of the tables, and AUDIT_ARCH_* of `linux/audit.h`."""

# struct seccomp_data; of an argument the lower half, which is all that these calls look at.
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16

# Instructions of the classic BPF.
_LOAD: Final = 0x20
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_IF_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS

_WRITING: Final = 0o3103
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_APPEND, alike on both. O_TMPFILE needs one of them."""

_THREAD: Final = 0x10000  # CLONE_THREAD

_VALUES: Final = {
    # To know whether a file is a terminal; FIOCLEX and its reverse.
    "ioctl": (1, (0x5401, 0x5450, 0x5451)),
    # Duplicates and flags; neither locks nor owners, to whom signals go.
    "fcntl": (1, (0, 1, 2, 3, 4, 1030)),
    "prctl": (0, (15,)),  # PR_SET_NAME, of a thread
    "prlimit64": (0, (0,)),  # of itself
}
"""Call: position of the argument that decides, and its values that are allowed."""

_SET_SECCOMP: Final = 22  # PR_SET_SECCOMP
_BY_FILTER: Final = 2  # SECCOMP_MODE_FILTER


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_calls(libc: ctypes.CDLL, machine: str) -> bool:
    """Give up all system calls but those in the tables.

    Holds for this thread and those that it starts; call it while there is no other. The process
    must have given up new privileges.

    Args:
        libc: the C library of this process.
        machine: as uname(2) has it.

    Returns:
        Whether the filter is in force: not on other architectures, nor in a process of 32 bits.
    """
    if machine not in _ARCHITECTURES or sys.maxsize <= 1 << 32:
        return False
    code = program(machine, os.getpid())
    wanted = _Program(len(code) // 8, code)
    zero = ctypes.c_ulong(0)
    mode = ctypes.c_ulong(_BY_FILTER)
    return bool(libc.prctl(_SET_SECCOMP, mode, ctypes.byref(wanted), zero, zero) == 0)


def program(machine: str, process: int) -> bytes:
    """The filter, in instructions of eight bytes.

    Args:
        machine: `x86_64` or `aarch64`.
        process: the number of this process, to which alone signals may go.
    """
    column, architecture = _ARCHITECTURES[machine]
    code = [
        _step(_LOAD, _ARCHITECTURE),
        # Another instruction set, such as that of 32 bits, numbers its calls otherwise.
        _step(_IF_EQUAL, architecture, then=1),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, _NUMBER),
        # So are the calls of x32, which have a high bit.
        _step(_IF_AT_LEAST, NUMBERED_ALIKE, otherwise=1),
        _step(_RETURN, _UNKNOWN),
    ]
    for numbers in ALLOWED.values():
        number = numbers[column]
        if number is not None:
            code += [_step(_IF_EQUAL, number, otherwise=1), _step(_RETURN, _ALLOW)]
    for name, numbers in CHECKED.items():
        number = numbers[column]
        if number is not None:
            check = _check(name, process)
            code += [_step(_IF_EQUAL, number, otherwise=len(check)), *check]
    code.append(_step(_RETURN, _REFUSE))
    return b"".join(code)


def _check(name: str, process: int) -> list[bytes]:
    """Instructions that decide about one call."""
    if name in {"open", "openat"}:
        return _bits(1 if name == "open" else 2, _WRITING, found=_REFUSE, absent=_ALLOW)
    if name == "clone":
        return _bits(0, _THREAD, found=_ALLOW, absent=_REFUSE)
    # The end of a process by abort() is a signal to itself.
    position, values = _VALUES.get(name, (0, (process,)))
    check = [_step(_LOAD, _ARGUMENTS + 8 * position)]
    for value in values:
        check += [_step(_IF_EQUAL, value, otherwise=1), _step(_RETURN, _ALLOW)]
    return [*check, _step(_RETURN, _REFUSE)]


def _bits(position: int, bits: int, *, found: int, absent: int) -> list[bytes]:
    return [
        _step(_LOAD, _ARGUMENTS + 8 * position),
        _step(_IF_ANY_BIT, bits, otherwise=1),
        _step(_RETURN, found),
        _step(_RETURN, absent),
    ]


def _step(operation: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """`struct sock_filter`: operation, steps to skip where it holds and where not, and a value."""
    return struct.pack("=HBBI", operation, then, otherwise, value)
