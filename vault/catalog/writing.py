"""Taking in entries: the own log's next one, and those of other people's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.catalog import bodies
from vault.catalog.bodies import Extent, KeptLeaf, KeptProof
from vault.catalog.exchange import Exchange
from vault.catalog.media import MediaObjects
from vault.catalog.rows import Media, number_in
from vault.errors import BadProof, Damaged, Inconsistent, NotFound, mark
from vault.ledger.chain import check_link
from vault.ledger.entry import FILE_FIELD, FileValue, check_disclosures, parse_file_value
from vault.ledger.leaf import genesis, parse_leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import apsw

    from vault.ledger.disclosure import Disclosure
    from vault.ledger.leaf import Leaf


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
        """Append the next entry of the volume's own log.

        Args:
            leaf: its bytes; must be the next of the chain.
            disclosures: bytes of all its fields; each must open a commitment of the leaf.
            media: the file, whose chunks are in the store already: publishes the object.
            added: RFC 3339, when it is added.
            after_loss: append although entries at the end of the log may be lost, so that
                its number may have been used before.

        Returns:
            The entry's number.

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
        seq = self.next_seq(origin)
        prev = self.last_leaf_hash(origin) or genesis(origin)
        parsed = check_link(origin, seq, prev, leaf)
        _check_file(check_disclosures(parsed, disclosures), media)
        self._append(_entry_records(parsed, leaf, disclosures, media, added))
        return seq

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
        opened = check_disclosures(parsed, dict.fromkeys((*known, *disclosures)))
        _check_file(opened, media)
        new = [raw for raw in dict.fromkeys(disclosures) if raw not in known]
        records = _entry_records(parsed, leaf, new, media, added)
        if self._is_known(parsed, leaf):
            records = records[1:]
            if media is not None and self.entry(origin, seq).media is not None:
                records.pop()
        if proof is not None:
            kept = KeptProof(origin, seq, *proof)
            if self.proof(origin, seq) != kept:
                records.append((bodies.PROOF, kept.encode()))
        if records:
            self._append(records)
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
    parsed: Leaf, leaf: bytes, disclosures: Iterable[bytes], media: Media | None, added: str
) -> list[tuple[int, bytes]]:
    """Return kind and body of an entry's records: leaf, fields, file."""
    records = [(bodies.LEAF, KeptLeaf(added, leaf).encode())]
    records += [(bodies.DISCLOSURE, raw) for raw in disclosures]
    if media is not None:
        extent = Extent(
            parsed.log, parsed.seq, media.object_id, media.size, media.sha256, media.media_type
        )
        records.append((bodies.MEDIA_EXTENT, extent.encode()))
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
