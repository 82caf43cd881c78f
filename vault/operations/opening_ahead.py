"""Files opened before their turn, so that the keyless process reads some while we read others.

It is asked for the metadata of several at once: what asking costs, threads that take turns above
all, is then paid once for all of them.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vault.errors import VaultError, mark
from vault.storage.source import FileSource, Found, Skipped, same_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

    from vault.media.metadata import Metadata
    from vault.media.reader import MetadataReader

TOGETHER = 32
"""Files whose metadata are asked for at once; twice as many are open at most."""

TOGETHER_BYTES = 8 << 20
"""No more files join a group that has so many bytes: the first waits for the metadata of all."""


class Opened(NamedTuple):
    """A file that is open, and what the keyless process says of it.

    Attributes:
        found: where it is.
        source: its bytes; it was opened before its metadata were asked for, so that a change
            between is noticed at its end.
        metadata: waits for its metadata, and returns them.
    """

    found: Found
    source: FileSource
    metadata: Callable[[], Metadata]


Refused = tuple[str, VaultError]
"""What is not taken in, and why."""


def opened_ahead(
    found: Iterable[Found | Skipped], reader: MetadataReader, vault_path: str
) -> Generator[Opened | Refused]:
    """Yield files in order; each is closed when the next one is asked for.

    While those of one group are taken in, the next group is open and asked for.

    Args:
        found: by `walk`.
        reader: used from a thread of its own.
        vault_path: the vault's own file, which is refused.
    """
    rest, stopped = iter(found), threading.Event()
    present, coming = _Group(), _Group()
    with ThreadPoolExecutor(1) as asker:
        try:
            while True:
                coming.open(rest, vault_path)
                coming.asked = asker.submit(_ask, reader, coming.paths, stopped)
                for item in present.items:
                    yield item
                    if isinstance(item, Opened):
                        item.source.close()
                if not coming.items:
                    return
                present, coming = coming, _Group()
        finally:
            stopped.set()
            present.close()
            coming.close()


def _ask(reader: MetadataReader, paths: list[str], stopped: threading.Event) -> list[Metadata]:
    """Ask for the metadata of files; for no more of them once nobody waits."""
    answers: list[Metadata] = []
    if stopped.is_set():
        return answers
    with closing(reader.read_all(paths)) as found:
        for metadata in found:
            answers.append(metadata)
            if stopped.is_set():
                break
    return answers


class _Group:
    """Files that are opened, and asked for, together.

    Attributes:
        items: in the order in which they were found.
        paths: of those that are open.
        asked: gives the metadata of these.
    """

    def __init__(self) -> None:
        self.items: list[Opened | Refused] = []
        self.paths: list[str] = []
        self.asked: Future[list[Metadata]] | None = None

    def open(self, found: Iterator[Found | Skipped], vault_path: str) -> None:
        """Open the next files, as many as go together."""
        size = 0
        while len(self.items) < TOGETHER and size < TOGETHER_BYTES:
            item = next(found, None)
            if item is None:
                return
            opened = self._open(item, vault_path)
            self.items.append(opened)
            size += opened.source.size if isinstance(opened, Opened) else 0

    def _open(self, item: Found | Skipped, vault_path: str) -> Opened | Refused:
        if isinstance(item, Skipped):
            return item.path, item.why
        try:
            source = FileSource(item.path, follow=item.named)
        except VaultError as error:
            return item.path, error
        if same_file(item.path, vault_path):
            source.close()
            return item.path, VaultError(mark("{path} is the vault itself."), path=item.path)
        self.paths.append(item.path)
        return Opened(item, source, partial(self._metadata, len(self.paths) - 1))

    def _metadata(self, place: int) -> Metadata:
        if self.asked is None:
            raise RuntimeError(place)
        return self.asked.result()[place]

    def close(self) -> None:
        """Close them; some may be closed already."""
        for item in self.items:
            if isinstance(item, Opened):
                item.source.close()
