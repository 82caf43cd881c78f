"""Objects of the namespace `media`: numbers for new ones, and what nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.catalog.entries import Entries
from vault.catalog.rows import number_in
from vault.catalog.store import MEDIA

if TYPE_CHECKING:
    import apsw


class MediaObjects(Entries):
    """The bytes of files. They lie in the store; an entry that names an object publishes it."""

    _newest_object = 0

    def new_media_object(self) -> int:
        """Return an object of the namespace `media` that nothing uses and nothing used.

        Its chunks are put into the store, numbered from 0, all full but the last. Until an
        entry names it, it is unpublished.
        """
        if self._newest_object == 0:

            def question(db: apsw.Connection) -> int:
                return number_in(db.execute("SELECT max(object) FROM media").get or 0)

            self._newest_object = max([self._ask(question), *self._store.objects(MEDIA)])
        self._newest_object += 1
        return self._newest_object

    def media_sizes(self) -> set[int]:
        """Return the sizes in bytes of all files: another size is surely another file."""
        rows = self._ask(lambda db: db.execute("SELECT DISTINCT size FROM media").fetchall())
        return {number_in(row[0]) for row in rows}

    def unpublished_media(self) -> tuple[int, ...]:
        """Return the objects that have blocks and no entry: left by what was interrupted."""
        rows = self._ask(lambda db: db.execute("SELECT DISTINCT object FROM media").fetchall())
        used = {number_in(row[0]) for row in rows}
        return tuple(number for number in self._store.objects(MEDIA) if number not in used)

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
