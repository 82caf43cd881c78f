"""Processes that never outlive the one that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PR_SET_PDEATHSIG = 1


class Ending:
    """Whether this process was told to end, whatever became of the exception that said so."""

    told = False

    @classmethod
    def tell(cls, *_signal: object) -> None:
        cls.told = True
        sys.exit(1)


def end_with_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """Have Linux send a signal to this process when its parent ends; SIGTERM tidies up first.

    Args:
        parent: number of the process that started this one; it may have ended by now.
        number: the signal.
    """
    if sys.platform != "linux":
        return
    if number == signal.SIGTERM:
        signal.signal(signal.SIGTERM, Ending.tell)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)


def start(work: Callable[[], None], told: Path) -> int:
    """Start work in a process made by fork, and return its number at once.

    Args:
        work: what it does.
        told: where it says why it failed, if it does.
    """
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        end_with_parent(parent, signal.SIGKILL)
        work()
        code = 0
    except BaseException:  # noqa: BLE001  whatever it is, the parent tells it
        told.write_text(traceback.format_exc(limit=-4))
    finally:
        os._exit(code)


def end_of(child: int) -> int:
    """Wait for a process; return its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
