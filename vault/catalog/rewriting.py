"""Writing all records of a volume anew: numbered from 1, without marks of what was erased."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vault.catalog.database import Database
from vault.catalog.index import PORTION, Index
from vault.catalog.indexing import Indexer
from vault.catalog.records import ERASED
from vault.catalog.rows import blob_in, number_in
from vault.catalog.store import RECORD
from vault.catalog.stream import RecordStream
from vault.errors import ContainerFull, Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

NEWEST_KIND = 9
"""What records of a higher kind mean is known to newer programs only."""


class Rewriting(Index):
    """Replaces the whole stream, and the index with it; files stay where they are."""

    def records(self) -> Iterator[tuple[int, bytes]]:
        """Yield kind and body of every record that was not erased, in their order.

        Raises:
            Damaged: records are lost, or not all are understood: what is written anew from
                here would not be the same.
        """

        def question(db: apsw.Connection) -> bool:
            lost = db.execute("SELECT 1 FROM lost LIMIT 1").get
            newer = db.execute("SELECT 1 FROM records WHERE kind > ?", (NEWEST_KIND,)).get
            return lost is None and newer is None

        if not self._ask(question) or self.refused:
            raise Damaged(
                mark("Not all records of this volume can be read, or are understood."),
                hint=mark("Run: amanat check"),
            )
        after = 0
        while portion := self._ask(partial(_records_after, after)):
            for after, kind, body in portion:  # noqa: B007 # the next portion begins behind it
                if kind != ERASED:
                    yield kind, body

    def rewrite(self, bodies: Iterable[tuple[int, bytes]]) -> None:
        """Put these records in the place of all that are there; `flush` stages all of it at once.

        Args:
            bodies: kind and body; taken whole before anything is changed.

        Raises:
            ContainerFull: they are more than one commit can carry.
        """
        with self._lock:
            stream = RecordStream(self._store)
            draft = stream.draft()
            records = [draft.append(kind, body) for kind, body in bodies]
            if draft.blocks > self._store.batch_limit():
                raise ContainerFull(
                    mark("This is more than one step can save: {blocks} blocks of {limit}."),
                    blocks=draft.blocks,
                    limit=self._store.batch_limit(),
                )
            stream.replace(draft, self._store.numbers(RECORD, 0))
            database = Database(self._store, self._random, fresh=True, versions=self._versions)
            database.allow(unlimited=True)
            with database.connection as connection:
                indexer = Indexer(connection)
                indexer.keep(records)
                self.refused = indexer.index((r.number, r.kind, r.body) for r in records)
            self._close_database()
            self._database, self._stream = database, stream


def _records_after(after: int, db: apsw.Connection) -> list[tuple[int, int, bytes]]:
    rows = db.execute(
        "SELECT number, kind, body FROM records WHERE number > ? ORDER BY number LIMIT ?",
        (after, PORTION),
    )
    return [(number_in(number), number_in(kind), blob_in(body)) for number, kind, body in rows]
