"""The index and the stream behind it: opened together, changed together, staged together.

Reading goes through `_ask`, changing through `_change`. Both notice an index that is
damaged, rebuild it from the records in memory, and try again; the rebuilt pages are stored
by the next `flush`. Threads take turns: one call ends before the next begins.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import apsw

from vault.catalog.database import Database, IndexDamaged
from vault.catalog.indexing import Indexer
from vault.catalog.records import ERASED, MAX_RECORD, Record
from vault.catalog.rows import blob_in, number_in, record_from
from vault.catalog.schema import VERSIONS
from vault.catalog.store import RECORD, BlockStore
from vault.catalog.stream import Draft, RecordStream, Scan
from vault.container.volume import FULL_HINT
from vault.errors import ContainerFull, Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vault.catalog.body_reader import Content
    from vault.catalog.schema import Version
    from vault.crypto.entropy import Random

MAX_BLOCKS = 1 << 32
"""Blocks of a stream; the map of a hostile volume may name any number."""

PORTION = 500
"""Rows that one question brings: between two, the budget of SQLite begins anew."""

T = TypeVar("T")


class NewRecord(NamedTuple):
    """A record that is to be appended.

    Attributes:
        kind: one of `vault.catalog.bodies`.
        body: its bytes.
        content: what these very bytes say.
    """

    kind: int
    body: bytes
    content: Content


class Index:
    """One volume's records and the database over them.

    Args:
        store: the volume.
        random: what SQLite draws its random numbers from.
        from_records: leave the stored index alone and rebuild it: for a volume that
            somebody else can write.
        versions: the schema's history; another one only in tests.

    Attributes:
        rebuilt: the stored index could not be used; what is read comes from the records.
        refused: records that made no sense when the index was rebuilt.

    Raises:
        Damaged: neither an index nor a single record can be read.
    """

    def __init__(
        self,
        store: BlockStore,
        *,
        random: Random,
        from_records: bool = False,
        versions: Sequence[Version] = VERSIONS,
    ) -> None:
        self._store = store
        self._random = random
        self._versions = versions
        self._stream = RecordStream(store)
        self._database: Database | None = None
        self.rebuilt = False
        self.refused = 0
        # A connection serves one thread at a time, and what it reads must not change meanwhile.
        self._lock = threading.RLock()
        self._open(from_records=from_records)

    # Opening

    def _open(self, *, from_records: bool) -> None:
        if not from_records:
            try:
                self._database = Database(
                    self._store, self._random, fresh=False, versions=self._versions
                )
                self._resume()
                return
            except (apsw.Error, IndexDamaged):
                self._close_database()
        self._rebuild()
        if self._stream.blocks == 0:
            self.close()
            raise Damaged(mark("This volume holds no catalog."))

    def _resume(self) -> None:
        """Find the end of the stream through the index.

        Raises:
            IndexDamaged: the stream goes on where the index ends: it is of another state.
        """
        following, blocks = self._end(self._db)
        self._stream.resume(blocks, following)
        tail = self._stream.tail
        if self._store.has(RECORD, 0, blocks) or (tail and tail.following != following):
            raise IndexDamaged

    @staticmethod
    def _end(db: apsw.Connection) -> tuple[int, int]:
        """Return the number of the next record, and of the next block, as the index knows them."""
        newest = number_in(db.execute("SELECT max(number) FROM records").get or 0)
        last = db.execute(
            'SELECT max("end") FROM records WHERE block = (SELECT max(block) FROM records)'
        ).get
        end = 0 if last is None else number_in(last) + 1
        lost = db.execute("SELECT last, blocks FROM lost ORDER BY first DESC LIMIT 1").fetchone()
        if lost is not None:
            newest, end = max(newest, number_in(lost[0])), max(end, number_in(lost[1]))
        if end > MAX_BLOCKS:
            raise IndexDamaged
        return newest + 1, end

    @property
    def _db(self) -> apsw.Connection:
        if self._database is None:
            raise Damaged(mark("The catalog is closed."))
        return self._database.connection

    def _rebuild(self) -> None:
        """Make an index in memory from all records that can be read."""
        self._close_database()
        self._database = Database(self._store, self._random, fresh=True, versions=self._versions)
        self._database.allow(unlimited=True)
        db = self._database.connection
        stored = (n for n in self._store.numbers(RECORD, 0) if n < MAX_BLOCKS)
        numbers = sorted({*stored, *self._stream.waiting_numbers()})
        scan = Scan(self._stream, numbers, self._store.payload)
        with db:
            indexer = Indexer(db)
            indexer.keep(scan.records())
            self.refused = indexer.index(_kept(db))
            following = max(scan.following, self._stream.following)
            db.executemany(
                "INSERT INTO lost (first, last, blocks) VALUES (?, ?, ?)",
                [(first, last, scan.blocks) for first, last in _gaps(db, following)],
            )
        self._stream.resume(scan.blocks, following)
        self.rebuilt = True

    def _was_rebuilt(self) -> bool:
        """Tell whether the index had to be made anew; any question may have found it damaged."""
        return self.rebuilt

    def reload(self) -> None:
        """Forget everything not staged and begin again from the store.

        After a failed commit: first let the container forget what is staged, then call this.
        """
        with self._lock:
            self._close_database()
            self._stream.forget()
            self._stream = RecordStream(self._store)
            self.rebuilt = False
            self.refused = 0
            self._open(from_records=False)

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def close(self) -> None:
        """Close the database; what was not staged is forgotten."""
        with self._lock:
            self._close_database()
            self._stream.forget()

    # Reading and changing

    def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        """Read from the index, or from one rebuilt, if it is damaged.

        Raises:
            Damaged: not even the rebuilt index answers.
        """
        with self._lock:
            try:
                self._allow()
                return question(self._db)
            except (apsw.Error, IndexDamaged):
                self._rebuild()
            try:
                return question(self._db)
            except (apsw.Error, IndexDamaged) as error:
                raise Damaged(mark("The catalog cannot be read.")) from error

    def _allow(self) -> None:
        if self._database is not None:
            # What was rebuilt here is this program's own work, and may take its time.
            self._database.allow(unlimited=self.rebuilt)

    def _change(self, work: Callable[[apsw.Connection, Draft], T]) -> T:
        """Change index and stream together, or neither.

        Args:
            work: is given the database, in a transaction, and a draft of the stream.
        """
        with self._lock:

            def attempt(db: apsw.Connection) -> tuple[T, Draft]:
                draft = self._stream.draft()
                # As a context manager a connection is a transaction: rolled back on any exception.
                with db:
                    result = work(db, draft)
                return result, draft

            result, draft = self._ask(attempt)
            self._stream.adopt(draft)
            return result

    def _append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Append records and index them."""

        def work(db: apsw.Connection, draft: Draft) -> None:
            self._write(db, draft, bodies)

        self._change(work)

    @staticmethod
    def _write(db: apsw.Connection, draft: Draft, bodies: Sequence[tuple[int, bytes]]) -> None:
        records = [draft.append(kind, body) for kind, body in bodies]
        indexer = Indexer(db)
        indexer.keep(records)
        indexer.index((r.number, r.kind, r.body) for r in records)

    @staticmethod
    def _write_read(db: apsw.Connection, draft: Draft, news: Sequence[NewRecord]) -> None:
        """Append records whose bodies were read already, and index them."""
        records = [draft.append(new.kind, new.body) for new in news]
        indexer = Indexer(db)
        indexer.keep(records)
        indexer.index_read((r.number, n.content) for r, n in zip(records, news, strict=True))

    def _erase(self, db: apsw.Connection, draft: Draft, numbers: Sequence[int]) -> None:
        """Take the bytes of records out of the stream and of the index's copy."""
        for number in numbers:
            record = self._record(db, number)
            if record is not None and record.kind != ERASED:
                record = self._restored(db, draft, record)
                draft.remove(record, leave_mark=True)
                db.execute(
                    "UPDATE records SET kind = ?, block = \"end\", body = x'' WHERE number = ?",
                    (ERASED, number),
                )

    def _restored(self, db: apsw.Connection, draft: Draft, record: Record) -> Record:
        """Return a record with its place, moved to where its blocks can be read."""
        lost = [n for n in range(record.block, record.end + 1) if not draft.is_readable(n)]
        if not lost:
            return record
        self._restore_blocks(db, draft, lost)
        return self._record(db, record.number) or record

    def _restore_blocks(self, db: apsw.Connection, draft: Draft, lost: Sequence[int]) -> int:
        """Write the records of unreadable blocks anew, from the index's copy of them.

        Returns:
            How many records there were.
        """
        span = MAX_RECORD // (self._store.payload // 2) + 2
        records: dict[int, Record] = {}
        for block in lost:
            rows = db.execute(
                'SELECT number, kind, body, block, "end" FROM records'
                ' WHERE block BETWEEN ? AND ? AND "end" >= ? ORDER BY number',
                (block - span, block, block),
            )
            records |= {record.number: record for record in map(record_from, rows)}
        for block in lost:
            draft.clear(block)
        for record in records.values():
            draft.remove(record, leave_mark=False)
        for record in records.values():
            moved = draft.restore(record)
            db.execute(
                'UPDATE records SET block = ?, "end" = ? WHERE number = ?',
                (moved.block, moved.end, moved.number),
            )
        return len(records)

    @staticmethod
    def _record(db: apsw.Connection, number: int) -> Record | None:
        row = db.execute(
            'SELECT number, kind, body, block, "end" FROM records WHERE number = ?', (number,)
        ).fetchone()
        return None if row is None else record_from(row)

    # Staging

    def unsaved_blocks(self) -> int:
        """Return how many blocks the next commit has to carry, as far as is known."""
        with self._lock:
            pages = 0 if self._database is None else len(self._database.file.waiting_numbers())
            return pages + len(self._stream.waiting_numbers()) + self._store.pending_blocks()

    def flush(self) -> bool:
        """Stage everything that was changed. It lasts after the container's next commit.

        Records come whole in one commit, after the files' blocks that are staged before them.

        Returns:
            True when everything is staged. False when it does not fit into one commit, as
            after rebuilding a large index: commit and call again, until it is True; then
            commit once more. A crash between leaves an index that is rebuilt again.

        Raises:
            ContainerFull: no room, or more records than one commit can carry. Let the
                container forget what is staged, and `reload`.
        """
        with self._lock:
            if self._database is None:
                raise Damaged(mark("The catalog is closed."))
            records = len(self._stream.waiting_numbers())
            limit, staged = self._store.batch_limit(), self._store.pending_blocks()
            if records > limit:
                raise ContainerFull(
                    mark("This is more than one step can save: {blocks} blocks of {limit}."),
                    blocks=records,
                    limit=limit,
                )
            if staged + records > limit:
                # Files whose entries come with the next commit: until then nothing names them.
                return False
            self._require_room()
            self._stream.stage()
            return self._database.file.stage(limit - staged - records)

    def _require_room(self) -> None:
        """Before the first of several commits: the last must not be the one that does not fit."""
        if self._database is None:
            return
        new = self._database.file.growth()
        new += sum(not self._store.has(RECORD, 0, n) for n in self._stream.waiting_numbers())
        if new > max(0, self._store.room(media=False)):
            raise ContainerFull(
                mark("This volume is full."),
                hint=FULL_HINT,
            )


def _kept(db: apsw.Connection) -> Iterator[tuple[int, int, bytes]]:
    """Return the records in the index's own table, ascending, portion by portion."""
    after = 0
    while True:
        rows = db.execute(
            "SELECT number, kind, body FROM records WHERE number > ? ORDER BY number LIMIT ?",
            (after, PORTION),
        ).fetchall()
        if not rows:
            return
        for number, kind, body in rows:
            after = number_in(number)
            yield after, number_in(kind), blob_in(body)


def _gaps(db: apsw.Connection, following: int) -> list[tuple[int, int]]:
    """Return the runs of record numbers below `following` that no record has."""
    gaps = []
    expected = 1
    for (number,) in db.execute("SELECT number FROM records ORDER BY number"):
        if number > expected:
            gaps.append((expected, number - 1))
        expected = number + 1
    if following > expected:
        gaps.append((expected, following - 1))
    return gaps
