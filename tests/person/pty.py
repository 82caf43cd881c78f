"""A person at a real terminal of 24 lines, in front of the program as a process of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

OWN_SCREEN, LEFT_SCREEN = "\x1b[?1049h", "\x1b[?1049l"

_PATIENCE = 60.0


def start(words, *, folder, idle=300.0, environ=None, **options):
    """Start the program with small vaults in a session of its own."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "person.at_terminal", str(idle), *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, "TERM": "xterm", **(environ or {})},
        start_new_session=True,
        **options,
    )


class Pty:
    """Types and reads.

    Args:
        words: the command.
        folder: where it runs.
        idle: seconds after which the prompt locks.

    Attributes:
        seen: everything that appeared so far.
        process: the program.
    """

    def __init__(self, *words, folder, idle=300.0, **environ):
        self.keyboard, screen = os.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        streams = {"stdin": screen, "stdout": screen, "stderr": screen}
        self.process = start(words, folder=folder, idle=idle, environ=environ, **streams)
        os.close(screen)
        self.seen = ""
        self._told = 0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def type(self, text):
        os.write(self.keyboard, text.encode())

    def until(self, pattern, patience=None):
        """Read until a pattern appears after what was waited for before; return what came."""
        end = time.monotonic() + (patience or _PATIENCE)
        while not (found := re.search(pattern, self.seen[self._told :])):
            assert self._read(end), f"{pattern!r} never came: {self.seen!r}"
        start, self._told = self._told, self._told + found.end()
        return self.seen[start : self._told]

    def answer(self, question, text):
        """Wait for a question and type a line."""
        shown = self.until(question)
        self.type(text + "\n")
        return shown

    def end(self):
        """Read to the end; return the exit code."""
        end = time.monotonic() + _PATIENCE
        while self._read(end):
            pass
        return self.process.wait(_PATIENCE)

    def hang_up(self):
        """Close the window."""
        with contextlib.suppress(OSError):
            os.close(self.keyboard)

    @property
    def left_behind(self):
        """What is on the screen that was there before, once the own one was left."""
        kept = re.sub(r"(?s)\x1b\[\?1049h.*?\x1b\[\?1049l", "", self.seen)
        assert OWN_SCREEN not in kept
        return kept

    def _read(self, end):
        ready, _, _ = select.select([self.keyboard], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"nothing came: {self.seen!r}"
        try:
            piece = os.read(self.keyboard, 65536)
        except OSError:  # EIO: nobody has the other side open
            return False
        self.seen += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(piece)
