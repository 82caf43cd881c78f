"""Checking a bundle from its first byte to its last, and what can be said of it then.

docs/format/sync.md, "What a reader checks". Every file is looked at as it streams by; an entry
is handed on as soon as its leaf, proof and fields fit together, a media file chunk by chunk.
Nothing that was handed on may be shown or published before `check_bundle` has returned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from vault.contacts.card import parse_card
from vault.crypto.hashes import sha256
from vault.errors import ChainBroken, Inconsistent, MalformedBundle, VerificationFailed, mark
from vault.ledger.checkpoint import open_checkpoint
from vault.ledger.entry import FILE_FIELD, FileValue, check_disclosures, parse_file_value
from vault.ledger.leaf import genesis, leaf_hash
from vault.ledger.proof import check_inclusion, parse_proof
from vault.sync.bundle import MAX_RECORD, MAX_RECORDS
from vault.sync.manifest import verify_manifest
from vault.sync.names import Kind, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vault.contacts.card import Card
    from vault.ledger.disclosure import Disclosure
    from vault.ledger.tree_head import Checkpoint
    from vault.sync.bundle import BundledFile, BundleReader
    from vault.sync.manifest import Manifest

LONGEST_TITLE = 200
"""Characters of a title in a report; the field itself is kept whole."""


class ReceivedEntry(NamedTuple):
    """An entry of a bundle, checked against the checkpoint.

    Attributes:
        seq: its number.
        leaf: the leaf's bytes.
        proof: the inclusion proof's bytes.
        fields: what was disclosed, by name.
        file: the value of the field `file`, where it was disclosed.
    """

    seq: int
    leaf: bytes
    proof: bytes
    fields: dict[str, bytes]
    file: FileValue | None


class Sink(Protocol):
    """Who takes what a bundle holds, as it streams by."""

    def sender(self, card: Card, manifest: Manifest, digest: bytes) -> None:
        """Learn who signed the manifest, before anything else comes; may raise to refuse it.

        Args:
            card: the sender's own, from the bundle; nobody compared it yet.
            manifest: signed by both manifest keys of that card.
            digest: SHA-256 of the manifest with its signatures, 32 bytes.
        """
        ...

    def entry(self, entry: ReceivedEntry) -> None:
        """Take an entry; nothing may be shown yet."""
        ...

    def media(self, file: FileValue, chunks: Iterator[memoryview]) -> None:
        """Take a media file; each chunk is valid until the next; all must be read."""
        ...


class Discard:
    """A sink that keeps nothing: for checking alone.

    Args:
        expected: origin of the log that must have signed; `None` for any.
    """

    def __init__(self, expected: str | None = None) -> None:
        self._expected = expected

    def sender(self, card: Card, manifest: Manifest, digest: bytes) -> None:  # noqa: ARG002 the protocol's
        """Refuse another signer than the expected one."""
        check_signer(card, self._expected)

    def entry(self, entry: ReceivedEntry) -> None:
        """Let it go."""

    def media(self, file: FileValue, chunks: Iterator[memoryview]) -> None:  # noqa: ARG002 the protocol's
        """Read it, so that its hash is checked."""
        for _ in chunks:
            pass


def check_signer(card: Card, expected: str | None) -> None:
    """Refuse a bundle that was not signed by the log with the origin `expected`.

    Raises:
        VerificationFailed: it was signed by the keys of another.
    """
    if expected is not None and card.origin != expected:
        raise VerificationFailed(
            mark("This bundle was not signed by the owner of that card, but by {fingerprint}."),
            report=card,
            fingerprint=card.fingerprint,
        )


class Signer(Enum):
    """How much is known of who signed a bundle.

    CONFIRMED: a contact whose fingerprint was compared. NOT_CONFIRMED: a contact whose was not.
    BY_CARD: the owner of a card given from outside; whether it was compared is not known here.
    """

    CONFIRMED = "confirmed"
    BY_CARD = "by-card"
    NOT_CONFIRMED = "not-confirmed"
    UNKNOWN = "unknown"


@dataclass
class EntrySummary:
    """What a report says of one entry.

    Attributes:
        seq: its number in the sender's log.
        title: its title, where disclosed.
        fields: names of the fields that were disclosed.
        file: hash, size and type of its file, where disclosed.
        media: whether the file itself came along.
    """

    seq: int
    title: str
    fields: list[str]
    file: FileValue | None
    media: bool = False


@dataclass
class BundleReport:
    """What was shown about a bundle: its bytes are intact and these keys signed them.

    Attributes:
        origin: the sender's log.
        fingerprint: of the sender's card, to compare.
        seq: number of the bundle for this recipient.
        made: when it was sealed, by the sender's clock.
        base: what the receiver must already hold.
        head: the checkpoint that both log keys signed.
        manifest_sha256: 32 bytes.
        entries: in the order of their numbers.
        unknown: names of files that this version does not know; left alone.
        signer: set by whoever knows contacts.
        contact: name of the contact, where there is one.
    """

    origin: str
    fingerprint: str
    seq: int
    made: datetime
    base: Checkpoint
    head: Checkpoint
    manifest_sha256: bytes
    card: bytes
    checkpoint: bytes
    entries: list[EntrySummary] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    signer: Signer = Signer.UNKNOWN
    contact: str = ""


def check_bundle(reader: BundleReader, sink: Sink) -> BundleReport:
    """Check everything in a bundle: signatures, proofs, disclosures, media, padding, end.

    Args:
        reader: an opened bundle, of which no file was read yet.
        sink: gets entries and media as they stream by.

    Raises:
        MalformedBundle: something is missing, too much, or not what the manifest says.
        LedgerError: a signature, proof or disclosure does not hold.
        BadCard: the sender's card is not one.
    """
    return _Check(reader, sink).run()


class _Check:
    """The state of one pass over a bundle."""

    def __init__(self, reader: BundleReader, sink: Sink) -> None:
        self._reader = reader
        self._sink = sink
        self._records = 0
        self._card: Card | None = None
        self._card_bytes = b""
        self._checkpoint_bytes = b""
        self._parts: dict[str, bytes] = {}
        self._seq = -1
        self._entries: dict[int, EntrySummary] = {}
        self._expected: dict[bytes, list[EntrySummary]] = {}
        self._unknown: list[str] = []
        self._links: dict[int, tuple[bytes, bytes]] = {}

    def run(self) -> BundleReport:
        """Go through the files in the manifest's order: card, checkpoint, entries, media."""
        for file in self._reader.files():
            self._take(file)
        if not self._reader.complete:
            raise MalformedBundle(mark("This bundle was not read to its end."))
        self._finish_entry()
        self._check_links()
        manifest = self._reader.manifest
        card = self._card
        if card is None or not self._checkpoint_bytes:
            raise MalformedBundle(mark("This bundle has no card or no checkpoint."))
        return BundleReport(
            origin=manifest.log,
            fingerprint=card.fingerprint,
            seq=manifest.seq,
            made=manifest.made,
            base=manifest.base,
            head=manifest.head,
            manifest_sha256=sha256(self._reader.manifest_note),
            card=self._card_bytes,
            checkpoint=self._checkpoint_bytes,
            entries=[self._entries[seq] for seq in sorted(self._entries)],
            unknown=self._unknown,
        )

    def _take(self, file: BundledFile) -> None:
        place = place_of(file.entry.name)
        if place is None:
            self._unknown.append(file.entry.name)
            return
        if place.kind in {Kind.LEAF, Kind.PROOF, Kind.FIELD} and place.seq is not None:
            if place.seq != self._seq:
                self._finish_entry()
                self._seq = place.seq
            self._parts[place.field or f"/{place.kind.value}"] = self._whole(file)
        elif place.kind is Kind.CARD:
            self._take_card(self._whole(file))
        elif place.kind is Kind.CHECKPOINT:
            self._take_checkpoint(self._whole(file))
        elif place.sha256 is not None:
            self._finish_entry()
            self._check_links()
            self._take_media(file, place.sha256)

    def _whole(self, file: BundledFile) -> bytes:
        """Read a small file into memory, within the limits of a bundle."""
        self._records += file.entry.size
        if file.entry.size > MAX_RECORD or self._records > MAX_RECORDS:
            raise MalformedBundle(
                mark("“{name}” makes the entries of this bundle too large to be checked."),
                hint=mark("Ask the sender to send fewer entries at once."),
                name=file.entry.name,
            )
        return b"".join(map(bytes, file))

    def _take_card(self, raw: bytes) -> None:
        card = parse_card(raw)
        if card.keys is None:
            raise MalformedBundle(mark("The card in this bundle names no log."))
        manifest, note = self._reader.manifest, self._reader.manifest_note
        verify_manifest(manifest, note, card.keys)
        self._card, self._card_bytes = card, raw
        self._sink.sender(card, manifest, sha256(note))

    def _take_checkpoint(self, raw: bytes) -> None:
        if self._card is None or self._card.keys is None:
            raise MalformedBundle(mark("This bundle has no card or no checkpoint."))
        keys = self._card.keys
        head = open_checkpoint(raw, keys.origin, keys.checkpoint)
        if head != self._reader.manifest.head:
            raise Inconsistent(mark("The checkpoint in this bundle is not that of its manifest."))
        self._checkpoint_bytes = raw

    def _finish_entry(self) -> None:
        """Check the entry whose last part was just read, and hand it on."""
        parts, self._parts = self._parts, {}
        if not parts:
            return
        leaf, proof = parts.pop("/leaf", None), parts.pop("/proof", None)
        if leaf is None or proof is None or not self._checkpoint_bytes:
            raise MalformedBundle(
                mark("Entry {seq} of this bundle has no leaf or no proof."), seq=self._seq
            )
        parsed = check_inclusion(self._reader.manifest.head, leaf, parse_proof(proof))
        if parsed.seq != self._seq:
            raise MalformedBundle(
                mark("Under entry {seq} of this bundle stands entry {found}."),
                seq=self._seq,
                found=parsed.seq,
            )
        self._links[parsed.seq] = (parsed.prev, leaf_hash(leaf))
        fields = check_disclosures(parsed, parts.values())
        if list(fields) != list(parts):  # in the same order: two exchanged names are seen too
            raise MalformedBundle(
                mark("A field of entry {seq} stands under the name of another."), seq=self._seq
            )
        entry = ReceivedEntry(self._seq, leaf, proof, parts, _file_of(fields))
        summary = _summary(entry, fields)
        self._entries[entry.seq] = summary
        if entry.file:
            self._expected.setdefault(entry.file.sha256, []).append(summary)
        self._sink.entry(entry)

    def _check_links(self) -> None:
        """Where an entry and the one before it both came, the one must follow the other."""
        links, self._links = self._links, {}
        first = genesis(self._reader.manifest.log)
        for seq, (prev, _) in links.items():
            before = links[seq - 1][1] if seq - 1 in links else None
            if prev != (before or (first if seq == 0 else prev)):
                raise ChainBroken(mark("Entry {seq} does not follow the entry before it."), seq=seq)

    def _take_media(self, file: BundledFile, digest: bytes) -> None:
        owners = self._expected.get(digest, [])
        values = [owner.file for owner in owners if owner.file]
        if not values or any(value.size != file.entry.size for value in values):
            raise MalformedBundle(
                mark("“{name}” belongs to no entry of this bundle."), name=file.entry.name
            )
        self._sink.media(values[0], file)
        for owner in owners:
            owner.media = True


def _file_of(fields: dict[str, Disclosure]) -> FileValue | None:
    found = fields.get(FILE_FIELD)
    return parse_file_value(found.value) if found else None


def _summary(entry: ReceivedEntry, fields: dict[str, Disclosure]) -> EntrySummary:
    title = fields["title"].value.decode("utf-8", "replace") if "title" in fields else ""
    return EntrySummary(entry.seq, title[:LONGEST_TITLE], sorted(entry.fields), entry.file)
