"""SQLite's file, made of a volume's pages: reads decrypt, writes wait in memory, no file exists.

The database asks for one file, its own. Journals, temporary files and write-ahead logs are
refused: with `journal_mode=MEMORY` and `temp_store=MEMORY` it never asks for one.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import apsw

from vault.catalog.store import PAGE, BlockStore
from vault.errors import Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.crypto.entropy import Random

MAX_PAGE = 65536
"""Bytes of the largest page that SQLite knows."""

_MAGIC = b"SQLite format 3\0"
_SIZE_AT = slice(16, 18)
_COUNT_AT = slice(28, 32)
"""Where the first page says how large a page is, and how many there are."""

_names = itertools.count(1)


def page_size(payload: int) -> int:
    """Return the largest page that SQLite knows and that fits into a block."""
    return min(MAX_PAGE, 1 << (payload.bit_length() - 1))


class PageFile:
    """The pages of one database, as the file that SQLite sees.

    Its methods carry the names of APSW's `VFSFile`. Locks do nothing: the container is
    locked as a whole.

    Args:
        store: the volume.
        fresh: begin with no page at all, whatever the volume holds.

    Attributes:
        size: bytes of a page.
        count: pages of the file.
    """

    def __init__(self, store: BlockStore, *, fresh: bool) -> None:
        self._store = store
        self.size = page_size(store.payload)
        self._waiting: dict[int, bytes] = {}
        self._first: bytes | None = None
        self.count = 0 if fresh else self._stored_count()
        self._stored = None if fresh else self.count

    def _stored_count(self) -> int:
        """Return the number of pages that the first page names, if the last of them is there.

        Raises:
            Damaged: there is no first page that says so.
        """
        first = self._page(0)
        count = int.from_bytes(first[_COUNT_AT], "big")
        # 65,536 does not fit into its two bytes: SQLite writes 1.
        size = int.from_bytes(first[_SIZE_AT], "big")
        sound = first.startswith(_MAGIC) and (size if size > 1 else MAX_PAGE) == self.size
        if not (sound and count and self._store.has(PAGE, 0, count - 1)):
            raise Damaged(mark("The first page of the catalog is damaged."))
        return count

    def _page(self, number: int) -> bytes:
        page = self._waiting.get(number)
        if page is not None:
            return page
        if number == 0 and self._first is not None:
            return self._first
        page = self._store.get(PAGE, 0, number)
        if len(page) != self.size:
            raise Damaged(mark("A page of the catalog has another size."))
        if number == 0:
            self._first = page
        return page

    # What SQLite calls

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Return bytes of one page; fewer than asked at the end of the file."""
        number, start = divmod(offset, self.size)
        if number >= self.count:
            return b""
        try:
            return self._page(number)[start : start + amount]
        except Damaged as error:
            raise apsw.IOError from error

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Keep one page in memory."""
        number, start = divmod(offset, self.size)
        if start or len(data) != self.size:
            raise apsw.IOError
        self._waiting[number] = bytes(data)
        self.count = max(self.count, number + 1)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Forget the pages from `newsize` bytes on."""
        self.count = -(-newsize // self.size)
        for number in [known for known in self._waiting if known >= self.count]:
            del self._waiting[number]

    def xFileSize(self) -> int:  # noqa: N802
        """Return the bytes of all pages."""
        return self.count * self.size

    def xSectorSize(self) -> int:  # noqa: N802
        """Return the bytes of a page: what is written at once."""
        return self.size

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """Claim nothing."""
        return 0

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        """Know no special request."""
        del op, ptr
        return False

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Nobody else is here."""
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        """Nobody else is here."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Nobody else is here."""

    def xSync(self, flags: int) -> None:  # noqa: N802
        """What lasts is decided by the container's commit."""

    def xClose(self) -> None:  # noqa: N802
        """Forget what was held back."""
        self._waiting.clear()
        self._first = None

    # What the catalog calls

    def waiting_numbers(self) -> frozenset[int]:
        """Return the pages written and not yet staged."""
        return frozenset(self._waiting)

    def stage(self, limit: int) -> bool:
        """Put written pages into the store, and drop those behind the end.

        Where not all fit into one commit, the first page is dropped, so that a crash between
        two commits leaves a catalog that is rebuilt, never one that is half new.

        Args:
            limit: blocks that may be put now.

        Returns:
            Whether everything is staged; otherwise commit and call again.

        Raises:
            ContainerFull: there is no room; what was put until then stays staged.
        """
        self._first = None
        # First what makes room.
        self._drop_beyond_end()
        if len(self._waiting) > limit:
            return self._stage_some(limit)
        for number in sorted(self._waiting):
            self._store.put(PAGE, 0, number, self._waiting[number])
        self._waiting.clear()
        return True

    def growth(self) -> int:
        """Return how many more pages the volume will hold once all are staged."""
        new = sum(not self._store.has(PAGE, 0, number) for number in self._waiting)
        return new - len(self._beyond_end())

    def _stage_some(self, limit: int) -> bool:
        # A page that waits is never the one in the store: the first is rewritten by each change.
        self._store.drop(PAGE, 0, 0)
        for number in sorted(self._waiting)[1 : 1 + limit]:
            self._store.put(PAGE, 0, number, self._waiting.pop(number))
        return False

    def _drop_beyond_end(self) -> None:
        for number in self._beyond_end():
            self._store.drop(PAGE, 0, number)
        self._stored = self.count

    def _beyond_end(self) -> Sequence[int]:
        """Return the pages in the store that the file does not have any more."""
        if self._stored is None:
            return [number for number in self._store.numbers(PAGE, 0) if number >= self.count]
        return range(self.count, self._stored)


class PageVFS(apsw.VFS):
    """A file system with one file in it, unknown to the operating system.

    Args:
        file: the file.
        random: what SQLite draws its random numbers from.
    """

    def __init__(self, file: PageFile, random: Random) -> None:
        self.name = f"amanat-{next(_names)}"
        self._file = file
        self._random = random
        # No base: what is not defined here fails, instead of reaching the operating system.
        super().__init__(self.name, None, iVersion=2)

    def xOpen(self, name: object, flags: list[int]) -> PageFile:  # type: ignore[override]  # noqa: N802
        """Return the one file, if the database itself is asked for."""
        del name
        if not flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            raise apsw.CantOpenError
        flags[1] = flags[0]
        return self._file

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        """There is no other file: no journal, no write-ahead log."""
        del pathname, flags
        return False

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        """There is nothing to delete."""
        del filename, syncdir
        raise apsw.IOError

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """Return the name: there are no folders."""
        return name

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802
        """Return random bytes."""
        return self._random(numbytes)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        """Return at once: nobody else could release a lock."""
        return microseconds

    def xCurrentTime(self) -> float:  # noqa: N802
        """Return the same Julian day always: the catalog asks no clock."""
        return 0.0

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        """Return the same moment always."""
        return 0

    def xGetLastError(self) -> tuple[int, str | None]:  # noqa: N802
        """Report no error of an operating system."""
        return 0, None
