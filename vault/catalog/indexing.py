"""From records to rows: one function for what is appended and for what is rebuilt.

So the index of an old volume and one rebuilt from its records are equal. Nothing here
fails on a record that makes no sense: it stays in the table of records and out of the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vault.catalog.bodies import (
    Contact,
    Counter,
    Extent,
    Import,
    KeptCheckpoint,
    KeptProof,
    Settings,
)
from vault.catalog.body_reader import ReadLeaf, read_content
from vault.catalog.folding import fold_text
from vault.errors import VaultError
from vault.ledger.disclosure import Disclosure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import apsw

    from vault.catalog.body_reader import Content
    from vault.catalog.records import Record

KIND_FIELD = "kind"
FILE_FIELD = "file"
NAME_FIELD = "file-name"
TITLE_FIELDS = ("title", "description", "summary-en", NAME_FIELD)
"""The first line of the first of these that an entry has is its title in a list."""

UNSEARCHED_FIELDS = frozenset({KIND_FIELD, FILE_FIELD})
"""Fields whose values are no words."""

MAX_SHOWN = 200
"""Characters of a title or file name that a list shows."""

MAX_WORDS = 1 << 18
"""Characters of one field that are indexed for search."""

_KIND = re.compile(r"[a-z0-9-]{1,32}")

Place = tuple[int, int]
"""Number of a log, number of an entry."""


class Indexer:
    """Writes rows for records. The transaction around it is the caller's.

    Args:
        connection: an open database.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._db = connection
        self._logs: dict[str, int] = {}

    def keep(self, records: Iterable[Record]) -> None:
        """Copy records into the index's table of records; the first of each number counts."""
        self._db.executemany(
            'INSERT OR IGNORE INTO records (number, kind, body, block, "end")'
            " VALUES (?, ?, ?, ?, ?)",
            records,
        )

    def index(self, records: Iterable[tuple[int, int, bytes]]) -> int:
        """Write the rows for records, ascending by number.

        Args:
            records: number, kind, body.

        Returns:
            How many made no sense.
        """
        refused = 0

        def understood() -> Iterator[tuple[int, Content]]:
            nonlocal refused
            for number, kind, body in records:
                try:
                    yield number, read_content(kind, body)
                except VaultError:
                    refused += 1

        self.index_read(understood())
        return refused

    def index_read(self, records: Iterable[tuple[int, Content]]) -> None:
        """Write the rows for records that were read already, ascending by number."""
        # A dictionary keeps the order in which entries came.
        touched: dict[Place, None] = {}
        for number, content in records:
            place = self._index_one(number, content)
            if place is not None and place not in touched:
                self._refresh_but_newest(touched)
                touched[place] = None
        for place in touched:
            self.refresh(place)

    def _refresh_but_newest(self, touched: dict[Place, None]) -> None:
        """Finish the entries before: their records are in, as a rule; if not, again later."""
        while len(touched) > 1:
            place = next(iter(touched))
            self.refresh(place)
            del touched[place]

    def _index_one(self, number: int, content: Content) -> Place | None:
        match content:
            case Disclosure():
                return self._disclosure(number, content)
            case ReadLeaf():
                return self._leaf(number, content)
            case Extent():
                return self._extent(number, content)
            case _:
                self._index_other(number, content)
        return None

    def _index_other(self, number: int, content: Content) -> None:
        """Write the row for a record that belongs to no entry."""
        match content:
            case Settings():
                self._settings(number, content)
            case Contact():
                self._contact(number, content)
            case Counter():
                self._counter(content)
            case Import():
                self._import(number, content)
            case KeptCheckpoint():
                self._checkpoint(number, content)
            case KeptProof():
                self._proof(number, content)

    def log_id(self, origin: str) -> int:
        """Return the number of a log, giving it one if it is new."""
        if origin not in self._logs:
            self._db.execute("INSERT OR IGNORE INTO logs (origin) VALUES (?)", (origin,))
            found = self._db.execute("SELECT id FROM logs WHERE origin = ?", (origin,)).get
            self._logs[origin] = int(found)
        return self._logs[origin]

    def _settings(self, number: int, settings: Settings) -> None:
        self.log_id(settings.origin)
        self._db.execute("INSERT OR REPLACE INTO settings (id, record) VALUES (1, ?)", (number,))

    def _leaf(self, number: int, read: ReadLeaf) -> Place:
        log = self.log_id(read.leaf.log)
        self._db.execute(
            "INSERT OR IGNORE INTO entries"
            " (id, log, seq, hash, added, kind, title, file_name, fields)"
            " VALUES (?, ?, ?, ?, ?, '', '', '', 0)",
            (number, log, read.leaf.seq, read.leaf_hash, read.added),
        )
        return log, read.leaf.seq

    def _disclosure(self, number: int, disclosure: Disclosure) -> Place:
        log = self.log_id(disclosure.log)
        self._db.execute(
            "INSERT OR IGNORE INTO disclosures (log, seq, name, record) VALUES (?, ?, ?, ?)",
            (log, disclosure.seq, disclosure.name, number),
        )
        return log, disclosure.seq

    def _extent(self, number: int, extent: Extent) -> Place:
        log = self.log_id(extent.origin)
        self._db.execute(
            "INSERT OR IGNORE INTO media (log, seq, object, size, sha256, type, record)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                log,
                extent.seq,
                extent.object_id,
                extent.size,
                extent.sha256,
                extent.media_type,
                number,
            ),
        )
        return log, extent.seq

    def _contact(self, number: int, contact: Contact) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO contacts (id, name, origin, record) VALUES (?, ?, ?, ?)",
            (contact.contact_id, contact.name, contact.origin, number),
        )

    def _counter(self, counter: Counter) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO counters (contact, name, value) VALUES (?, ?, ?)",
            (counter.contact_id, counter.name, counter.value),
        )

    def _import(self, number: int, imported: Import) -> None:
        self.log_id(imported.origin)
        self._db.execute(
            "INSERT OR IGNORE INTO imports (manifest, contact, seq, record) VALUES (?, ?, ?, ?)",
            (imported.manifest, imported.contact_id, imported.seq, number),
        )

    def _checkpoint(self, number: int, kept: KeptCheckpoint) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO checkpoints (record, log, size) VALUES (?, ?, ?)",
            (number, self.log_id(kept.origin), kept.size),
        )

    def _proof(self, number: int, kept: KeptProof) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO proofs (log, seq, record) VALUES (?, ?, ?)",
            (self.log_id(kept.origin), kept.seq, number),
        )

    def refresh(self, place: Place) -> None:
        """Write again what an entry's row and its words take from its disclosures."""
        values = {
            # It was parsed when it was indexed: its first empty line ends its header.
            name: bytes(body).partition(b"\n\n")[2]
            for name, body in self._db.execute(
                "SELECT d.name, r.body FROM disclosures d JOIN records r ON r.number = d.record"
                " WHERE d.log = ? AND d.seq = ? ORDER BY d.name",
                place,
            )
        }
        row = self._db.execute(
            "UPDATE entries SET kind = ?, title = ?, file_name = ?, fields = ?"
            " WHERE log = ? AND seq = ? RETURNING id",
            (_kind(values), _title(values), _shown(values, NAME_FIELD), len(values), *place),
        ).get
        if row is None:
            return
        if self._db.execute("SELECT rowid FROM words WHERE rowid = ?", (row,)).get is not None:
            self._db.execute("DELETE FROM words WHERE rowid = ?", (row,))
            # Or else what is gone and what comes meet in memory, where FTS5 overlooks some of what
            # is gone: words that stand in the entry 126 times and more would stay behind.
            self._db.execute("INSERT INTO words (words) VALUES ('flush')")
        title, text = _words(values)
        if title or text:
            self._db.execute(
                "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", (row, title, text)
            )


def _decoded(value: bytes) -> str:
    """Return a value as text; nothing if it is none."""
    try:
        return value.decode("utf-8").replace("\0", " ")
    except UnicodeDecodeError:
        return ""


def _shown(values: Mapping[str, bytes], name: str) -> str:
    lines = _decoded(values.get(name, b"")).strip().splitlines()
    return lines[0].strip()[:MAX_SHOWN] if lines else ""


def _title(values: Mapping[str, bytes]) -> str:
    return next(filter(None, (_shown(values, name) for name in TITLE_FIELDS)), "")


def _kind(values: Mapping[str, bytes]) -> str:
    kind = _decoded(values.get(KIND_FIELD, b""))
    return kind if _KIND.fullmatch(kind) else ""


def _words(values: Mapping[str, bytes]) -> tuple[str, str]:
    """Return the folded text of the title, and that of all other fields."""
    folded = {
        name: fold_text(_decoded(value)[:MAX_WORDS])
        for name, value in values.items()
        if name not in UNSEARCHED_FIELDS
    }
    title = folded.pop("title", "")
    return title, "\n".join(text for text in folded.values() if text)
