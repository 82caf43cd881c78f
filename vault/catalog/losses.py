"""What is lost, named by entry, and the copying back of what is lost on one side only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from vault.catalog.bodies import Extent
from vault.catalog.comparing import Comparing
from vault.catalog.database import IndexDamaged
from vault.catalog.index import PORTION
from vault.catalog.media import MAX_CHUNKS
from vault.catalog.rows import media_from, number_in, text_in
from vault.catalog.store import MEDIA, PAGE, RECORD, BlockId
from vault.catalog.writing import Writing
from vault.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    import apsw

    from vault.catalog.stream import Draft

MAX_GAPS = 10_000
"""Gaps that are looked at one by one: no honest volume has so many."""


@dataclass(frozen=True)
class EntryLoss:
    """What one entry lost.

    Args:
        origin: its log.
        seq: its number.
        leaf: the leaf itself; the entry is not listed any more.
        fields: fields may be lost: records after the leaf are.
        chunks: blocks of its file that are lost.
    """

    origin: str
    seq: int
    leaf: bool = False
    fields: bool = False
    chunks: int = 0


@dataclass(frozen=True)
class Losses:
    """What a volume lost.

    Args:
        entries: those that lost something, by log and number.
        records: how many records at most are in no readable block and not in the index.
        end: entries may have followed the last one known.
        record_blocks: unreadable blocks of the stream; `repair` writes anew what the index has.
        pages: unreadable pages of the index; it is rebuilt from the records.
    """

    entries: tuple[EntryLoss, ...]
    records: int
    end: bool
    record_blocks: tuple[int, ...]
    pages: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        """Whether nothing that the volume was given is lost."""
        return not (self.entries or self.records or self.end)


class Tally:
    """Collects losses by entry."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], EntryLoss] = {}

    def add(self, loss: EntryLoss) -> None:
        """Add to what an entry lost."""
        key = (loss.origin, loss.seq)
        known = self._found.get(key, EntryLoss(*key))
        self._found[key] = EntryLoss(
            *key,
            leaf=known.leaf or loss.leaf,
            fields=known.fields or loss.fields,
            chunks=known.chunks + loss.chunks,
        )

    def entries(self) -> tuple[EntryLoss, ...]:
        """Return the losses by log and number."""
        return tuple(self._found[key] for key in sorted(self._found))


class LossReport(Writing, Comparing):
    """Compares what should be there with what the store has."""

    _damaged: AbstractSet[BlockId] = frozenset()

    def losses(self, *, read: bool = False, damaged: AbstractSet[BlockId] = frozenset()) -> Losses:
        """Find what is lost.

        Args:
            read: read every block, instead of asking the map whether it is there.
            damaged: blocks that are in the map, and were found to be unreadable.
        """
        self._damaged = damaged
        # First, for a damaged page found here leads to another index.
        pages = tuple(self._unreadable_pages(read=read))
        tally = Tally()
        records = self._lost_records(tally)
        if self._has_settings():
            for seq in self._missing_leaves():
                tally.add(EntryLoss(self.origin, seq, leaf=True))
        for extent in self._extents():
            chunks = self._lost_chunks(extent, read=read)
            if chunks:
                tally.add(EntryLoss(extent.origin, extent.seq, chunks=chunks))
        blocks = tuple(self._unreadable_blocks(read=read))
        end = not self._has_settings() or self.end_is_lost()
        return Losses(tally.entries(), records, end, blocks, pages)

    def needs_rebuilding(self) -> bool:
        """Whether the stored index cannot be read whole, or differs from the records."""
        if self._was_rebuilt() or any(True for _ in self._unreadable_pages(read=True)):
            return True
        return not self.unlike_records().nothing or self._was_rebuilt()

    def repair(self) -> int:
        """Write anew the records of unreadable blocks of which the index has a copy.

        Returns:
            How many records were written.
        """
        self._damaged = frozenset()
        blocks = list(self._unreadable_blocks(read=True))

        def work(db: apsw.Connection, draft: Draft) -> int:
            covered = [block for block in blocks if self._is_covered(db, block)]
            return self._restore_blocks(db, draft, covered)

        return self._change(work) if blocks else 0

    @staticmethod
    def _is_covered(db: apsw.Connection, block: int) -> bool:
        """Whether the index has the records of a block: it was not rebuilt without it."""
        if db.execute("SELECT 1 FROM lost LIMIT 1").get is None:
            return True
        return db.execute("SELECT 1 FROM records WHERE block = ? LIMIT 1", (block,)).get is not None

    def _has_settings(self) -> bool:
        try:
            self._settings()
        except Damaged:
            return False
        return True

    def _unreadable_blocks(self, *, read: bool) -> Iterator[int]:
        waiting = self._stream.waiting_numbers()
        yield from self._absent(RECORD, self._stream.blocks, waiting, read=read)

    def _unreadable_pages(self, *, read: bool) -> Iterator[int]:
        if self._database is not None:
            file = self._database.file
            yield from self._absent(PAGE, file.count, file.waiting_numbers(), read=read)

    def _absent(
        self, namespace: int, count: int, waiting: AbstractSet[int], *, read: bool
    ) -> Iterator[int]:
        """Return the blocks 0 … count − 1 of object 0 that are not there; a bounded number."""
        known = {*self._store.numbers(namespace, 0)}
        # `count` comes out of a block: it is believed as far as the map bears it out.
        for number in range(min(count, len(known) + len(waiting) + MAX_GAPS)):
            if number in waiting:
                continue
            if number not in known or self._is_damaged(namespace, 0, number, read=read):
                yield number

    def _is_damaged(self, namespace: int, object_id: int, number: int, *, read: bool) -> bool:
        """Whether a block that is in the map cannot be read, as far as is known."""
        if (namespace, object_id, number) in self._damaged:
            return True
        return read and not self._is_readable(namespace, object_id, number)

    def _lost_records(self, tally: Tally) -> int:
        """Count lost records, and name the entries whose records they may be."""

        def question(db: apsw.Connection) -> tuple[int, list[EntryLoss]]:
            count, found = 0, []
            gaps = db.execute("SELECT first, last FROM lost LIMIT ?", (MAX_GAPS,)).fetchall()
            for first, last in gaps:
                count += number_in(last) - number_in(first) + 1
                row = db.execute(
                    "SELECT l.origin, e.seq FROM entries e JOIN logs l ON l.id = e.log"
                    " WHERE e.id < ? ORDER BY e.id DESC LIMIT 1",
                    (first,),
                ).fetchone()
                if row is not None:
                    found.append(EntryLoss(text_in(row[0]), number_in(row[1]), fields=True))
            return count, found

        count, found = self._ask(question)
        for loss in found:
            tally.add(loss)
        return count

    def _missing_leaves(self) -> Iterator[int]:
        """Return the numbers of the own log's entries whose leaf is lost."""
        expected, end = 0, self.next_seq(self.origin)
        left = MAX_GAPS
        while expected < end:
            for seq, _ in self._hash_rows(self.origin, expected):
                missing = range(expected, min(seq, expected + left))
                yield from missing
                left -= len(missing)
                expected = seq + 1

    def _extents(self) -> Iterator[Extent]:
        """Return the files of all entries, portion by portion."""
        after = (0, -1)
        while rows := self._ask(partial(_extents_after, after)):
            for after, extent in rows:  # noqa: B007 # the next portion begins behind the last row
                yield extent

    def _lost_chunks(self, extent: Extent, *, read: bool) -> int:
        count = extent.chunks(self._store.payload)
        if count > MAX_CHUNKS:
            return count - len(self._store.numbers(MEDIA, extent.object_id))
        lost = sum(1 for _ in self._store.absent(MEDIA, extent.object_id, count))
        if read or self._damaged:
            lost += sum(
                self._store.has(MEDIA, extent.object_id, number)
                and self._is_damaged(MEDIA, extent.object_id, number, read=read)
                for number in range(count)
            )
        return lost


def _extents_after(
    place: tuple[int, int], db: apsw.Connection
) -> list[tuple[tuple[int, int], Extent]]:
    rows = db.execute(
        "SELECT m.log, m.seq, l.origin, m.object, m.size, m.sha256, m.type"
        " FROM media m JOIN logs l ON l.id = m.log"
        " WHERE (m.log, m.seq) > (?, ?) ORDER BY m.log, m.seq LIMIT ?",
        (*place, PORTION),
    )
    found = []
    for log, seq, origin, *columns in rows:
        media = media_from(columns)
        extent = Extent(
            text_in(origin),
            number_in(seq),
            media.object_id,
            media.size,
            media.sha256,
            media.media_type,
        )
        found.append(((number_in(log), number_in(seq)), extent))
    places = [place, *(found_place for found_place, _ in found)]
    if any(left >= right for left, right in pairwise(places)):
        raise IndexDamaged
    return found
