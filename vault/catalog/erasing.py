"""Taking out: fields of an entry, and the bytes of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.catalog import bodies
from vault.catalog.bodies import Extent
from vault.catalog.indexing import FILE_FIELD, Indexer
from vault.catalog.media import MediaObjects
from vault.catalog.rows import number_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from vault.catalog.indexing import Place
    from vault.catalog.rows import Media
    from vault.catalog.stream import Draft


class Erasing(MediaObjects):
    """What is erased is in no block that the volume still has; earlier copies of it have it yet."""

    def erase_fields(self, origin: str, seq: int, names: Iterable[str]) -> tuple[str, ...]:
        """Take fields of an entry out of records, index and search; the leaf stays.

        With the field `file` go the file's bytes, if no other entry has the same object.

        Returns:
            The names of what was here and is erased.
        """
        wanted = sorted(set(names))
        gone: list[str] = []
        objects: list[int] = []

        def work(db: apsw.Connection, draft: Draft) -> None:
            gone.clear()
            objects.clear()
            # It is set in every database; said again where it matters.
            db.execute("INSERT INTO words (words, rank) VALUES ('secure-delete', 1)")
            indexer = Indexer(db)
            place = (indexer.log_id(origin), seq)
            for name in wanted:
                record = db.execute(
                    "DELETE FROM disclosures WHERE log = ? AND seq = ? AND name = ?"
                    " RETURNING record",
                    (*place, name),
                ).get
                if record is not None:
                    self._erase(db, draft, [number_in(record)])
                    gone.append(name)
            if FILE_FIELD in wanted:
                objects.extend(self._erase_extent(db, draft, place))
            indexer.refresh(place)

        self._change(work)
        for object_id in objects:
            self.reclaim(object_id)
        return tuple(gone)

    def heal_media(self, media: Media) -> int:
        """Give every entry whose file is this one, and has lost blocks, the blocks of this one.

        Args:
            media: a whole file, whose chunks are in the store already.

        Returns:
            How many entries there were.
        """
        size, sha256 = media.size, media.sha256
        damaged = [
            entry
            for entry in self.entries_with(sha256)
            if entry.media
            and (entry.media.size, entry.media.object_id != media.object_id) == (size, True)
            and self.lost_chunks(entry.media)
        ]

        def work(db: apsw.Connection, draft: Draft) -> None:
            indexer = Indexer(db)
            for entry in damaged:
                self._erase_extent(db, draft, (indexer.log_id(entry.origin), entry.seq))
            extents = [
                Extent(e.origin, e.seq, media.object_id, size, sha256, e.media.media_type)
                for e in damaged
                if e.media
            ]
            self._write(db, draft, [(bodies.MEDIA_EXTENT, one.encode()) for one in extents])

        if damaged:
            self._change(work)
        for entry in damaged:
            if entry.media:
                self.reclaim(entry.media.object_id)
        return len(damaged)

    def _erase_extent(self, db: apsw.Connection, draft: Draft, place: Place) -> list[int]:
        row = db.execute(
            "DELETE FROM media WHERE log = ? AND seq = ? RETURNING object, record", place
        ).fetchall()
        self._erase(db, draft, [number_in(record) for _, record in row])
        return [number_in(object_id) for object_id, _ in row]
