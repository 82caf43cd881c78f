"""Objects of the namespace `media`: numbers for new ones, and what nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.catalog.entries import Entries
from vault.catalog.records import parse_block
from vault.catalog.rows import digest_in, number_in
from vault.catalog.store import MEDIA, RECORD
from vault.errors import Damaged, MalformedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from vault.catalog.rows import Media, Value

MAX_CHUNKS = 1 << 23
"""Chunks of a file that are looked at one by one: more than the largest container has."""


class MediaObjects(Entries):
    """The bytes of files. They lie in the store; an entry that names an object publishes it."""

    _newest_object = 0

    def new_media_object(self) -> int:
        """Return an object of the namespace `media` that nothing uses.

        Its chunks are put into the store, numbered from 0, all full but the last. Until an
        entry names it, it is unpublished.
        """
        if self._newest_object == 0:

            def question(db: apsw.Connection) -> int:
                return number_in(db.execute("SELECT max(object) FROM media").get or 0)

            self._newest_object = max([self._ask(question), *self._store.objects(MEDIA)])
        self._newest_object += 1
        return self._newest_object

    def media_digests(self) -> dict[bytes, int]:
        """Return the SHA-256 and the size in bytes of every file of the own log."""
        origin = self.origin

        def question(db: apsw.Connection) -> dict[bytes, int]:
            rows = db.execute(
                "SELECT sha256, size FROM media WHERE log = (SELECT id FROM logs WHERE origin = ?)",
                (origin,),
            )
            return {digest_in(digest): number_in(size) for digest, size in rows}

        return self._ask(question)

    def unpublished_media(self) -> tuple[int, ...]:
        """Return the objects that have blocks and no entry: left by what was interrupted.

        None as long as there are records that this version does not know, or could not make
        sense of: what they refer to is not its to take.
        """
        newest = self._ask(lambda db: db.execute("SELECT 1 FROM records WHERE kind > 9").get)
        if newest is not None or self.refused:
            return ()
        used = self._ask(lambda db: _numbers(db.execute("SELECT DISTINCT object FROM media")))
        return tuple(number for number in self._store.objects(MEDIA) if number not in used)

    def lost_chunks(self, media: Media) -> list[int]:
        """Read a file's blocks; return the numbers of those that are lost."""
        count = -(-media.size // self._store.payload)
        if count > MAX_CHUNKS:
            return []
        return [n for n in range(count) if not self._is_readable(MEDIA, media.object_id, n)]

    def _is_readable(self, namespace: int, object_id: int, number: int) -> bool:
        try:
            raw = self._store.get(namespace, object_id, number)
            if namespace == RECORD:
                parse_block(raw)
        except (Damaged, MalformedRecord):
            return False
        return True

    def _is_used(self, object_id: int) -> bool:
        def question(db: apsw.Connection) -> bool:
            found = db.execute("SELECT 1 FROM media WHERE object = ? LIMIT 1", (object_id,))
            return found.get is not None

        return self._ask(question)

    def reclaim(self, object_id: int) -> None:
        """Stage the dropping of an object's blocks, unless an entry uses it."""
        if not self._is_used(object_id):
            for number in self._store.numbers(MEDIA, object_id):
                self._store.drop(MEDIA, object_id, number)


def _numbers(rows: Iterable[tuple[Value, ...]]) -> set[int]:
    return {number_in(row[0]) for row in rows}
