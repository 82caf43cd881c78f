"""Starting and ending the child process, and talking to it over two plain pipes."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from vault.media.protocol import MAX_ANSWER, ProtocolError, encode_request, parse_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.media.metadata import Metadata

_ENTRY: Final = (
    "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; "
    "from vault.media.__main__ import main; main()"
)
_GRACE: Final = 2.0
"""Seconds for the child to leave after its pipe was closed."""


def default_command() -> list[str]:
    """The command line of the child.

    Isolated mode ignores environment, user site and current folder, and with them the way
    to a checkout; so the child gets this process's own import path, as it is, and finds the
    same packages whether they are installed, in a checkout or beside a frozen program.
    """
    root = str(Path(__file__).resolve().parents[2])
    here = str(Path.cwd())
    paths = [path for path in map(str, sys.path) if path and (path == root or path != here)]
    paths = [str(Path(path).absolute()) for path in paths]
    if root not in paths:
        paths.insert(0, root)
    return [sys.executable, "-I", "-B", "-X", "utf8", "-c", _ENTRY, *paths]


def _environment() -> dict[str, str]:
    """Nothing of this process's environment, which may hold secrets."""
    if sys.platform == "win32":
        # Windows cannot load its own libraries without it.
        return {"SYSTEMROOT": os.environ.get("SYSTEMROOT", r"C:\Windows")}
    else:  # noqa: RET505 - only so mypy reads both branches as platforms
        # Without a home Python asks for the user's at its start: through a socket, to nscd.
        return {"HOME": os.sep}


class Child:
    """One process that serves many files, in a session of its own.

    Args:
        command: program and arguments; neither carries anything of the vault.

    Raises:
        OSError: the system cannot start it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
            env=_environment(),
            # Not the current folder: a stick that is someone's current folder stays removable.
            cwd=os.path.abspath(os.sep),  # noqa: PTH100 - the root, of the present drive on Windows
            # A session of its own: no terminal, no Ctrl-C, and one number to end it all by.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._talks: list[threading.Thread] = []
        # Answers that are there already are read at once.
        self._incoming = io.BufferedReader(cast("io.RawIOBase", self._process.stdout))
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, kind: bytes, payloads: Sequence[bytes]) -> None:
        """Send requests, as soon as the child takes them; `answer` gives what comes of each.

        All that were sent before must have been answered.

        Args:
            kind: of the requests, see `protocol`.
            payloads: paths or contents.

        Raises:
            ProtocolError: one is too long for its kind; nothing was sent.
        """
        requests = b"".join(encode_request(kind, payload) for payload in payloads)
        # Pipes cannot be waited for with a time limit on every system; threads can. Two, for the
        # child may not take a request before somebody takes its answer.
        self._talks = []
        for work, words in ((self._send, (requests,)), (self._take_answers, (len(payloads),))):
            talk = threading.Thread(target=work, args=words, daemon=True)
            talk.start()
            self._talks.append(talk)  # one that could not be started is not waited for

    def answer(self, seconds: float) -> Metadata:
        """Return the next answer, in the order of the requests.

        Args:
            seconds: after which the child is ended.

        Raises:
            TimeoutError: it did not answer in time, and was ended.
            ProtocolError: it stopped, or said something else; the caller ends it.
        """
        try:
            raw = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            raise TimeoutError from None
        if raw is None:
            raise ProtocolError
        return parse_answer(raw)

    def _take_answers(self, count: int) -> None:
        """Take as many answers as were asked for, and none more."""
        # A closed pipe, on either side, ends the talk; whoever waits sees that nothing came.
        with contextlib.suppress(OSError, ValueError, ProtocolError):
            for _ in range(count):
                length = int.from_bytes(self._receive(4), "big")
                if length > MAX_ANSWER:
                    break
                self._answers.put(self._receive(length))
            else:
                return
        self._answers.put(None)

    def _send(self, data: bytes) -> None:
        pipe = self._process.stdin
        rest = memoryview(data)
        with contextlib.suppress(OSError, ValueError):
            while pipe and rest:
                rest = rest[pipe.write(rest) or 0 :]

    def _receive(self, length: int) -> bytes:
        data = self._incoming.read(length)
        if len(data) < length:
            raise ProtocolError
        return data

    def leave(self) -> None:
        """Let it end by itself, and end it when it does not."""
        if any(talk.is_alive() for talk in self._talks):  # it answers what it does not read
            self.kill()
            return
        if self._process.stdin:
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        self.kill()

    def kill(self) -> None:
        """End it and everything that it started, at once."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            # The session keeps its number until its last process is gone.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for talk in self._talks:  # nobody may use the numbers of descriptors that are closed now
            talk.join(_GRACE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
