"""What the child gives up before it reads a byte of anyone's file.

Linux refuses it, and with it native code that a file might have taken over: whatever changes
files (`landlock`, since Linux 5.13), and all system calls but those for reading (`seccomp`, on
x86-64 and AArch64): no writing, no sockets, no other process, no program, no signal to the parent.
Either alone keeps files from being written and programs from being run. Only the filter refuses
all sockets, forking, locks, and changes of rights, times and other processes' limits; only
Landlock, on every system, the memory of the parent. Reading stays open, and with it every file
that this user may read; what was read can go nowhere but into the answer.

Linux and macOS limit memory, processor time, core files, the size of files and descriptors; on
Linux the child gives up new privileges and is not looked into by others. On every system an audit
hook refuses sockets, processes and writing, but only to Python code. The parent adds what only
it can: no environment, no terminal, no inherited descriptor, and an end after a time.

On macOS and Windows native code that takes over the child can do what the user can: write to
the vault's file, connect, start programs. Windows limits neither memory nor processor time; there
the parent's time limit is all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MEMORY: Final = 1 << 30
"""Address space of the child, in bytes."""

DESCRIPTORS: Final = 32

SECONDS: Final = 8
"""For one file, after which the child itself gives up and says what it has."""

PROCESSOR_SECONDS: Final = 15
"""Of processor time for one file, after which the system ends the child."""

LIFETIME_SECONDS: Final = 3600
"""Of processor time for all files of one child."""

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38

_FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.startfile",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pty.spawn",
    "shutil.",
    "tempfile.",
    "webbrowser.",
    "winreg.",
)
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class TimeIsUp(BaseException):
    """One file took too long; not an Exception, so that no parser swallows it."""


class Confinement(NamedTuple):
    """What of the system's own means is in force: also against native code."""

    landlock: int = 0
    """The version of Landlock that the kernel has; 0 for none.

    From 1 on files cannot be opened for writing, made, moved or removed, nor the parent's memory
    be read; from 3 on not truncated; from 4 on no TCP, from 6 on no signals to others.
    """

    seccomp: bool = False
    """Whether the filter of system calls holds: the same on every kernel, but for that memory."""


def confine() -> Confinement:
    """Give up everything that reading metadata does not need; for good.

    Before any second thread: what Linux enforces is for this thread and those after it.

    Returns:
        What the system enforces. Where that is little, reading goes on nevertheless; who wants to
        tell people calls this in a process of its own.
    """
    if sys.platform != "win32":
        _limit_resources()
    # pypdf would load it for encrypted files; the keyless process has no use for ciphers.
    sys.modules["cryptography"] = None  # type: ignore[assignment]
    sys.addaudithook(_refuse)
    if sys.platform == "linux":
        return _by_the_kernel()
    else:  # noqa: RET505 - only so mypy reads both branches as platforms
        return Confinement()


@contextlib.contextmanager
def time_for_one_file() -> Iterator[None]:
    """Raise TimeIsUp in the body after `SECONDS`, and limit its processor time.

    Code inside a library written in C is not interrupted; the parent ends that.
    """
    if sys.platform != "win32":
        _start_clock()
    try:
        yield
    finally:
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeIsUp


if sys.platform != "win32":

    def _start_clock() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        _lower(resource.RLIMIT_CPU, spent + PROCESSOR_SECONDS, LIFETIME_SECONDS)
        signal.signal(signal.SIGALRM, _time_is_up)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)

    def _limit_resources() -> None:
        _lower(resource.RLIMIT_AS, MEMORY, MEMORY)
        _lower(resource.RLIMIT_CORE, 0, 0)
        _lower(resource.RLIMIT_FSIZE, 0, 0)
        _lower(resource.RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)

    def _lower(kind: int, soft: int, hard: int) -> None:
        """Set a limit, but never above what is in force already."""
        _, present = resource.getrlimit(kind)
        if present != resource.RLIM_INFINITY:
            soft, hard = min(soft, present), min(hard, present)
        # macOS refuses some; the parent's time limit remains.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (soft, hard))


if sys.platform == "linux":

    def _by_the_kernel() -> Confinement:
        # A Python may lack ctypes, or the means to find its own C library.
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes  # noqa: PLC0415 - Linux only

            from vault.media import landlock, seccomp  # noqa: PLC0415 - they need ctypes

            libc = ctypes.CDLL(None)
            libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
            machine = os.uname().machine
            # The filter comes last: it lets no further rules in.
            version = landlock.refuse_changes(libc, machine)
            return Confinement(version, seccomp.filter_calls(libc, machine))
        return Confinement()


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        _, mode, flags = arguments
        writing = isinstance(flags, int) and flags & _WRITING
        if writing or (isinstance(mode, str) and not set(mode).isdisjoint("wax+")):
            raise PermissionError
    elif event.startswith(_FORBIDDEN):
        raise PermissionError
