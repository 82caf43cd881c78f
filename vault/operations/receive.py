"""Taking a bundle into the vault: everything is checked before anything of it is shown.

Files stream into blocks that belong to nothing yet; when every signature, proof, hash, the padding
and the end of the stream hold, one last commit publishes the entries. A crash, or a check that
fails, leaves blocks that the next command that brings something in reclaims. Only where the entries
alone are more than one commit carries do they come in several, each entry whole, the note of the
import last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.bodies import Import, KeptCheckpoint
from vault.catalog.rows import Media
from vault.catalog.store import MEDIA
from vault.encoding.times import write_time
from vault.errors import ContainerFull, MalformedBundle, VaultError, mark
from vault.operations.batches import batch_blocks
from vault.operations.bundles import check_file
from vault.verify.bundle import Signer
from vault.verify.history import check_known, check_sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.catalog.bodies import Contact
    from vault.contacts.card import Card
    from vault.ledger.entry import FileValue
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress
    from vault.sync.manifest import Manifest
    from vault.verify.bundle import BundleReport, ReceivedEntry


FRAGMENT_BYTES = 64
"""Bytes that a record takes at most besides its body; see `vault.catalog.records`."""

MOST_MISSING = 100
"""Missing bundles that are told by number; a sender can claim any number for hers."""


class Received(NamedTuple):
    """What an import brought.

    Attributes:
        report: what was checked, and who signed.
        new: numbers of the entries that were new, or of which something was.
        missing: numbers of bundles from this contact that never arrived, before this one;
            the last hundred at most.
    """

    report: BundleReport
    new: list[int]
    missing: list[int]


def import_bundle(vault: OpenVault, path: str, progress: Progress) -> Received:
    """Import one bundle.

    Args:
        vault: opened for writing; its own key must open the bundle.
        path: the bundle's file.
        progress: called with bytes read and bytes in all.

    Raises:
        NotForUs: not sealed for this volume.
        SyncError, LedgerError: a check failed; nothing of the bundle is in the vault.
        Replayed: it was imported before.
        ContactError: its sender is not among the contacts.
        Inconsistent: it does not fit to what came from the same log before.
        ContainerFull, NotSaved: nothing of the bundle is in the vault.
    """
    vault.reclaim()
    sink = _VaultSink(vault)
    try:
        report = check_file(path, [vault.identity], sink, progress)
        contact = sink.contact
        missing = vault.catalog.missing_imports(contact.contact_id, report.seq, MOST_MISSING)
        new = _publish(vault, report, contact, sink)
        vault.commit()
    except VaultError:
        vault.forget_staged()
        raise
    report.signer = Signer.CONFIRMED if contact.confirmed else Signer.NOT_CONFIRMED
    report.contact = contact.name
    return Received(report, new, missing)


class _VaultSink:
    """Puts media into blocks as they stream by, and keeps the entries until all is checked."""

    def __init__(self, vault: OpenVault) -> None:
        self._vault = vault
        self._contact: Contact | None = None
        self.entries: list[ReceivedEntry] = []
        self.media_of: dict[bytes, Media] = {}
        self.batch = batch_blocks(vault.volume)

    @property
    def contact(self) -> Contact:
        """Who signed; known before anything else comes."""
        if self._contact is None:
            raise MalformedBundle(mark("This bundle has no card or no checkpoint."))
        return self._contact

    def sender(self, card: Card, manifest: Manifest, digest: bytes) -> None:
        self._contact = check_sender(self._vault.catalog, manifest, digest, card.fingerprint)
        volume = self._vault.volume
        sizes = [file.size for file in manifest.files if file.name.startswith("media/")]
        if sum(-(-size // volume.payload) for size in sizes) > volume.room(media=True):
            raise ContainerFull(
                mark("There is no room for the files of this bundle."),
                hint=mark("Nothing was imported. For more room: amanat move NEWFILE --size SIZE"),
            )

    def entry(self, entry: ReceivedEntry) -> None:
        check_known(self._vault.catalog, self.contact, entry)
        self.entries.append(entry)

    def media(self, file: FileValue, chunks: Iterator[memoryview]) -> None:
        volume = self._vault.volume
        for entry in self._vault.catalog.entries_with(file.sha256):
            if entry.media and not self._vault.catalog.lost_chunks(entry.media):
                self.media_of[file.sha256] = entry.media
                return  # the same bytes are here; the reader still checks what came
        object_id = self._vault.catalog.new_media_object()
        rest, number = bytearray(), 0
        for chunk in chunks:
            rest += chunk
            while len(rest) >= volume.payload:
                if volume.pending_blocks() >= self.batch:
                    self._vault.session.commit()
                volume.put(MEDIA, object_id, number, memoryview(rest)[: volume.payload])
                del rest[: volume.payload]
                number += 1
        if rest:
            volume.put(MEDIA, object_id, number, rest)
        self.media_of[file.sha256] = Media(object_id, file.size, file.sha256, file.media_type)


def _publish(
    vault: OpenVault, report: BundleReport, contact: Contact, sink: _VaultSink
) -> list[int]:
    """Stage entries, checkpoint and the note of the import; returns the numbers with news."""
    catalog, now = vault.catalog, vault.place.now()
    head = report.head
    catalog.add_checkpoint(KeptCheckpoint(head.origin, head.size, head.root, report.checkpoint))
    new, waiting = [], 0
    for entry in sink.entries:
        blocks = -(-_record_bytes(entry) // vault.volume.payload)
        if vault.volume.pending_blocks() + waiting + blocks > sink.batch:
            vault.commit()
            waiting = 0
        waiting += blocks
        media = sink.media_of.get(entry.file.sha256) if entry.file else None
        if media and entry.file:
            # One file, but each entry says by itself of what type it takes it to be.
            media = replace(media, media_type=entry.file.media_type)
        if catalog.receive_entry(
            entry.leaf,
            list(entry.fields.values()),
            media,
            (report.head.size, entry.proof),
            added=now,
        ):
            new.append(entry.seq)
    for media in sink.media_of.values():
        catalog.heal_media(media)
    catalog.add_import(
        Import(
            manifest=report.manifest_sha256,
            contact_id=contact.contact_id,
            seq=report.seq,
            made=write_time(report.made).decode(),
            imported=now,
            origin=head.origin,
            head_size=head.size,
            head_root=head.root,
        )
    )
    return sorted(new)


def _record_bytes(entry: ReceivedEntry) -> int:
    """Bytes that an entry takes in the records."""
    parts = (entry.leaf, entry.proof, *entry.fields.values())
    return sum(FRAGMENT_BYTES + len(part) for part in parts)
