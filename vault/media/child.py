"""Starting and ending the child process, and talking to it over two plain pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

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

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, kind: bytes, payload: bytes, seconds: float) -> Metadata:
        """One request and its answer.

        Args:
            kind: of the request, see `protocol`.
            payload: path or content.
            seconds: after which the child is ended.

        Raises:
            TimeoutError: it did not answer in time, and was ended.
            ProtocolError: it stopped, or said something else; the caller ends it.
        """
        answers: list[bytes] = []
        # Pipes cannot be waited for with a time limit on every system; threads can.
        talk = threading.Thread(
            target=self._talk, args=(encode_request(kind, payload), answers), daemon=True
        )
        talk.start()
        talk.join(seconds)
        if talk.is_alive():
            self.kill()
            talk.join(_GRACE)
            raise TimeoutError
        if not answers:
            raise ProtocolError
        return parse_answer(answers[0])

    def _talk(self, request: bytes, answers: list[bytes]) -> None:
        # A closed pipe, on either side, ends the talk; the caller sees that nothing came.
        with contextlib.suppress(OSError, ValueError, ProtocolError):
            self._send(request)
            length = int.from_bytes(self._receive(4), "big")
            if length <= MAX_ANSWER:
                answers.append(self._receive(length))

    def _send(self, data: bytes) -> None:
        pipe = self._process.stdin
        rest = memoryview(data)
        while pipe and rest:
            rest = rest[pipe.write(rest) or 0 :]

    def _receive(self, length: int) -> bytes:
        pipe = self._process.stdout
        data = bytearray()
        while pipe and len(data) < length:
            part = pipe.read(length - len(data))
            if not part:
                raise ProtocolError
            data += part
        return bytes(data)

    def leave(self) -> None:
        """Let it end by itself, and end it when it does not."""
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
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
