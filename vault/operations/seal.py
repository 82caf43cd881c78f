"""Sealing: a preview of what would leave, then one bundle for one contact.

Order: the checkpoint is signed over entries that a commit has acknowledged; it is kept together
with the bundle's number and committed; only then is the bundle written, under a temporary name,
fsynced and renamed. A crash between leaves a number without a bundle, never two bundles of one
number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.catalog.store import MEDIA
from vault.contacts.card import parse_card
from vault.crypto.hashes import sha256
from vault.errors import UsageError, VaultError, mark
from vault.evidence.kinds import STOCK
from vault.evidence.metadata import parse_metadata
from vault.ledger.checkpoint import Checkpoint
from vault.ledger.disclosure import parse_disclosure
from vault.ledger.entry import FILE_FIELD
from vault.ledger.merkle import EMPTY_ROOT, Tree
from vault.ledger.proof import InclusionProof
from vault.media.metadata import Metadata
from vault.media.revealing import given_away
from vault.operations.contacts import own_card
from vault.operations.log import default_fields, stage_checkpoint
from vault.sync.bundle import MAX_RECORDS, BundleFile, SealedBundle, seal_bundle
from vault.sync.manifest import MAX_MANIFEST_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from vault.catalog.bodies import Contact
    from vault.catalog.rows import Entry, Media
    from vault.media.metadata import Finding
    from vault.media.reader import MetadataReader
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress
    from vault.storage.interface import Buffer

BUNDLE_COUNTER = "bundle"
"""Counter per contact: number of the last bundle made for her."""

ENTRY_FILES = 3
"""Files of an entry besides its fields: leaf, proof, and the exhibit itself."""

ENTRY_BYTES = 8 << 10
"""Bytes that leaf and proof take at most."""

MANIFEST_LINE = 224
"""Bytes that one file takes in the manifest at most."""

LOOK_INTO = 64 << 20
"""Bytes of the largest file that is read again to see what it gives away."""


@dataclass(frozen=True)
class PlannedEntry:
    """What would leave of one entry.

    Attributes:
        entry: as a list shows it.
        sent: names of the fields that leave.
        withheld: names of the fields that stay.
        gives_away: what the file's own bytes say, whichever fields are withheld.
        looked: whether the file itself was looked into; else only what was found when it
            came in is told.
    """

    entry: Entry
    sent: list[str]
    withheld: list[str]
    gives_away: tuple[Finding, ...] = ()
    looked: bool = True


@dataclass(frozen=True)
class SealPlan:
    """What a bundle would hold, before anything is written.

    Attributes:
        contact: for whom; `confirmed` says whether her fingerprint was compared.
        entries: in the order of their numbers.
        origin: of the own log; like the next two it links all bundles of this log.
        size: entries of the log.
        seq: number of the bundle for this contact.
        left_out: own entries of which nothing is left, and which were not named.
    """

    contact: Contact
    entries: list[PlannedEntry] = field(default_factory=list)
    origin: str = ""
    size: int = 0
    seq: int = 1
    left_out: int = 0

    @property
    def gives_away(self) -> bool:
        """Whether a file's own bytes say more than the fields that leave."""
        return any(entry.gives_away or not entry.looked for entry in self.entries)


def plan_seal(
    vault: OpenVault,
    items: Sequence[str],
    name: str,
    *,
    reader: MetadataReader,
    progress: Progress,
    withhold: Collection[str] = (),
    only: Collection[str] = (),
) -> SealPlan:
    """Say what a bundle would hold; writes nothing.

    Args:
        vault: open.
        items: own entries; all of them if empty, but for files in stock and what was erased.
        name: of the contact.
        reader: looks into files in a process that holds no key.
        progress: called with entries looked at and entries in all.
        withhold: fields that stay inside.
        only: fields that leave, instead of the default ones.

    Raises:
        NotFound: no such contact or entry.
        UsageError: there is nothing to send, or an item came from somebody else.
    """
    catalog = vault.catalog
    contact = catalog.contact(name)
    entries = [vault.own(item) for item in dict.fromkeys(items)]
    left_out = 0
    if not entries:
        all_own = [entry for entry in _all_own(vault) if entry.kind != STOCK.name]
        entries = [entry for entry in all_own if entry.fields]
        left_out = len(all_own) - len(entries)
    if not entries:
        raise UsageError(mark("There is nothing to send: no entry holds anything."))
    planned = []
    for done, entry in enumerate(sorted(entries, key=lambda entry: entry.seq)):
        planned.append(_plan_entry(vault, entry, reader, withhold, only))
        progress(done + 1, len(entries))
    _check_size(vault, planned)
    return SealPlan(
        contact,
        planned,
        catalog.origin,
        catalog.next_seq(catalog.origin),
        catalog.counter(contact.contact_id, BUNDLE_COUNTER) + 1,
        left_out,
    )


def _check_size(vault: OpenVault, planned: Sequence[PlannedEntry]) -> None:
    """Refuse what the receiver could not take: better now than after a journey.

    Raises:
        UsageError: more entries, or longer texts, than one bundle may hold.
    """
    files = size = 0
    for one in planned:
        stored = vault.catalog.fields(one.entry.origin, one.entry.seq)
        lengths = [len(kept.raw) for kept in stored if kept.name in one.sent]
        files += len(lengths) + ENTRY_FILES
        size += sum(lengths) + ENTRY_BYTES
    if size > MAX_RECORDS or files * MANIFEST_LINE > MAX_MANIFEST_SIZE:
        raise UsageError(
            mark("{entries} entries are too much for one bundle."),
            hint=mark("Name fewer of them, and make several bundles."),
            entries=len(planned),
        )


def _all_own(vault: OpenVault) -> Iterator[Entry]:
    first, origin = 0, vault.catalog.origin
    while portion := vault.catalog.entries_of(origin, first):
        yield from portion
        first = portion[-1].seq + 1


def _plan_entry(
    vault: OpenVault,
    entry: Entry,
    reader: MetadataReader,
    withhold: Collection[str],
    only: Collection[str],
) -> PlannedEntry:
    stored = {kept.name: kept.raw for kept in vault.catalog.fields(entry.origin, entry.seq)}
    sent = default_fields(stored, withhold, only)
    held = sorted(stored.keys() - set(sent))
    if entry.media is None or FILE_FIELD not in sent:
        return PlannedEntry(entry, sent, held)
    found = _look_into(vault, entry.media, reader)
    if found.problem is None and entry.media.size <= LOOK_INTO:
        return PlannedEntry(entry, sent, held, found.revealing)
    known: dict[str, str] = {}
    if "media-metadata" in stored:
        known = parse_metadata(parse_disclosure(stored["media-metadata"]).value)[1]
    gives_away = found.revealing or given_away(known, ())
    return PlannedEntry(entry, sent, held, gives_away, looked=False)


def _look_into(vault: OpenVault, media: Media, reader: MetadataReader) -> Metadata:
    if media.size > LOOK_INTO:
        return Metadata(media.media_type)
    return reader.read_bytes(b"".join(map(bytes, _chunks(vault, media))))


def _chunks(vault: OpenVault, media: Media) -> Iterator[Buffer]:
    count = -(-media.size // vault.volume.payload)
    return vault.volume.read_run(MEDIA, media.object_id, 0, count)


def prepare_bundle(vault: OpenVault, plan: SealPlan) -> SealedBundle:
    """Sign, number, commit, and return the bundle that is ready to be written.

    Args:
        vault: opened for writing.
        plan: as it was shown.

    Raises:
        NotSaved: the disk failed; nothing left.
        LedgerError: the log does not hold; nothing leaves.
    """
    try:
        bundle = _signed(vault, plan)
        vault.catalog.set_counter(plan.contact.contact_id, BUNDLE_COUNTER, plan.seq)
    except VaultError:
        vault.forget_staged()
        raise
    vault.commit()
    return bundle


def _signed(vault: OpenVault, plan: SealPlan) -> SealedBundle:
    """Stage the checkpoint, and sign the manifest; no file is read yet."""
    kept = stage_checkpoint(vault)
    card, _ = own_card(vault)
    files = [_record("card", card), _record("checkpoint", kept.raw)]
    tree = Tree(vault.catalog.leaf_hashes(kept.origin, kept.size))
    media: dict[bytes, BundleFile] = {}
    for planned in plan.entries:
        seq = planned.entry.seq
        files += _entry_files(vault, planned, InclusionProof(seq, tree.inclusion_proof(seq)))
        stored = planned.entry.media
        if stored and FILE_FIELD in planned.sent:
            media[stored.sha256] = _media_file(vault, stored)
    return seal_bundle(
        recipient=parse_card(plan.contact.card).recipient,
        seq=plan.seq,
        made=vault.place.clock().replace(microsecond=0),
        base=Checkpoint(kept.origin, 0, EMPTY_ROOT),
        head=Checkpoint(kept.origin, kept.size, kept.root),
        files=[*files, *media.values()],
        keys=vault.keys,
        random=vault.place.random,
    )


def _entry_files(
    vault: OpenVault, planned: PlannedEntry, proof: InclusionProof
) -> Iterable[BundleFile]:
    entry = planned.entry
    base = f"entries/{entry.seq}"
    yield _record(f"{base}/leaf", vault.catalog.leaf(entry.origin, entry.seq))
    yield _record(f"{base}/proof", proof.encode())
    for kept in vault.catalog.fields(entry.origin, entry.seq):
        if kept.name in planned.sent:
            yield _record(f"{base}/fields/{kept.name}", kept.raw)


def _record(name: str, content: bytes) -> BundleFile:
    return BundleFile(name, len(content), sha256(content), lambda: [content])


def _media_file(vault: OpenVault, media: Media) -> BundleFile:
    chunks: Callable[[], Iterable[Buffer]] = lambda: _chunks(vault, media)  # noqa: E731
    return BundleFile(f"media/{media.sha256.hex()}", media.size, media.sha256, chunks)
