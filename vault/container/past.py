"""What the file itself tells of its past, and of its near future, to whoever opens a level.

The rows of the ring remember which saves wrote them. Who has a copy of the file and the passphrase
of a volume sees in how many of them that volume stayed as it was; its owner should see it, too.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import block_name
from vault.container.geometry import NAME_SIZE
from vault.crypto.hashes import sha256

if TYPE_CHECKING:
    from vault.container.root import Row
    from vault.container.share_io import ShareReader
    from vault.container.volume import Volume


class Saves(NamedTuple):
    """Saves whose rows the file still has.

    Attributes:
        level: 0, 1 or 2.
        seen: how many include this level; the making of the file is none.
        unchanged: after how many of them the block that was asked for was as before.
    """

    level: int
    seen: int
    unchanged: int


def saves_in_file(volume: Volume, epoch: int, namespace: int, object_id: int, number: int) -> Saves:
    """Go through the rows from the oldest to the newest, watching one block of a level.

    Args:
        volume: open.
        epoch: rows written so far.
        namespace: of a block that every change of the volume writes anew.
        object_id: of that block.
        number: of that block.
    """
    if volume.state is None:
        return Saves(volume.level, 0, 0)
    rows = volume.reader.geometry.rows
    written = sorted(
        (row.epoch, index)
        for index, row in enumerate(volume.state.table)
        if row.epoch == epoch - 1 - (epoch - 1 - index) % rows and row.epoch >= rows
    )
    table, name = volume.state.table, block_name(namespace, object_id, number)
    seen = unchanged = 0
    content = b""
    for _, group in groupby(written, key=lambda one: table[one[1]].commit_id):
        seen += 1
        found = b"".join(_content(volume.reader, table[index], index, name) for _, index in group)
        unchanged += not found or found == content
        content = found or content
    return Saves(volume.level, seen, unchanged)


def _content(reader: ShareReader, known: Row, index: int, name: bytes) -> bytes:
    """Return the SHA-256 of what stands under a name in a row, live or not; empty if nothing."""
    for head in reader.root_heads(index, torn=False):
        names = range(0, len(head.summary), NAME_SIZE)
        for position, at in enumerate(names):
            if head.summary[at : at + NAME_SIZE] == name:
                sealer = reader.keys.block(known.epoch, known.commit_id)
                header = reader.open(reader.read(index, position, 1), index, position, sealer)
                return sha256(reader.content(header)) if header else b""
    return b""


def rows_to_refill(volume: Volume, epoch: int) -> int:
    """Return how many rows, written with this level, bring its reserve to its best.

    Each row written takes along the live blocks that stand nearest ahead, as many as it has room
    for. At its best they stand in as few rows as can hold them, and one.
    """
    if volume.state is None:
        return 0
    geometry, data = volume.reader.geometry, volume.reader.share.data
    size, table = geometry.rows, volume.state.table
    counts = [table[(epoch + ahead) % size].count for ahead in range(size)]
    best = size - 1 - -(-sum(counts) // data)
    written = 0
    taken = _next_in_use(counts, 0)  # rows before it are empty by now, but for those written
    # It ends: each row written is full, or takes the last blocks there are.
    while taken - written < best:
        room = data - counts[written]
        ahead = max(taken, written + 1)
        while room > 0 and ahead < size:
            moved = min(room, counts[ahead])
            counts[ahead] -= moved
            room -= moved
            ahead += not counts[ahead]
        written += 1
        taken = _next_in_use(counts, max(taken, written))
    return written


def _next_in_use(counts: list[int], start: int) -> int:
    """Return the first place from `start` on that is not 0; if there is none, their number."""
    return next((place for place in range(start, len(counts)) if counts[place]), len(counts))
