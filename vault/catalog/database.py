"""Opening SQLite over a volume's pages: every setting, every limit, and the budget of a call.

What the pages hold may have been written by somebody who means harm: nothing in it can run
code, and nothing in it can keep SQLite busy without end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from vault.catalog import schema
from vault.catalog.vfs import PageFile, PageVFS
from vault.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.catalog.store import BlockStore
    from vault.crypto.entropy import Random

MAX_VALUE = 32 << 20
"""Bytes of the largest value or row that SQLite may make: a record has at most 17 MiB."""

STEP = 20_000
"""Instructions of SQLite's machine between two looks at the budget."""

BASE_BUDGET = 5_000_000
BUDGET_PER_PAGE = 2_000
"""Instructions of one call; honest ones need a hundredth of it. About a second each 10⁷."""

_CONFIGURATION = (
    (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
    (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
    (apsw.SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0),
    (apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DML, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DDL, 0),
)
_LIMITS = (
    (apsw.SQLITE_LIMIT_LENGTH, MAX_VALUE),
    (apsw.SQLITE_LIMIT_SQL_LENGTH, 16384),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (apsw.SQLITE_LIMIT_WORKER_THREADS, 0),
)
_PRAGMAS = (
    ("cell_size_check", "ON"),
    ("trusted_schema", "OFF"),
    ("mmap_size", 0),
    ("temp_store", "MEMORY"),
    ("synchronous", "OFF"),
    # OFF left rows behind after a rollback.
    ("journal_mode", "MEMORY"),
    ("locking_mode", "NORMAL"),
    ("secure_delete", "ON"),
)


class IndexDamaged(Exception):
    """The database is not what this program wrote; it is rebuilt from the records."""


class Database:
    """One open database.

    Args:
        store: the volume whose pages it lives in.
        random: what SQLite draws its random numbers from.
        fresh: begin with an empty database, whatever the pages hold.
        versions: the schema's history; another one only in tests.

    Attributes:
        connection: APSW's.
        file: the pages.

    Raises:
        IndexDamaged: the pages hold no database of this program.
    """

    def __init__(
        self,
        store: BlockStore,
        random: Random,
        *,
        fresh: bool,
        versions: Sequence[schema.Version] = schema.VERSIONS,
    ) -> None:
        try:
            self.file = PageFile(store, fresh=fresh)
        except Damaged as error:
            raise IndexDamaged from error
        self._left = 0
        self._vfs = PageVFS(self.file, random)
        connection: apsw.Connection | None = None
        try:
            self.connection = connection = apsw.Connection("catalog", vfs=self._vfs.name)
            self._configure()
            self._settle(versions, fresh=fresh)
        except (apsw.Error, IndexDamaged) as error:
            if connection is not None:
                connection.close()
            self._vfs.unregister()
            raise IndexDamaged from error

    def _configure(self) -> None:
        for option, value in _CONFIGURATION:
            self.connection.config(option, value)
        for limit, value in _LIMITS:
            self.connection.limit(limit, value)
        self.allow()
        self.connection.set_progress_handler(self._is_spent, STEP)
        self.connection.pragma("page_size", self.file.size)
        for name, setting in _PRAGMAS:
            self.connection.pragma(name, setting)

    def _settle(self, versions: Sequence[schema.Version], *, fresh: bool) -> None:
        if not fresh and not schema.is_sound(self.connection, versions):
            raise IndexDamaged
        if schema.version_of(self.connection) < versions[-1].number:
            self.allow()
            schema.install(self.connection, versions)

    def allow(self, *, unlimited: bool = False) -> None:
        """Begin a new call with a whole budget.

        Args:
            unlimited: for work on pages that this program has just written.
        """
        budget = BASE_BUDGET + BUDGET_PER_PAGE * self.file.count
        self._left = -1 if unlimited else max(1, budget // STEP)

    def _is_spent(self) -> bool:
        if self._left > 0:
            self._left -= 1
        return self._left == 0

    def close(self) -> None:
        """Close the database and take its file system back; what was not staged is forgotten."""
        self.connection.close(force=True)
        self._vfs.unregister()
