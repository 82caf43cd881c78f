"""Reading every block of a volume once: which open, and what the files hash to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.records import parse_block
from vault.catalog.store import MEDIA, RECORD
from vault.container.reading_ahead import ReadingAhead, all_runs
from vault.crypto.hashes import Sha256, sha256
from vault.errors import MalformedRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.catalog.store import BlockId
    from vault.container.reading_ahead import Opened
    from vault.container.volume import Volume


class FileRead(NamedTuple):
    """A file as its blocks have it.

    Attributes:
        sha256: 32 bytes.
        size: bytes.
    """

    sha256: bytes
    size: int


EMPTY_FILE = FileRead(sha256(), 0)
"""A file that has no blocks."""


@dataclass
class Blocks:
    """What reading them all showed.

    Attributes:
        read: how many there are.
        damaged: those that cannot be read, or hold no records where records should stand.
        files: per object of the namespace `media` that has blocks.
    """

    read: int = 0
    damaged: set[BlockId] = field(default_factory=set)
    files: dict[int, FileRead] = field(default_factory=dict)


def read_blocks(volume: Volume, progress: Callable[[int, int | None], None]) -> Blocks:
    """Read, open and hash everything that a volume holds.

    Args:
        volume: open; what is staged and not committed is not looked at.
        progress: called now and then, with bytes read and bytes in all.
    """
    return _Reading(volume).run(progress)


class _Reading:
    """Takes run after run: those of one object come together, and in order."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._blocks = Blocks()
        self._object = -1
        self._digest = Sha256()
        self._size = 0

    def run(self, progress: Callable[[int, int | None], None]) -> Blocks:
        total = len(self._volume.where) * self._volume.payload
        reading = ReadingAhead(self._volume, all_runs(self._volume), self._take)
        reading.read(lambda done: progress(done, total))
        self._finish()
        return self._blocks

    def _take(self, opened: Opened) -> None:
        namespace, object_id = opened.run.namespace, opened.run.object_id
        blocks, payload = self._blocks, self._volume.payload
        blocks.read += opened.run.blocks
        blocks.damaged.update((namespace, object_id, number) for number in opened.damaged)
        if namespace == MEDIA:
            if object_id != self._object:
                self._finish()
                self._object = object_id
            for part in opened.joined(payload):
                self._digest.update(part)
                self._size += len(part)
        elif namespace == RECORD:
            for number, content in opened.payloads(payload):
                try:
                    parse_block(bytes(content))
                except MalformedRecord:
                    blocks.damaged.add((namespace, object_id, number))

    def _finish(self) -> None:
        if self._object >= 0:
            self._blocks.files[self._object] = FileRead(self._digest.digest(), self._size)
        self._digest, self._size = Sha256(), 0
