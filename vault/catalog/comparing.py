"""The index held against the records: does it say of each entry what they say?

Every page is sealed, so a difference is no accident of a disk: a mistake in a program, or somebody
who has the passphrase. The records count.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.index import PORTION, Index

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

    from vault.catalog.rows import Value

_LONG_PORTION = 20
"""Rows that one question brings where each may have megabytes."""

MAX_UNLIKE = 10_000
"""Differences that are looked at one by one."""


class _Table(NamedTuple):
    """A table, and by which columns its rows are told apart.

    Attributes:
        columns: what is compared, the key first.
        name: of the table.
        key: how many columns the key has.
        entry: how the rows name an entry: by log and number, or by the number of its leaf's
            record; empty where they name none.
        portion: rows that one question brings.
    """

    columns: str
    name: str
    key: int
    entry: str = ""
    portion: int = PORTION


_PLACE = "place"
_LEAF = "leaf"

_TABLES = (
    _Table('number, kind, block, "end", body', "records", 1, portion=_LONG_PORTION),
    _Table("id, record", "settings", 1),
    _Table("id, origin", "logs", 1),
    _Table("id, log, seq, hash, added, kind, title, file_name, fields", "entries", 1, _LEAF),
    _Table("log, seq, name, record", "disclosures", 3, _PLACE),
    _Table("log, seq, object, size, sha256, type, record", "media", 2, _PLACE),
    _Table("id, name, origin, record", "contacts", 1),
    _Table("contact, name, value", "counters", 2),
    _Table("manifest, contact, seq, record", "imports", 1),
    _Table("record, log, size", "checkpoints", 1),
    _Table("log, seq, record", "proofs", 2, _PLACE),
    _Table("rowid, title, text", "words", 1, _LEAF, _LONG_PORTION),
)


@dataclass(frozen=True)
class Unlike:
    """Where the index is not what the records say.

    Attributes:
        entries: log and number of those that differ.
        others: how many rows differ besides.
    """

    entries: tuple[tuple[str, int], ...] = ()
    others: int = 0

    @property
    def nothing(self) -> bool:
        """Whether both say the same."""
        return not (self.entries or self.others)


class Comparing(Index):
    """Compares the stored index with one made anew, in memory."""

    def unlike_records(self) -> Unlike:
        """Compare; nothing to say where the index had to be made anew already.

        What no record says because its block is damaged counts as a difference: only for a
        stream that can be read whole is the answer of use.
        """
        if self._was_rebuilt():
            return Unlike()
        self._ask(_check_words)
        entries: dict[tuple[str, int], None] = {}
        others = 0
        anew = Index(self._store, random=self._random, from_records=True)
        try:
            for table in _TABLES:
                for row in self._unlike(anew, table):
                    place = self._place(anew, table, row)
                    if place is None:
                        others += 1
                    else:
                        entries[place] = None
                    if others + len(entries) >= MAX_UNLIKE:
                        break
        finally:
            anew.close()
        # Where even reading found it damaged, it is made anew by now.
        return Unlike() if self._was_rebuilt() else Unlike(tuple(sorted(entries)), others)

    def rebuild(self) -> None:
        """Make the index anew from the records; the next `flush` stages all of it."""
        with self._lock:
            self._rebuild()

    def _unlike(self, anew: Index, table: _Table) -> Iterator[tuple[Value, ...]]:
        """Yield a row for each place where two tables differ."""
        for left, right in zip_longest(_rows(self, table), _rows(anew, table)):
            if left != right:
                yield left or right
                # From here on rows may be shifted against each other: one by one is enough.
                if left is None or right is None or left[: table.key] != right[: table.key]:
                    return

    def _place(self, anew: Index, table: _Table, row: tuple[Value, ...]) -> tuple[str, int] | None:
        """Return the entry that a row is about."""
        for index in (self, anew):
            if table.entry == _PLACE:
                found = index._ask(lambda db: _origin(db, row))  # noqa: SLF001  of this class
            elif table.entry == _LEAF:
                found = index._ask(lambda db: _of_leaf(db, row))  # noqa: SLF001  of this class
            else:
                return None
            if found is not None:
                return found
        return None


def _rows(index: Index, table: _Table) -> Iterator[tuple[Value, ...]]:
    names = ", ".join(table.columns.split(", ")[: table.key])
    marks = ", ".join("?" * table.key)
    text = f"SELECT {table.columns} FROM {table.name}"  # noqa: S608  texts of this module
    order = f" ORDER BY {names} LIMIT {table.portion}"
    after: tuple[Value, ...] = ()
    while True:
        where = f" WHERE ({names}) > ({marks})" if after else ""
        query, bound = text + where + order, after
        rows = index._ask(lambda db: db.execute(query, bound).fetchall())  # noqa: B023, SLF001
        yield from rows
        if len(rows) < table.portion:
            return
        after = tuple(rows[-1][: table.key])


def _check_words(db: apsw.Connection) -> None:
    """Have the full-text index compared with the texts it was made from; raises if they differ."""
    db.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")


def _origin(db: apsw.Connection, row: tuple[Value, ...]) -> tuple[str, int] | None:
    found = db.execute("SELECT origin FROM logs WHERE id = ?", (row[0],)).get
    seq = row[1]
    return (found, seq) if isinstance(found, str) and isinstance(seq, int) else None


def _of_leaf(db: apsw.Connection, row: tuple[Value, ...]) -> tuple[str, int] | None:
    found = db.execute(
        "SELECT l.origin, e.seq FROM entries e JOIN logs l ON l.id = e.log WHERE e.id = ?",
        (row[0],),
    ).fetchone()
    return None if found is None else (str(found[0]), int(found[1]))
