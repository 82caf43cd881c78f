"""The person's own terminal, for questions and secrets, whatever the streams are tied to.

POSIX: /dev/tty with ECHO off; Windows: the console's own input and output. Where there is none,
there is no one to ask: nothing here ever falls back to standard input.
"""

from __future__ import annotations

import os
import sys
from typing import Protocol

from vault.errors import VaultError, mark

LONGEST_LINE = 4096
"""Bytes of one answer; the line discipline of most systems takes no more either."""


class Terminal(Protocol):
    """A person who reads and types."""

    def write(self, text: str) -> None:
        """Show a text as it is; it has to be safe already."""
        ...

    def read_line(self, *, secret: bool) -> str:
        """Return what is typed up to Enter, without it; a secret is not shown.

        Raises:
            EOFError: the person ended the input instead.
            VaultError: what was typed is too long or no text.
        """
        ...

    def wait(self, seconds: float) -> bool:
        """Return whether something is typed before so many seconds have passed."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def too_long() -> VaultError:
    """Return the error for an answer beyond `LONGEST_LINE`."""
    return VaultError(
        mark("What was entered is too long: {limit} bytes at most."),
        hint=mark("Enter it again; if it was pasted, look at what was copied."),
        limit=LONGEST_LINE,
    )


def decoded(raw: bytes) -> str:
    """Return an answer as text.

    Raises:
        VaultError: longer than `LONGEST_LINE` bytes, or not UTF-8.
    """
    if len(raw) >= LONGEST_LINE:
        raise too_long()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise VaultError(
            mark("What was entered is not text in UTF-8."),
            hint=mark("Enter it again, on a terminal or from a file in UTF-8."),
        ) from None


if sys.platform == "win32":
    import msvcrt
    import time

    _POLL = 0.1

    class ConsoleTerminal:
        """The console of Windows."""

        def __init__(self) -> None:
            self._out = open("CONOUT$", "w", encoding="utf-8")  # noqa: SIM115, PTH123 closed by close
            self._in = open("CONIN$", encoding="utf-8")  # noqa: SIM115, PTH123 closed by close

        def write(self, text: str) -> None:
            """Show a text as it is."""
            self._out.write(text)
            self._out.flush()

        def read_line(self, *, secret: bool) -> str:
            """Return what is typed up to Enter."""
            return self._read_secret() if secret else self._read_shown()

        def _read_shown(self) -> str:
            line = self._in.readline(LONGEST_LINE)
            if not line:
                raise EOFError
            return line.rstrip("\r\n")

        def _read_secret(self) -> str:
            typed: list[str] = []
            while (key := msvcrt.getwch()) not in {"\r", "\n"}:
                if key == "\x03":
                    raise KeyboardInterrupt
                if key == "\x1a":
                    raise EOFError
                if key == "\b":
                    del typed[-1:]
                elif key in {"\x00", "\xe0"}:
                    msvcrt.getwch()  # the second half of a function or arrow key
                elif len(typed) >= LONGEST_LINE:
                    raise too_long()
                else:
                    typed.append(key)
            self.write("\n")
            # Characters beyond the first plane arrive as two halves.
            return "".join(typed).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

        def wait(self, seconds: float) -> bool:
            """Return whether a key is pressed before so many seconds have passed."""
            end = time.monotonic() + seconds
            while not msvcrt.kbhit():
                if time.monotonic() >= end:
                    return False
                time.sleep(_POLL)
            return True

        def close(self) -> None:
            """Let go of the console."""
            self._in.close()
            self._out.close()

    def open_terminal() -> Terminal | None:
        """Return the console, or None where the process has none."""
        try:
            return ConsoleTerminal()
        except OSError:
            return None

else:
    import select
    import termios

    class TtyTerminal:
        """A terminal of POSIX systems.

        Args:
            descriptor: of a terminal, open for reading and writing; closed by `close`.
        """

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor

        def write(self, text: str) -> None:
            """Show a text as it is."""
            left = text.encode("utf-8", "backslashreplace")
            while left:
                left = left[os.write(self._descriptor, left) :]

        def read_line(self, *, secret: bool) -> str:
            """Return what is typed up to Enter."""
            return decoded(self._unechoed() if secret else self._typed())

        def _unechoed(self) -> bytes:
            before = termios.tcgetattr(self._descriptor)
            silent = termios.tcgetattr(self._descriptor)
            silent[3] &= ~termios.ECHO
            # FLUSH both times: what was typed ahead is no answer, and the further lines of a
            # paste must not reach the shell, which would keep them in its history.
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, silent)
            try:
                return self._typed()
            finally:
                termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, before)
                self.write("\n")

        def _typed(self) -> bytes:
            line = b""
            while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                piece = os.read(self._descriptor, LONGEST_LINE)
                if not piece:
                    if not line:
                        raise EOFError
                    break
                line += piece
            return line.rstrip(b"\r\n")

        def wait(self, seconds: float) -> bool:
            """Return whether a line is typed before so many seconds have passed."""
            ready, _, _ = select.select([self._descriptor], [], [], seconds)
            return bool(ready)

        def close(self) -> None:
            """Let go of the terminal."""
            os.close(self._descriptor)

    def open_terminal() -> Terminal | None:
        """Return the controlling terminal, or None where the process has none."""
        try:
            return TtyTerminal(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
        except OSError:
            return None
