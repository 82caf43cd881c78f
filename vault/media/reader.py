"""The parent's side: ask the keyless process for the metadata of a file."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from vault.media import protocol
from vault.media.child import Child, default_command
from vault.media.media_type import HEAD
from vault.media.metadata import PROBLEMS, Metadata
from vault.media.protocol import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

MAX_BYTES: Final = protocol.LIMITS[protocol.BYTES]
"""Largest content for `read_bytes`: 64 MiB. Of larger ones only the type is found."""

FILES_PER_CHILD: Final = 1024
"""After so many files a fresh process is taken: what one file left behind ends there."""

# After these the child's own state is in doubt.
_DOUBTFUL: Final = frozenset({PROBLEMS["memory"], PROBLEMS["time"]})


def _fits(place: bytes) -> bool:
    """Whether a path can be asked about: none that opens on this system is longer."""
    return len(place) <= protocol.LIMITS[protocol.PATH]


class MetadataReader:
    """Reads metadata in another process; nothing that happens there is raised here.

    The process is started with the first file, serves many, and is replaced when it crashed,
    took too long or too much memory. Use it as a context manager, from one thread.

    Args:
        time_limit: seconds for one file.
        start_limit: seconds for the process to come up, on a slow disk.
        command: program and arguments of the process, for tests.
    """

    def __init__(
        self,
        *,
        time_limit: float = 10.0,
        start_limit: float = 30.0,
        command: Sequence[str] | None = None,
    ) -> None:
        self._time_limit = time_limit
        self._start_limit = start_limit
        self._command = command
        self._child: Child | None = None
        self._served = 0  # files that it answered
        self._due = 0  # files that it was asked for and has not answered

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, path: str | os.PathLike[str]) -> Metadata:
        """Metadata of a regular file, which the other process opens for reading.

        Args:
            path: relative ones belong to this process's current folder.

        Returns:
            What was found; `problem` says why it is not more.
        """
        [found] = self.read_all([path])
        return found

    def read_all(self, paths: Sequence[str | os.PathLike[str]]) -> Generator[Metadata]:
        """Metadata of several files, which are asked for at once: see `read`.

        Each is given as soon as it is there. Take all, or close the iterator before anything else
        is read: the process then ends.
        """
        # A Path loses bytes of names.
        places = [os.fsencode(os.path.abspath(path)) for path in paths]  # noqa: PTH100
        left = [place for place in places if _fits(place)]
        try:
            for place in places:
                if not _fits(place):
                    yield Metadata(problem=PROBLEMS["unreadable"])
                    continue
                found = self._next(protocol.PATH, left)
                yield self._with_type(found, protocol.TYPE_OF_PATH, left.pop(0))
        finally:
            if self._due:  # an answer that comes later would be taken for another file's
                self._drop()

    def read_bytes(self, content: bytes) -> Metadata:
        """Metadata of a file that has no path, such as standard input.

        Args:
            content: the whole file; of more than 64 MiB only the type is found.

        Returns:
            What was found; `problem` says why it is not more.
        """
        if len(content) <= MAX_BYTES:
            found = self._next(protocol.BYTES, [content])
            return self._with_type(found, protocol.TYPE_OF_BYTES, content[:HEAD])
        found = self._next(protocol.TYPE_OF_BYTES, [content[:HEAD]])
        return found if found.problem else replace(found, problem=PROBLEMS["too-large"])

    def close(self) -> None:
        """End the process; the next file starts another one."""
        if self._child:
            self._child.leave()
            self._child = None
        self._due = self._served = 0

    def _with_type(self, found: Metadata, kind: bytes, start: bytes) -> Metadata:
        """Look at the first bytes for the type at least, where a child ended with the file."""
        if found.problem in {PROBLEMS["crash"], PROBLEMS["time"]} and not found.fields:
            again = self._next(kind, [start])
            return replace(found, media_type=again.media_type)
        return found

    def _next(self, kind: bytes, payloads: Sequence[bytes]) -> Metadata:
        """Return the answer to the first of these requests; if none is sent, all are now."""
        try:
            child = self._living_child()
            if not self._due:
                self._due = min(len(payloads), FILES_PER_CHILD - self._served)
                child.send(kind, payloads[: self._due])
            found = child.answer(self._time_limit)
        except (OSError, ProtocolError) as error:
            self._drop()
            late = isinstance(error, TimeoutError)
            return Metadata(problem=PROBLEMS["time" if late else "crash"])
        self._due -= 1
        self._served += 1
        if found.problem in _DOUBTFUL or self._served >= FILES_PER_CHILD:
            self._drop()
        return found

    def _living_child(self) -> Child:
        if self._child is None:
            self._child = Child(self._command or default_command())
            # The first question is cheap and waits longer: Python has to come up.
            self._child.send(protocol.TYPE_OF_BYTES, [b""])
            self._child.answer(self._start_limit)
        return self._child

    def _drop(self) -> None:
        """End the process; what it was still asked for, the next one is asked."""
        self._due = self._served = 0
        if self._child:
            self._child.kill()
            self._child = None
