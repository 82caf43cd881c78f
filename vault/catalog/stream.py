"""The stream of records as a whole: appending, taking out, and reading all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.catalog.records import (
    ERASED,
    FRAGMENT_HEADER,
    MAX_RECORD,
    Fragment,
    Record,
    RecordBlock,
    parse_block,
)
from vault.catalog.store import RECORD, BlockStore
from vault.encoding.refusal import malformed
from vault.errors import Damaged, MalformedRecord, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_HOLES = 4096
"""Missing blocks that are listed one by one."""

_SMALLEST_PIECE = 64
"""A record that does not fit is begun in the tail block only if so many bytes of it fit there."""


class RecordStream:
    """The blocks of one volume's stream: reads them, and holds back what is written.

    Args:
        store: the volume.
    """

    def __init__(self, store: BlockStore) -> None:
        self._store = store
        self._pending: dict[int, bytes] = {}
        self._replaced: frozenset[int] = frozenset()
        self._tail: RecordBlock | None = None
        self.blocks = 0
        self.following = 1

    def resume(self, blocks: int, following: int) -> None:
        """Go on where the stream ends.

        Args:
            blocks: how many blocks it has; the last one is filled up if it can be read.
            following: number of the next record.
        """
        self.blocks = blocks
        self.following = following
        self._tail = None
        if blocks:
            try:
                self._tail = self.read(blocks - 1)
            except Damaged:
                return

    @property
    def tail(self) -> RecordBlock | None:
        """The last block; `None` if there is none or it cannot be read."""
        return self._tail

    def waiting_numbers(self) -> frozenset[int]:
        """Return the blocks written and not yet staged."""
        return frozenset(self._pending)

    def read(self, number: int) -> RecordBlock:
        """Read one block.

        Raises:
            Damaged: it is absent, unreadable, or no block of records.
        """
        raw = self._pending.get(number)
        if raw is None:
            raw = self._store.get(RECORD, 0, number)
        try:
            return parse_block(raw)
        except MalformedRecord as error:
            raise Damaged(mark("Block {number} holds no records."), number=number) from error

    def draft(self) -> Draft:
        """Begin a change that is seen by nobody until `adopt`."""
        return Draft(self, self._store.payload, self.blocks, self.following, self._tail)

    def adopt(self, draft: Draft) -> None:
        """Make a draft's changes the stream's own."""
        for number, block in draft.changed.items():
            self._pending[number] = block.encode()
        self.blocks, self.following, self._tail = draft.blocks, draft.following, draft.tail

    def replace(self, draft: Draft, numbers: Iterable[int]) -> None:
        """Make a draft the whole stream; see `adopt`.

        Args:
            draft: begun in a stream without blocks.
            numbers: blocks that the store has. Those behind the new end go together with what
                is staged, not before: until then a commit leaves the old stream whole.
        """
        self.adopt(draft)
        self._replaced = frozenset(number for number in numbers if number >= self.blocks)

    def stage(self) -> None:
        """Put what is written into the store.

        Raises:
            ContainerFull: there is no room; what was put until then stays staged.
        """
        for number in self._replaced:
            if number >= self.blocks:  # it may have grown since
                self._store.drop(RECORD, 0, number)
        for number in sorted(self._pending):
            self._store.put(RECORD, 0, number, self._pending[number])
        self.forget()

    def forget(self) -> None:
        """Drop what was written and not yet staged."""
        self._pending.clear()
        self._replaced = frozenset()


@dataclass
class Draft:
    """Changes to a stream: blocks as they will be.

    Args:
        stream: where unchanged blocks are read.
        payload: bytes of a block.
        blocks: how many blocks there are.
        following: number of the next record.
        tail: the last block.
    """

    stream: RecordStream
    payload: int
    blocks: int
    following: int
    tail: RecordBlock | None
    changed: dict[int, RecordBlock] = field(default_factory=dict)

    def append(self, kind: int, body: bytes) -> Record:
        """Append a new record.

        Raises:
            MalformedRecord: it is larger than 17 MiB.
        """
        number = self.following
        self.following += 1
        return self.restore(Record(number, kind, body))

    def restore(self, record: Record) -> Record:
        """Append a record under the number that it had.

        Returns:
            The record with the place where it stands now.

        Raises:
            MalformedRecord: it is larger than 17 MiB.
        """
        if len(record.body) > MAX_RECORD:
            raise malformed(mark("A record of more than {maximum} bytes."), maximum=MAX_RECORD)
        body, at, index = record.body, 0, 0
        block = self._tail_with_room(len(body))
        while True:
            tail = self.tail or RecordBlock(self.following)
            room = self.payload - tail.size - FRAGMENT_HEADER.size
            piece = body[at : at + room]
            at += len(piece)
            fragment = Fragment(record.number, record.kind, index, at == len(body), piece)
            self.tail = tail.followed_by(fragment, self.following)
            self.changed[self.blocks - 1] = self.tail
            if fragment.last:
                return Record(record.number, record.kind, record.body, block, self.blocks - 1)
            index += 1
            self._open_block()

    def _tail_with_room(self, size: int) -> int:
        room = -1
        if self.tail is not None:
            room = self.payload - self.tail.size - FRAGMENT_HEADER.size
        if room < min(size, _SMALLEST_PIECE):
            self._open_block()
        return self.blocks - 1

    def _open_block(self) -> None:
        self.blocks += 1
        self.tail = RecordBlock(self.following)
        self.changed[self.blocks - 1] = self.tail

    def remove(self, record: Record, *, leave_mark: bool) -> None:
        """Take every fragment of a record out of its blocks.

        Args:
            record: with its place.
            leave_mark: leave the number in the last of its blocks: erased is told from lost.

        Raises:
            Damaged: one of its blocks cannot be read; `clear` it first.
        """
        mark_left = Fragment(record.number, ERASED, 0, last=True, body=b"")
        for at in range(record.block, record.end + 1):
            block = self._block(at)
            # The mark takes the place of the last piece: what is begun in a block stays its end.
            marks = (mark_left,) if leave_mark and at == record.end else ()
            kept = [
                piece
                for found in block.fragments
                for piece in (marks if found.number == record.number else (found,))
            ]
            self._replace(at, RecordBlock(block.following, tuple(kept)))

    def clear(self, number: int) -> None:
        """Make an empty block of one that cannot be read."""
        self._replace(number, RecordBlock(self.following))

    def is_readable(self, number: int) -> bool:
        """Whether a block can be read."""
        try:
            self._block(number)
        except Damaged:
            return False
        return True

    def _replace(self, number: int, block: RecordBlock) -> None:
        self.changed[number] = block
        if number == self.blocks - 1:
            self.tail = block

    def _block(self, number: int) -> RecordBlock:
        if number in self.changed:
            return self.changed[number]
        return self.stream.read(number)


@dataclass
class _Begun:
    """A record whose last piece has not come yet."""

    number: int
    kind: int
    block: int
    body: bytearray
    end: int

    def continues(self, piece: Fragment, block: int) -> bool:
        """Whether `piece` in `block` is the next of this record and does not make it too large."""
        return (
            self.number == piece.number
            and self.kind == piece.kind
            and self.end == block - 1
            and piece.index == block - self.block
            and len(self.body) + len(piece.body) <= MAX_RECORD
        )


@dataclass
class Scan:
    """Reads a whole stream and notes what is missing.

    Args:
        stream: what to read; only `read` is used.
        numbers: the blocks that the store knows, ascending.
        payload: bytes of a block.

    Attributes:
        lost: blocks that cannot be read; complete when `records` has come to its end.
        following: number of the next record; likewise.
    """

    stream: RecordStream
    numbers: list[int]
    payload: int
    lost: list[int] = field(default_factory=list)
    following: int = 1

    @property
    def blocks(self) -> int:
        """How many blocks the stream has, lost ones counted."""
        return self.numbers[-1] + 1 if self.numbers else 0

    def records(self) -> Iterator[Record]:
        """Return the whole records; one with a missing, doubled or oversized piece is left out."""
        begun: _Begun | None = None
        for number, block in self._readable():
            for piece in block.fragments:
                if piece.index == 0 and piece.last:
                    yield Record(piece.number, piece.kind, piece.body, number, number)
                    continue
                if piece.index == 0:
                    begun = _Begun(piece.number, piece.kind, number, bytearray(piece.body), number)
                elif begun is not None and begun.continues(piece, number):
                    begun.body += piece.body
                    begun.end = number
                else:
                    continue
                if piece.last:
                    yield Record(begun.number, begun.kind, bytes(begun.body), begun.block, number)
                    begun = None

    def _readable(self) -> Iterator[tuple[int, RecordBlock]]:
        trailing = 0
        expected = 0
        for number in self.numbers:
            # A hostile map may name blocks far apart: not all holes are walked through.
            room = max(0, MAX_HOLES - len(self.lost))
            missing = range(expected, min(number, expected + room))
            self.lost.extend(missing)
            trailing += len(missing)
            expected = number + 1
            try:
                block = self.stream.read(number)
            except Damaged:
                self.lost.append(number)
                trailing += 1
                continue
            trailing = 0
            self.following = max(self.following, block.following)
            yield number, block
        # So many records at most began in the blocks lost at the end: their numbers are not
        # given again.
        self.following += trailing * (self.payload // FRAGMENT_HEADER.size)
