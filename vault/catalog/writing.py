"""Taking in entries: the own log's next one, and those of other people's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog import bodies
from vault.catalog.bodies import Extent, KeptLeaf, KeptProof
from vault.catalog.body_reader import ReadLeaf
from vault.catalog.exchange import Exchange
from vault.catalog.index import NewRecord
from vault.catalog.media import MediaObjects
from vault.catalog.rows import Media, number_in
from vault.errors import BadProof, Damaged, Inconsistent, NotFound, mark
from vault.ledger.chain import check_link
from vault.ledger.entry import FILE_FIELD, FileValue, check_disclosures, parse_file_value
from vault.ledger.leaf import leaf_hash, parse_leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import apsw

    from vault.catalog.stream import Draft
    from vault.ledger.disclosure import Disclosure
    from vault.ledger.leaf import Leaf


class NewEntry(NamedTuple):
    """An entry that is to be appended to the own log.

    Attributes:
        leaf: its bytes.
        disclosures: bytes of all its fields; each must open a commitment of the leaf.
        media: the file, whose chunks are in the store already: publishes the object.
    """

    leaf: bytes
    disclosures: Sequence[bytes]
    media: Media | None = None


class Writing(MediaObjects, Exchange):
    """Entries come in whole: leaf, fields and file become visible together, or not at all."""

    def append_entry(
        self,
        leaf: bytes,
        disclosures: Sequence[bytes],
        media: Media | None = None,
        *,
        added: str,
        after_loss: bool = False,
    ) -> int:
        """Append the next entry of the volume's own log; see `append_entries`.

        Returns:
            The entry's number.
        """
        entry = NewEntry(leaf, disclosures, media)
        return self.append_entries([entry], added=added, after_loss=after_loss)

    def append_entries(
        self, entries: Sequence[NewEntry], *, added: str, after_loss: bool = False
    ) -> int:
        """Append the next entries of the volume's own log: all of them, or none.

        Args:
            entries: in their order. The first must be the next of the chain, and each further
                one follow the one before it.
            added: RFC 3339, when they are added.
            after_loss: append although entries at the end of the log may be lost, so that
                their numbers may have been used before.

        Returns:
            The number of the first.

        Raises:
            MalformedRecord, BadProof, Inconsistent: not an entry.
            ChainBroken: not the next one.
            Damaged: entries at the end of the log may be lost.
        """
        origin = self.origin
        if not after_loss and self.end_is_lost():
            raise Damaged(
                mark("The end of the log is lost: entries may have followed the last one known."),
                hint=mark("Use another copy of the file. To add all the same, give --continue."),
            )
        first, prev = self.next_place(origin)
        news = []
        for seq, entry in enumerate(entries, first):
            leaf = check_link(origin, seq, prev, entry.leaf)
            opened = check_disclosures(leaf, entry.disclosures)
            _check_file(opened, entry.media)
            fields = zip(entry.disclosures, opened.values(), strict=True)
            read = ReadLeaf(added, leaf, leaf_hash(entry.leaf))
            news.append(_entry_records(read, entry.leaf, fields, entry.media))
            prev = read.leaf_hash

        def work(db: apsw.Connection, draft: Draft) -> None:
            for records in news:
                self._allow()  # for each entry a whole budget, however many there are
                self._write_read(db, draft, records)
            self._allow()

        self._change(work)
        return first

    def receive_entry(
        self,
        leaf: bytes,
        disclosures: Sequence[bytes],
        media: Media | None = None,
        proof: tuple[int, bytes] | None = None,
        *,
        added: str,
    ) -> bool:
        """Keep an entry of somebody else's log, or what is new of one that is here.

        Whether it belongs to that log is not checked here.

        Args:
            leaf: its bytes.
            disclosures: bytes of those of its fields that came.
            media: its file, whose chunks are in the store already.
            proof: an inclusion proof and the size of the tree that it leads to.
            added: RFC 3339, when it is added.

        Returns:
            Whether anything was new.

        Raises:
            MalformedRecord, BadProof: not an entry.
            Inconsistent: another entry of this number, or another value of one field, is here.
        """
        parsed = parse_leaf(leaf)
        check_disclosures(parsed, disclosures)
        origin, seq = parsed.log, parsed.seq
        known = [field.raw for field in self.fields(origin, seq)]
        raws = dict.fromkeys((*known, *disclosures))
        opened = check_disclosures(parsed, raws)
        _check_file(opened, media)
        fields = [
            (raw, field)
            for raw, field in zip(raws, opened.values(), strict=True)
            if raw not in known
        ]
        read = ReadLeaf(added, parsed, leaf_hash(leaf))
        records = _entry_records(read, leaf, fields, media)
        if self._is_known(parsed, leaf):
            records = records[1:]
            if media is not None and self.entry(origin, seq).media is not None:
                records.pop()
        if proof is not None:
            kept = KeptProof(origin, seq, *proof)
            if self.proof(origin, seq) != kept:
                records.append(NewRecord(bodies.PROOF, kept.encode(), kept))
        if records:
            self._change(lambda db, draft: self._write_read(db, draft, records))
        return bool(records)

    def _is_known(self, parsed: Leaf, leaf: bytes) -> bool:
        """Whether this leaf is here; raises `Inconsistent` if another of its number is."""
        try:
            found = self.leaf(parsed.log, parsed.seq)
        except NotFound:
            return False
        if found != leaf:
            raise Inconsistent(
                mark("Another entry {seq} of the same log is here already."), seq=parsed.seq
            )
        return True

    def end_is_lost(self) -> bool:
        """Whether entries of the own log may have followed the last one that is known.

        So it is when records behind the last leaf are lost, and the index with them.
        """
        origin = self.origin

        def question(db: apsw.Connection) -> bool:
            newest = db.execute(
                "SELECT id FROM entries WHERE log = (SELECT id FROM logs WHERE origin = ?)"
                " ORDER BY seq DESC LIMIT 1",
                (origin,),
            ).get
            lost = db.execute("SELECT last FROM lost ORDER BY first DESC LIMIT 1").get
            return lost is not None and number_in(lost) > number_in(newest or 0)

        return self._ask(question)


def _entry_records(
    read: ReadLeaf,
    leaf: bytes,
    fields: Iterable[tuple[bytes, Disclosure]],
    media: Media | None,
) -> list[NewRecord]:
    """Return an entry's records: leaf, fields, file."""
    records = [NewRecord(bodies.LEAF, KeptLeaf(read.added, leaf).encode(), read)]
    records += [NewRecord(bodies.DISCLOSURE, raw, field) for raw, field in fields]
    if media is not None:
        log, seq = read.leaf.log, read.leaf.seq
        extent = Extent(log, seq, media.object_id, media.size, media.sha256, media.media_type)
        records.append(NewRecord(bodies.MEDIA_EXTENT, extent.encode(), extent))
    return records


def _check_file(opened: Mapping[str, Disclosure], media: Media | None) -> None:
    """Check that an entry's file is the one that its field `file` names.

    Raises:
        BadProof: it is not, or there is no such field.
    """
    if media is None:
        return
    field = opened.get(FILE_FIELD)
    named = None if field is None else parse_file_value(field.value)
    if named != FileValue(media.sha256, media.size, media.media_type):
        raise BadProof(mark("The file is not the one that its entry names."))
