"""Reading: a volume's settings, its entries, their fields, and search."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from vault.catalog.body_reader import read_leaf, read_settings
from vault.catalog.database import IndexDamaged
from vault.catalog.folding import match_expression
from vault.catalog.index import PORTION, Index
from vault.catalog.rows import (
    ENTRY_COLUMNS,
    Entry,
    StoredField,
    blob_in,
    body_in,
    digest_in,
    entry_from,
    number_in,
    text_in,
)
from vault.encoding.integers import MAX_I63
from vault.errors import Damaged, NotFound, VaultError, mark
from vault.ledger.leaf import genesis, parse_leaf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

    from vault.catalog.bodies import Settings
    from vault.catalog.rows import Value


class Entries(Index):
    """What the volume is, and the entries it holds."""

    # Settings

    def _settings(self) -> Settings:
        def question(db: apsw.Connection) -> Settings | None:
            body = db.execute(
                "SELECT r.body FROM settings s JOIN records r ON r.number = s.record"
            ).get
            return None if body is None else body_in(body, read_settings)

        settings = self._ask(question)
        if settings is None:
            raise Damaged(mark("The settings of this volume are lost."))
        return settings

    @property
    def label(self) -> str:
        """The owner's name for the volume; raises `Damaged` if it is lost."""
        return self._settings().label

    @property
    def origin(self) -> str:
        """The volume's own log; raises `Damaged` if it is lost."""
        return self._settings().origin

    @property
    def log_seed(self) -> bytes:
        """32 bytes, from which the own log's keys follow; raises `Damaged` if lost."""
        return self._settings().seed

    # Entries

    def _entries(self, condition: str, values: Sequence[int | str | bytes]) -> tuple[Entry, ...]:
        """Return entries; `condition` is a text of this program, what varies is bound."""

        def question(db: apsw.Connection) -> tuple[Entry, ...]:
            return tuple(map(entry_from, db.execute(ENTRY_COLUMNS + condition, tuple(values))))

        return self._ask(question)

    def entry(self, origin: str, seq: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: the volume has no such entry, or its leaf is lost.
        """
        found = self._entries("WHERE l.origin = ? AND e.seq = ?", (origin, seq))
        if not found:
            raise NotFound(mark("There is no entry {seq}."), seq=seq)
        return found[0]

    def newest(self, limit: int = PORTION, *, before: int = MAX_I63) -> tuple[Entry, ...]:
        """Return entries of all logs, the newest first.

        Args:
            limit: how many at most.
            before: the `number` of the last entry of the page before.
        """
        return self._entries("WHERE e.id < ? ORDER BY e.id DESC LIMIT ?", (before, limit))

    def entries_of(self, origin: str, first: int = 0, limit: int = PORTION) -> tuple[Entry, ...]:
        """Return entries of one log in its order, from number `first` on; lost ones are absent."""
        return self._entries(
            "WHERE l.origin = ? AND e.seq >= ? ORDER BY e.seq LIMIT ?", (origin, first, limit)
        )

    def entries_of_kind(self, origin: str, kind: str) -> tuple[Entry, ...]:
        """Return the entries of one log and kind, in its order; 500 at most."""
        return self._entries(
            "WHERE l.origin = ? AND e.kind = ? ORDER BY e.seq LIMIT ?", (origin, kind, PORTION)
        )

    def entries_with(self, sha256: bytes) -> tuple[Entry, ...]:
        """Return the entries whose file has this SHA-256, the oldest first, 100 at most."""
        return self._entries("WHERE m.sha256 = ? ORDER BY e.id LIMIT 100", (sha256,))

    def search(self, query: str, limit: int = 20, *, before: int = MAX_I63) -> tuple[Entry, ...]:
        """Return the entries in whose fields all words of the query stand, the newest first.

        Spelling is folded; a word of three characters and more also finds longer ones that
        begin with it.

        Args:
            query: what a person typed.
            limit: how many at most.
            before: the `number` of the last entry of the page before.
        """
        expression = match_expression(query)
        if not expression:
            return ()

        def question(db: apsw.Connection) -> list[int]:
            rows = db.execute(
                "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ?"
                " ORDER BY rowid DESC LIMIT ?",
                (expression, before, limit),
            )
            return [number_in(row[0]) for row in rows]

        found = (self._entries("WHERE e.id = ?", (number,)) for number in self._ask(question))
        return tuple(entry for entries in found for entry in entries)

    # What an entry consists of

    def leaf(self, origin: str, seq: int) -> bytes:
        """Return a leaf's very bytes.

        Raises:
            NotFound: the volume has no such entry, or its leaf is lost.
        """

        def question(db: apsw.Connection) -> bytes | None:
            body = db.execute(
                "SELECT r.body FROM entries e JOIN records r ON r.number = e.id"
                " WHERE e.log = (SELECT id FROM logs WHERE origin = ?) AND e.seq = ?",
                (origin, seq),
            ).get
            return None if body is None else body_in(body, read_leaf).raw

        raw = self._ask(question)
        if raw is None:
            raise NotFound(mark("There is no entry {seq}."), seq=seq)
        return raw

    def fields(self, origin: str, seq: int) -> tuple[StoredField, ...]:
        """Return the disclosures of an entry, ascending by name; none for an unknown entry."""

        def question(db: apsw.Connection) -> tuple[StoredField, ...]:
            rows = db.execute(
                "SELECT d.name, r.body FROM disclosures d JOIN records r ON r.number = d.record"
                " WHERE d.log = (SELECT id FROM logs WHERE origin = ?) AND d.seq = ?"
                " ORDER BY d.name",
                (origin, seq),
            )
            return tuple(StoredField(text_in(name), blob_in(body)) for name, body in rows)

        return self._ask(question)

    # The log as a whole

    def logs(self) -> tuple[str, ...]:
        """Return the logs that are known here, the own one first."""

        def question(db: apsw.Connection) -> tuple[str, ...]:
            rows = db.execute("SELECT origin FROM logs ORDER BY id LIMIT 10000")
            return tuple(text_in(row[0]) for row in rows)

        return self._ask(question)

    def _head(self, origin: str) -> tuple[int, bytes] | None:
        def question(db: apsw.Connection) -> tuple[int, bytes] | None:
            row = db.execute(
                "SELECT seq, hash FROM entries WHERE log = (SELECT id FROM logs WHERE origin = ?)"
                " ORDER BY seq DESC LIMIT 1",
                (origin,),
            ).fetchone()
            return None if row is None else (number_in(row[0]), digest_in(row[1]))

        return self._ask(question)

    def next_seq(self, origin: str) -> int:
        """Return the number that the next entry of a log will have; 0 for an empty one."""
        head = self._head(origin)
        return 0 if head is None else head[0] + 1

    def last_leaf_hash(self, origin: str) -> bytes | None:
        """Return the hash of a log's last leaf; `None` for an empty log."""
        head = self._head(origin)
        return None if head is None else head[1]

    def next_place(self, origin: str) -> tuple[int, bytes]:
        """Return number and `prev` that the next entry of a log will have."""
        head = self._head(origin)
        return (0, genesis(origin)) if head is None else (head[0] + 1, head[1])

    def leaf_hashes(self, origin: str, size: int | None = None) -> Iterator[bytes]:
        """Return the leaf hashes of a log from entry 0 on, one after another.

        The hash of a lost leaf is taken from the leaf after it.

        Args:
            origin: the log.
            size: of how many entries; all that are known if absent.

        Raises:
            Damaged: a leaf and the one after it are lost, or there are fewer.
        """
        end = self.next_seq(origin) if size is None else size
        expected = 0
        while expected < end:
            rows = self._hash_rows(origin, expected)
            for seq, hash_ in rows:
                if expected >= end:
                    return
                if seq == expected + 1:
                    yield self._hash_before(origin, seq)
                elif seq != expected:
                    raise _hash_lost(expected)
                if seq < end:
                    yield hash_
                expected = seq + 1
            if not rows:
                raise _hash_lost(expected)

    def _hash_rows(self, origin: str, first: int) -> list[tuple[int, bytes]]:
        def question(db: apsw.Connection) -> list[tuple[int, bytes]]:
            rows: list[tuple[Value, ...]] = db.execute(
                "SELECT seq, hash FROM entries WHERE log = (SELECT id FROM logs WHERE origin = ?)"
                " AND seq >= ? ORDER BY seq LIMIT ?",
                (origin, first, PORTION),
            ).fetchall()
            found = [(number_in(seq), digest_in(hash_)) for seq, hash_ in rows]
            seqs = [first - 1, *(seq for seq, _ in found)]
            if any(left >= right for left, right in pairwise(seqs)):
                raise IndexDamaged
            return found

        return self._ask(question)

    def _hash_before(self, origin: str, seq: int) -> bytes:
        try:
            return parse_leaf(self.leaf(origin, seq)).prev
        except VaultError as error:
            raise _hash_lost(seq - 1) from error


def _hash_lost(seq: int) -> Damaged:
    return Damaged(mark("The hash of entry {seq} is lost."), seq=seq)
