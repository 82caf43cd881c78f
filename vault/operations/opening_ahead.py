"""Files opened before their turn, so that the keyless process reads one while we read another."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from vault.errors import VaultError, mark
from vault.storage.source import FileSource, Found, Skipped, same_file

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future

    from vault.media.metadata import Metadata
    from vault.media.reader import MetadataReader

AHEAD = 4
"""Files that are open besides the one being read."""


class Opened(NamedTuple):
    """A file that is open, and what the keyless process says of it.

    Attributes:
        found: where it is.
        source: its bytes; it was opened before its metadata were asked for, so that a change
            between is noticed at its end.
        asked: gives its metadata.
    """

    found: Found
    source: FileSource
    asked: Future[Metadata]


Refused = tuple[str, VaultError]
"""What is not taken in, and why."""


def opened_ahead(
    found: Iterable[Found | Skipped], reader: MetadataReader, vault_path: str
) -> Generator[Opened | Refused]:
    """Yield files in order; each is closed when the next one is asked for.

    Args:
        found: by `walk`.
        reader: used from a thread of its own, one file at a time.
        vault_path: the vault's own file, which is refused.
    """
    waiting: deque[Opened | Refused] = deque()
    with ThreadPoolExecutor(1) as asker:
        try:
            for item in found:
                waiting.append(_open(item, reader, vault_path, asker))
                if len(waiting) > AHEAD:
                    yield from _in_turn(waiting)
            while waiting:
                yield from _in_turn(waiting)
        finally:
            for left in waiting:
                if isinstance(left, Opened):
                    left.asked.cancel()
                    left.source.close()


def _in_turn(waiting: deque[Opened | Refused]) -> Iterator[Opened | Refused]:
    """Yield the one that waits longest, and close it afterwards."""
    item = waiting.popleft()
    if isinstance(item, Opened):
        with closing(item.source):
            yield item
    else:
        yield item


def _open(
    item: Found | Skipped, reader: MetadataReader, vault_path: str, asker: ThreadPoolExecutor
) -> Opened | Refused:
    if isinstance(item, Skipped):
        return item.path, item.why
    try:
        source = FileSource(item.path, follow=item.named)
    except VaultError as error:
        return item.path, error
    try:
        if same_file(item.path, vault_path):
            raise VaultError(mark("{path} is the vault itself."), path=item.path)
        return Opened(item, source, asker.submit(reader.read, item.path))
    except VaultError as error:
        source.close()
        return item.path, error
