"""Putting a damaged catalog in order: each of its two copies makes good what the other lost.

Records stand in the stream and, once more, in the index. Where both are damaged the index is made
anew from the stream, and what the stream lacks is looked for in the pages that can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from vault.catalog import bodies
from vault.catalog.catalog import Catalog
from vault.catalog.database import Database, IndexDamaged
from vault.catalog.records import MAX_FOLLOWING, MAX_KIND, MAX_RECORD, Record
from vault.catalog.rows import blob_in, number_in
from vault.catalog.store import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.catalog.bodies import Settings
    from vault.catalog.store import BlockStore
    from vault.catalog.stream import Draft
    from vault.crypto.entropy import Random

MAX_LOOKED_FOR = 200_000
"""Numbers that are looked for one by one: a hostile stream can leave out any number of them."""

MAX_BROUGHT_BACK = 256 << 20
"""Bytes of records that are brought back at most: all of them stand in memory, several times. In a
hostile index a few pages may serve as the bodies of any number of records."""


class MendedCatalog(Catalog):
    """A catalog that is being rescued; it is staged once, when all is in order."""

    def make_anew(self) -> None:
        """Make the index anew from the records, those that were just put in order as well."""
        with self._lock:
            self._rebuild()

    def bring_back(self, copies: StoredIndex) -> int:
        """Append the lost records that a stored index still has, and make the index anew.

        Args:
            copies: the index as it is stored, whatever is damaged in it.

        Returns:
            How many there were.
        """
        found = self._found(copies)

        def work(_db: apsw.Connection, draft: Draft) -> int:
            draft.following = max([draft.following, *(record.number + 1 for record in found)])
            for record in found:
                draft.restore(record)
            return len(found)

        if found:
            self._change(work)
            self.make_anew()
        return len(found)

    def begin_log(self, settings: Settings) -> None:
        """Give a volume that lost its settings new ones: it keeps what it has of other logs."""
        self._append([(bodies.SETTINGS, settings.encode())])

    def stage_records(self) -> None:
        """Stage the records without an index, which is made anew from them at every opening.

        Raises:
            ContainerFull: there is no room for all; what was put until then stays staged.
        """
        with self._lock:
            self._stream.stage()

    def _found(self, copies: StoredIndex) -> list[Record]:
        """Collect the lost records that a stored index has, as far as the volume has room."""
        blocks = self._store.room(media=False) + len(self._store.numbers(PAGE, 0))
        room = min(MAX_BROUGHT_BACK, blocks * self._store.payload)
        found: list[Record] = []
        for number in self._missing(copies):
            for record in copies.record(number):
                room -= len(record.body)
                if room < 0:
                    return found
                found.append(record)
        return found

    def _missing(self, copies: StoredIndex) -> Iterator[int]:
        """Yield the numbers that no record has, up to the last that the stored index knows."""

        def question(db: apsw.Connection) -> list[tuple[int, int]]:
            rows = db.execute("SELECT first, last FROM lost ORDER BY first").fetchall()
            return [(number_in(first), number_in(last)) for first, last in rows]

        left = MAX_LOOKED_FOR
        gaps = [*self._ask(question), (self._stream.following, copies.newest())]
        for first, last in gaps:
            numbers = range(first, min(last + 1, first + left))
            left -= len(numbers)
            yield from numbers


class StoredIndex:
    """The pages of an index as they are stored, asked for single records; any may be missing.

    Args:
        store: the volume.
        random: what SQLite draws its random numbers from.
    """

    def __init__(self, store: BlockStore, random: Random) -> None:
        self._database: Database | None = None
        try:
            self._database = Database(store, random, fresh=False)
        except IndexDamaged:
            return

    def newest(self) -> int:
        """Return the highest number it has; 0 where that cannot be read."""
        question = "SELECT max(number) FROM records WHERE number < ?"
        rows = self._ask(question, MAX_FOLLOWING)
        found = rows[0][0] if rows else None
        return found if isinstance(found, int) else 0

    def record(self, number: int) -> Iterator[Record]:
        """Yield the record of this number, if it can be read and is one that a stream can hold."""
        question = (
            "SELECT kind, body FROM records WHERE number = ? AND kind BETWEEN 1 AND ?"
            " AND typeof(kind) = 'integer' AND typeof(body) = 'blob' AND length(body) <= ?"
        )
        for kind, body in self._ask(question, number, MAX_KIND, MAX_RECORD):
            yield Record(number, number_in(kind), blob_in(body))

    def _ask(self, question: str, *values: int) -> list[tuple[object, ...]]:
        if self._database is None:
            return []
        try:
            self._database.allow()
            return self._database.connection.execute(question, values).fetchall()
        except (apsw.Error, IndexDamaged):
            return []

    def close(self) -> None:
        """Close it."""
        if self._database is not None:
            self._database.close()
