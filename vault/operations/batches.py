"""What one commit carries of the files that are brought in: buffers that are used in turn.

Fresh memory costs the system more than hashing what is read into it: a buffer of a whole batch
is made once, and used again when what it held is in the container.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.store import MEDIA

if TYPE_CHECKING:
    from vault.container.volume import Volume

BATCH_BYTES = 64 << 20
"""Content that one commit carries: enough to make its two fsyncs small beside the writing."""

CATALOG_BLOCKS = 96
"""Blocks that a commit is expected to need for catalog and records besides the files'."""


def batch_blocks(volume: Volume) -> int:
    """Return the blocks of files that one commit carries.

    As many rows as `BATCH_BYTES` fill, less what catalog and records take; in a small container
    a part of what one commit can carry.
    """
    rows = max(1, BATCH_BYTES // (volume.row_blocks * volume.payload))
    limit = min(rows * volume.row_blocks, volume.batch_limit())
    return max(1, limit - CATALOG_BLOCKS, limit // 2)


class _Run(NamedTuple):
    """Bytes of one file that follow each other: all blocks but the last are full.

    Attributes:
        object_id: the file's object.
        first: number of the first block within it.
        content: where the bytes stand.
        start: first block of the buffer that they fill.
    """

    object_id: int
    first: int
    content: memoryview
    start: int


class Batch:
    """A buffer of blocks, and which file's they are.

    Attributes:
        used: blocks that are filled.
    """

    def __init__(self, volume: Volume, blocks: int) -> None:
        self._volume = volume
        self._blocks = blocks
        self._buffer: memoryview | None = None
        self._runs: list[_Run] = []
        self.used = 0

    def space(self, blocks: int) -> memoryview:
        """Return room for so many blocks, at most all that are free."""
        payload = self._volume.payload
        if self._buffer is None:  # nothing is touched before it is needed
            self._buffer = memoryview(bytearray(self._blocks * payload))
        return self._buffer[self.used * payload : (self.used + blocks) * payload]

    def take(self, object_id: int, first: int, content: memoryview) -> None:
        """Keep what was read into `space` as blocks of a file, from number `first` on."""
        if content:
            self._runs.append(_Run(object_id, first, content, self.used))
            self.used += -(-len(content) // self._volume.payload)

    def forget(self, object_id: int) -> None:
        """Take back the file that came last."""
        while self._runs and self._runs[-1].object_id == object_id:
            self.used = self._runs.pop().start

    def stage(self) -> None:
        """Stage everything in the volume; the buffer stays as it is until that is committed."""
        for run in self._runs:
            self._volume.put_run(MEDIA, run.object_id, run.first, run.content)

    def clear(self) -> None:
        """Be empty again."""
        self._runs = []
        self.used = 0
