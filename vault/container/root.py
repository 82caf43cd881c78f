"""Roots: what a volume says of itself in every row it is written in.

docs/format/container.md, "Roots". root = fixed part 64 ‖ summary 17·n ‖ table S·(24 + ⌈n/8⌉),
cut into payloads of sealed blocks, at the first positions of the share and again at the last.
Fixed part: format version 1, level 1, zero 6, epoch of the row 8, commit id 16, counter 8,
commit number 8, zero 16. Summary: 17-byte name per position, zeros where nothing is live.
Table: per row epoch 8, commit id 16, bitmap of live positions (bit i of byte ⌊i/8⌋, least
significant first).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vault.container.cell import LIMIT
from vault.container.geometry import COMMIT_ID_SIZE, NAME_SIZE, ROOT_FIXED, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vault.container.geometry import Geometry, Share

_FIXED = struct.Struct(">BB6xQ16sQQ16x")
_ROW = struct.Struct(">Q16s")
_ZEROS = bytes(16)


@dataclass(slots=True)
class Row:
    """What a volume knows of one row of the ring.

    Attributes:
        epoch: number of the last row write there that included this volume.
        commit_id: id of that commit, 16 bytes.
        live: bit i is set when position i holds a live block.
    """

    epoch: int
    commit_id: bytes
    live: int = 0

    @property
    def count(self) -> int:
        """Live blocks of this row."""
        return self.live.bit_count()


class RootHead(NamedTuple):
    """The part of a root that concerns its own row.

    Attributes:
        epoch: number of the row write.
        commit_id: 16 bytes.
        counter: commits that included this volume.
        commit: commit number, n.
        summary: 17·n bytes of names.
    """

    epoch: int
    commit_id: bytes
    counter: int
    commit: int
    summary: bytes


@dataclass(frozen=True)
class Root:
    """A whole root."""

    head: RootHead
    table: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> list[int]:
        """Epochs of all rows of its commit; none, if somebody made the table otherwise."""
        return [row.epoch for row in self.table if row.commit_id == self.head.commit_id]

    @property
    def last(self) -> int:
        """Epoch of the last row of its commit."""
        return max(self.rows, default=self.head.epoch)

    def never_finished(self, heads: Iterable[RootHead]) -> bool:
        """Tell whether a row of its commit bears an older root, or one of what came instead.

        No damage brings an older one back, and before all rows are durable no cell is written.

        Args:
            heads: of all roots of the level.
        """
        size = len(self.table)
        due = {epoch % size: epoch for epoch in self.rows}
        return any(
            head.epoch < due[head.epoch % size]
            or (head.epoch == due[head.epoch % size] and head.commit_id != self.head.commit_id)
            for head in heads
            if head.epoch % size in due
        )


def encode_table(table: Sequence[Row], share: Share) -> bytes:
    """Return the S·(24 + ⌈n/8⌉) bytes of the table, the same in all roots of a commit."""
    width = -(-share.blocks // 8)
    return b"".join(
        _ROW.pack(row.epoch, row.commit_id) + row.live.to_bytes(width, "little") for row in table
    )


def encode_root(head: RootHead, level: int, table: bytes) -> bytes:
    """Return the bytes of a root, not yet cut into payloads."""
    fixed = _FIXED.pack(VERSION, level, head.epoch, head.commit_id, head.counter, head.commit)
    return fixed + head.summary + table


def head_size(share: Share) -> int:
    """Bytes of a root before its table."""
    return ROOT_FIXED + NAME_SIZE * share.blocks


def parse_head(data: bytes, share: Share) -> RootHead | None:
    """Read the fixed part and the summary; `None` if they break a rule of the format."""
    if len(data) < head_size(share):
        return None
    version, level, epoch, commit_id, counter, commit = _FIXED.unpack_from(data)
    if (version, level) != (VERSION, share.level) or max(epoch, counter, commit) >= LIMIT:
        return None
    if data[2:8] != _ZEROS[:6] or data[48:ROOT_FIXED] != _ZEROS:
        return None
    return RootHead(epoch, commit_id, counter, commit, data[ROOT_FIXED : head_size(share)])


def parse_table(data: bytes, geometry: Geometry, share: Share) -> list[Row] | None:
    """Read the table; `None` if a row number, a bit or the padding is impossible."""
    width = -(-share.blocks // 8)
    size = geometry.rows * (_ROW.size + width)
    start = head_size(share)
    if len(data) < start + size or any(data[start + size :]):
        return None
    allowed = ((1 << share.data) - 1) << share.root
    table = []
    for index in range(geometry.rows):
        at = start + index * (_ROW.size + width)
        epoch, commit_id = _ROW.unpack_from(data, at)
        live = int.from_bytes(data[at + _ROW.size : at + _ROW.size + width], "little")
        if epoch >= LIMIT or epoch % geometry.rows != index or live & ~allowed:
            return None
        table.append(Row(epoch, commit_id, live))
    return table


def empty_table(geometry: Geometry) -> list[Row]:
    """Return the table of a volume that holds nothing, as if written at creation."""
    return [Row(index, bytes(COMMIT_ID_SIZE)) for index in range(geometry.rows)]
