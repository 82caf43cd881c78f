"""The tables, and how an older database becomes a newer one.

Each version is a list of statements that lead to it from the version before; a new database
goes the same way, so that the text of the schema never depends on its age. The version
stands in `PRAGMA user_version`. A database whose schema is not, word for word, the one of
its version is not used: nothing in it was written by this program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

APPLICATION_ID = 0x416D616E
"""“Aman”: `PRAGMA application_id`."""


@dataclass(frozen=True)
class Version:
    """One step of the schema.

    Args:
        number: from 1, without gaps.
        statements: SQL that leads here from the version before.
    """

    number: int
    statements: tuple[str, ...]


FIRST = Version(
    1,
    (
        # The stream's records once more: what is damaged on one side is taken from the other.
        """CREATE TABLE records (
  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL,
  block INTEGER NOT NULL, "end" INTEGER NOT NULL, body BLOB NOT NULL) STRICT""",
        "CREATE INDEX records_block ON records (block)",
        # Empty as long as no newer program wrote here: tells it without looking at all records.
        "CREATE INDEX records_newer ON records (kind) WHERE kind > 9",
        # Runs of record numbers that no readable block holds, found while rebuilding, and how
        # many blocks the stream had then.
        """CREATE TABLE lost (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, blocks INTEGER NOT NULL) STRICT""",
        """CREATE TABLE settings (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL) STRICT""",
        """CREATE TABLE logs (
  id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE) STRICT""",
        # id is the number of the leaf's record: newest last, the same after a rebuild.
        """CREATE TABLE entries (
  id INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
  added TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, file_name TEXT NOT NULL,
  fields INTEGER NOT NULL) STRICT""",
        "CREATE UNIQUE INDEX entries_place ON entries (log, seq)",
        """CREATE TABLE disclosures (
  log INTEGER NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY (log, seq, name)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE media (
  log INTEGER NOT NULL, seq INTEGER NOT NULL, object INTEGER NOT NULL, size INTEGER NOT NULL,
  sha256 BLOB NOT NULL, type TEXT NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID""",
        "CREATE INDEX media_sha256 ON media (sha256)",
        "CREATE INDEX media_object ON media (object)",
        """CREATE TABLE contacts (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, origin TEXT NOT NULL, record INTEGER NOT NULL)
  STRICT""",
        """CREATE TABLE counters (
  contact INTEGER NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (contact, name)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE imports (
  manifest BLOB PRIMARY KEY, contact INTEGER NOT NULL, seq INTEGER NOT NULL,
  record INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        """CREATE TABLE checkpoints (
  record INTEGER PRIMARY KEY, log INTEGER NOT NULL, size INTEGER NOT NULL) STRICT""",
        "CREATE INDEX checkpoints_place ON checkpoints (log, size)",
        """CREATE TABLE proofs (
  log INTEGER NOT NULL, seq INTEGER NOT NULL, record INTEGER NOT NULL,
  PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID""",
        # Never contentless: that keeps erased words whatever is set.
        """CREATE VIRTUAL TABLE words USING fts5(
  title, text, tokenize = "unicode61 remove_diacritics 2")""",
        "INSERT INTO words (words, rank) VALUES ('secure-delete', 1)",
    ),
)

VERSIONS: tuple[Version, ...] = (FIRST,)
"""All versions so far, ascending; a database is brought to the last one when it is opened."""

_Shape = frozenset[tuple[str, str, str, str | None]]


def install(connection: apsw.Connection, versions: Sequence[Version] = VERSIONS) -> None:
    """Bring a database, empty or of an older version, to the last of `versions`.

    All or nothing: in one transaction.

    Raises:
        apsw.Error: the database cannot be changed; it is as before.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in versions[version_of(connection) :]:
            for statement in version.statements:
                connection.execute(statement)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", versions[-1].number)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def version_of(connection: apsw.Connection) -> int:
    """Return the version that a database says it has; 0 for an empty one."""
    found = connection.pragma("user_version")
    return found if isinstance(found, int) and found >= 0 else 0


def is_sound(connection: apsw.Connection, versions: Sequence[Version] = VERSIONS) -> bool:
    """Whether a database has exactly the schema of its version, and this version is known."""
    number = version_of(connection)
    if not 1 <= number <= len(versions):
        return False
    wanted = _shape(tuple(versions[:number]))
    return frozenset(_rows(connection, len(wanted) + 1)) == wanted


@lru_cache(maxsize=8)
def _shape(versions: tuple[Version, ...]) -> _Shape:
    """Return the schema that these versions lead to, made in an empty database in memory."""
    connection = apsw.Connection(":memory:")
    try:
        install(connection, versions)
        return frozenset(_rows(connection, 1000))
    finally:
        connection.close()


def _rows(connection: apsw.Connection, limit: int) -> Iterator[tuple[str, str, str, str | None]]:
    yield from connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT ?", (limit,)
    )
