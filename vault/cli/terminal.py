"""The person's own terminal, for questions and secrets, whatever the streams are tied to.

POSIX: /dev/tty with ECHO off; Windows: the console's own input and output. Where there is none,
there is no one to ask: nothing here ever falls back to standard input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol

from vault.errors import VaultError, mark

LONGEST_LINE = 4096
"""Bytes of one answer; the line discipline of most systems takes no more either."""


class Terminal(Protocol):
    """A person who reads and types."""

    def write(self, text: str) -> None:
        """Show a text as it is; it has to be safe already."""
        ...

    def read_line(self, question: str, *, secret: bool, seconds: float | None = None) -> str:
        """Ask, and return what is typed up to Enter, without it.

        Args:
            question: shown first, as it is; whoever sees it may type.
            secret: what is typed is not shown; what was typed before the question is no answer.
            seconds: how long one may take for a secret, where there is an end to it.

        Raises:
            Left: nothing was typed for so many seconds.
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


class Left(BaseException):
    """Nobody is there any more: too long a silence, or the system ends the program.

    No `Exception`: a command that is waiting for an answer ends with the prompt around it.
    """


class Attended:
    """A terminal whose person is there; too long a silence says that she is not.

    Args:
        inner: the terminal.
        seconds: how long one may take for a line.
    """

    def __init__(self, inner: Terminal, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    def write(self, text: str) -> None:
        """Show a text as it is."""
        self._inner.write(text)

    def read_line(self, question: str, *, secret: bool, seconds: float | None = None) -> str:
        """Ask, and return what is typed up to Enter.

        Raises:
            Left: nothing was, for too long.
        """
        if secret:  # waited for inside: here it would be echoed meanwhile
            return self._inner.read_line(question, secret=True, seconds=seconds or self._seconds)
        self._inner.write(question)
        if not self._inner.wait(self._seconds):
            raise Left
        return self._inner.read_line("", secret=False)

    def wait(self, seconds: float) -> bool:
        """Return whether something is typed before so many seconds have passed."""
        return self._inner.wait(seconds)

    def close(self) -> None:
        """Let go of it."""
        self._inner.close()


_OWN_SCREEN = "\x1b[?1049h\x1b[2J\x1b[H"
# Cleared before it is left, with what some terminals keep of it to be scrolled back to.
_LEAVE_SCREEN = "\x1b[2J\x1b[3J\x1b[H\x1b[?1049l"


def has_screens(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal knows the escapes for a screen of one's own."""
    return environ.get("TERM") != "dumb"


@contextmanager
def own_screen(terminal: Terminal, environ: Mapping[str, str]) -> Iterator[None]:
    """Show what follows on a screen of its own, of which nothing stays.

    Args:
        terminal: where.
        environ: the environment's variables; a terminal without escapes is left as it is.
    """
    if not has_screens(environ):
        yield
        return
    try:
        terminal.write(_OWN_SCREEN)
        yield
    finally:
        with suppress(OSError):  # the terminal may be gone
            terminal.write(_LEAVE_SCREEN)


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
    import ctypes
    import msvcrt
    import time

    _POLL = 0.1
    _ENABLE_ESCAPES = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING, consoleapi.h

    class ConsoleTerminal:
        """The console of Windows."""

        def __init__(self) -> None:
            self._out = open("CONOUT$", "w", encoding="utf-8")  # noqa: SIM115, PTH123 closed by close
            self._in = open("CONIN$", encoding="utf-8")  # noqa: SIM115, PTH123 closed by close
            kernel, mode = ctypes.windll.kernel32, ctypes.c_uint32()
            handle = ctypes.c_void_p(msvcrt.get_osfhandle(self._out.fileno()))
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                kernel.SetConsoleMode(handle, mode.value | _ENABLE_ESCAPES)

        def write(self, text: str) -> None:
            """Show a text as it is."""
            self._out.write(text)
            self._out.flush()

        def read_line(self, question: str, *, secret: bool, seconds: float | None = None) -> str:
            """Ask, and return what is typed up to Enter."""
            self.write(question)
            if secret and seconds is not None and not self.wait(seconds):
                raise Left
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
    import signal
    import termios
    import time

    @contextmanager
    def _signals_wake() -> Iterator[int]:
        """Give a descriptor that can be read once a signal has come.

        Python runs a handler between two of its instructions. A signal that comes after the last
        of them and before the system call that waits would be met only with the next key.
        """
        woken, wake = os.pipe()  # os.pipe2 is not on macOS
        os.set_blocking(wake, False)
        before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(before)
            os.close(woken)
            os.close(wake)

    class TtyTerminal:
        """A terminal of POSIX systems, to be used from the main thread: signals come there.

        Args:
            descriptor: of a terminal, open for reading and writing, by nobody else: it is set to
                answer at once. Closed by `close`.
        """

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor
            os.set_blocking(descriptor, False)

        def write(self, text: str) -> None:
            """Show a text as it is."""
            left = text.encode("utf-8", "backslashreplace")
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:  # stopped by Ctrl-S, or slow
                    self._await(writing=True)

        def read_line(self, question: str, *, secret: bool, seconds: float | None = None) -> str:
            """Ask, and return what is typed up to Enter."""
            if secret:
                return decoded(self._unechoed(question, seconds))
            self.write(question)
            return decoded(self._typed())

        def _unechoed(self, question: str, seconds: float | None) -> bytes:
            before = termios.tcgetattr(self._descriptor)
            silent = termios.tcgetattr(self._descriptor)
            silent[3] &= ~termios.ECHO
            # FLUSH both times: what was typed ahead is no answer, and the further lines of a
            # paste must not reach the shell, which would keep them in its history.
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, silent)
            try:
                self.write(question)
                if seconds is not None and not self.wait(seconds):
                    raise Left
                return self._typed()
            finally:
                termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, before)
                self.write("\n")

        def _typed(self) -> bytes:
            line = b""
            while not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                self._await()
                try:
                    piece = os.read(self._descriptor, LONGEST_LINE)
                except BlockingIOError:  # Ctrl-C took back what was typed
                    continue
                if not piece:
                    if not line:
                        raise EOFError
                    break
                line += piece
            return line.rstrip(b"\r\n")

        def wait(self, seconds: float) -> bool:
            """Return whether a line is typed before so many seconds have passed."""
            return self._await(seconds)

        def _await(self, seconds: float | None = None, *, writing: bool = False) -> bool:
            """Wait until the terminal gives or takes something; signals are met meanwhile."""
            end = None if seconds is None else time.monotonic() + seconds
            reading = [] if writing else [self._descriptor]
            with _signals_wake() as woken:
                while True:
                    left = None if end is None else max(0.0, end - time.monotonic())
                    got, takes, _ = select.select(
                        [*reading, woken], [self._descriptor] if writing else [], [], left
                    )
                    if self._descriptor in (*got, *takes) or not got:
                        return bool(got or takes)
                    os.read(woken, select.PIPE_BUF)  # its handler ran, and let it go on

        def close(self) -> None:
            """Let go of the terminal."""
            os.close(self._descriptor)

    def open_terminal() -> Terminal | None:
        """Return the controlling terminal, or None where the process has none."""
        try:
            return TtyTerminal(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
        except OSError:
            return None
