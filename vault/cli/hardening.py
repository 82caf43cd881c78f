"""Keep the memory of this process out of files: no core dump, no tracing by other processes.

Best effort: a system that refuses is left as it is, since `--help` has to work everywhere.
The super-user, a debugger that started the program, and the swap file are not kept out.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_PR_SET_DUMPABLE = 4  # linux/prctl.h
_PT_DENY_ATTACH = 31  # sys/ptrace.h of macOS
# SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX: no dialogue that stores a report of a crash.
_SEM_SILENT = 0x0001 | 0x0002


def harden() -> None:
    """Set the limits of this process; programs that it starts have to do it for themselves."""
    import ctypes

    if sys.platform == "win32":
        with suppress(OSError):
            ctypes.windll.kernel32.SetErrorMode(_SEM_SILENT)
    else:
        import resource

        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError, AttributeError):
            system = ctypes.CDLL(None)
            if sys.platform == "linux":
                system.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
            elif sys.platform == "darwin":
                system.ptrace(_PT_DENY_ATTACH, 0, 0, 0)


def end_in_order() -> None:
    """Let a shutdown and a closed window do what Ctrl-C does: temporary files are removed."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal.Signals, name, None)
        # What whoever started the program had ignored, as nohup does, stays so.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
