"""Rescue: everything that can be read of a damaged vault, in a new one; the rest named by entry.

The damaged file is never written. Of each volume the blocks that open go along; its catalog is put
in order on the way: records of damaged blocks from the index, a damaged index from the records.
Every volume is treated alike, whichever is the most secret one open.
"""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.bodies import Settings
from vault.catalog.catalog import Catalog
from vault.catalog.mending import MendedCatalog, StoredIndex
from vault.catalog.store import PAGE
from vault.contacts.card import parse_card
from vault.container.creation import Beginning, check_new, new_keys
from vault.container.geometry import LEVELS
from vault.container.new_volume import NewVolume
from vault.container.passphrase import normalise
from vault.container.salvage import DamagedContainer, Salvaged, open_damaged
from vault.errors import ContainerFull, Damaged, NotFound, UsageError, VaultError, mark
from vault.ledger.keys import LOG_SEED_SIZE, LogKeys
from vault.operations.create import check_place, first_content
from vault.operations.move import make_named
from vault.sync.age_identity import AgeIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vault.catalog.losses import EntryLoss, Losses
    from vault.operations.workplace import Workplace

    Step = Callable[[int, int], None]

MOST_LOGS = 100
"""Logs that are given a contact where a volume lost its own name; an honest one has one."""


class LostPart(NamedTuple):
    """What one entry lost.

    Attributes:
        item: the entry, as commands take it: NUMBER or CONTACT/NUMBER.
        title: of the entry; empty where it is lost or has none.
        loss: what exactly.
    """

    item: str
    title: str
    loss: EntryLoss


class RescuedVolume(NamedTuple):
    """What became of one volume.

    A volume that lost its name and the keys of its log gets others; its entries are those of a
    contact then.

    Attributes:
        level: 0, 1 or 2.
        label: its name.
        entries: how many are there, of all logs.
        lost: per entry, what is missing.
        end: entries may have followed the last one known.
        since: rows written after the newest state that can be read: without this volume, or
            what came then is lost.
        blocks: blocks that were in use and cannot be read, as far as they were counted.
        anew: neither an index nor a record could be read: the volume begins anew, empty.
        nameless: name and keys of its log were lost, and others stand in.
    """

    level: int
    label: str
    entries: int
    lost: Sequence[LostPart]
    end: bool
    since: int
    blocks: int
    anew: bool
    nameless: bool

    @property
    def whole(self) -> bool:
        """Whether everything that was in it is there."""
        return not (self.lost or self.end or self.anew or self.nameless)


class DamagedVault:
    """A damaged vault, open for reading as far as that goes.

    Args:
        container: its file.
        place: disk, clock, randomness, form.
    """

    def __init__(self, container: DamagedContainer, place: Workplace) -> None:
        self._container = container
        self._place = place
        self._found: list[Salvaged] = []

    @property
    def levels(self) -> int:
        """How many volumes are open."""
        return self._container.levels

    @property
    def all_open(self) -> bool:
        """Whether level 2 is open: then there is no other that could be taken along."""
        return self.levels == LEVELS

    @property
    def length(self) -> int:
        """Bytes that the file had when it was made, and that the new one gets."""
        return self._container.geometry.length

    def open_further(self, passphrase: str) -> None:
        """Open what another passphrase opens as well; raises `UnlockError`."""
        self._container.open_further(passphrase)

    def check(self, path: str, passphrases: Sequence[str]) -> None:
        """Find out, before anything long begins, whether the new file can be made.

        Raises:
            UsageError: an empty passphrase, two that are the same, or not one for each volume.
            VaultError: the name is taken, or there is no room on the disk.
        """
        if len(passphrases) != self.levels:
            raise UsageError(mark("Each volume that goes along needs a passphrase of its own."))
        check_new(self._place.form, self.length, [normalise(one) for one in passphrases])
        check_place(path, self.length, self._place)

    def read(self, progress: Step) -> None:
        """Read every row; `progress` is called with rows read and rows in all.

        Raises:
            NotSaved: the disk fails.
        """
        self._found = self._container.volumes(progress)

    def rescue(self, path: str, passphrases: Sequence[str], progress: Step) -> list[RescuedVolume]:
        """Make a new vault of what was read; when this returns, it is durable.

        Args:
            path: the new file; must not exist.
            passphrases: one for each open volume, all different.
            progress: called with bytes written and bytes in all.

        Raises:
            UsageError: as `check`.
            VaultError: as `check`.
            NotSaved: the disk could not take it, or the old one fails; nothing is left.
        """
        self.check(path, passphrases)
        place, geometry, found = self._place, self._container.geometry, self._found
        keys = new_keys(len(passphrases), place.random)
        volumes = [
            NewVolume(one.volume.reader.file, geometry, one.volume.level, key, one.volume)
            for one, key in zip(found, keys, strict=True)
        ]
        mended = [
            _begin_anew_or_mend(volume, one, place)
            for volume, one in zip(volumes, found, strict=True)
        ]
        self._container.require_disk()  # else what it refused while mending would count as lost
        beginning = Beginning(passphrases, keys, lambda _file: volumes, whole=False)
        unread = make_named(path, self.length, beginning, place, progress)
        reports = []
        for volume, one, names, given_up in zip(volumes, found, unread, mended, strict=True):
            volume.leave_out(names)
            told = _told(volume, one.lost + len(names), place, given_up)
            reports.append(told._replace(end=told.end or one.behind, since=one.since))
        return reports

    def close(self) -> None:
        """Close the file."""
        self._container.close()


@contextmanager
def damaged_vault(
    path: str,
    passphrase: str,
    *,
    place: Workplace,
    from_end: bool,
    length: int | None = None,
) -> Iterator[DamagedVault]:
    """Open a damaged vault, and close it at the end of the block.

    Args:
        path: the file.
        passphrase: as typed.
        place: disk, clock, randomness, form.
        from_end: open by the head at the end of the file.
        length: bytes that it had when it was made, if it has others now.

    Raises:
        UnlockError: it does not open, whatever the reason.
        InUse: another process writes it.
    """
    container = open_damaged(
        place.disk, path, passphrase, form=place.form, from_end=from_end, length=length
    )
    with closing(DamagedVault(container, place)) as vault:
        yield vault


class _Mended(NamedTuple):
    """What had to be given up of a volume as a whole; see `RescuedVolume`."""

    anew: bool = False
    nameless: bool = False


def _begin_anew_or_mend(volume: NewVolume, found: Salvaged, place: Workplace) -> _Mended:
    """Put a volume's catalog in order; without one, stage the first content of an empty volume.

    Whatever somebody who knows its passphrase wrote into it: no other volume is stopped by it.
    """
    try:
        return _mend(volume, found, place)
    except VaultError:
        label = f"volume {volume.level + 1}"
        volume.start_with(first_content(label, volume.payload, place))
        return _Mended(anew=True)


def _mend(volume: NewVolume, found: Salvaged, place: Workplace) -> _Mended:
    """Stage records that only the index has, and an index from the records where it is damaged.

    Raises:
        Damaged: neither an index nor a single record can be read.
        VaultError: what was read is nothing that can be put in order.
    """
    with (
        closing(StoredIndex(volume, place.random)) as stored,
        closing(
            MendedCatalog(volume, random=place.random, from_records=found.by_headers)
        ) as catalog,
    ):
        catalog.repair()
        losses = catalog.losses()
        sound = not losses.pages and not catalog.rebuilt
        if not sound:
            catalog.make_anew()
            if catalog.bring_back(stored):
                catalog.repair()  # blocks of which nothing is lost any more become empty ones
        if found.by_headers and not catalog.losses().records:
            # What was dropped before, and has come back: no entry names it.
            for object_id in catalog.unpublished_media():
                catalog.reclaim(object_id)
        nameless = not _is_named(catalog)
        if nameless:
            _begin_log(catalog, volume, place)
        _stage(catalog, volume, keep_index=sound)
    return _Mended(nameless=nameless)


def _is_named(catalog: Catalog) -> bool:
    """Tell whether the volume's settings can be read."""
    try:
        return bool(catalog.label)
    except Damaged:
        return False


def _begin_log(catalog: MendedCatalog, volume: NewVolume, place: Workplace) -> None:
    """Let a volume that lost name and keys be read: as one with a new log, and those it had.

    Nobody can sign for the old log any more. It is kept as that of a contact, under a bare
    recipient of the volume's own.
    """
    seed = place.random(LOG_SEED_SIZE)
    keys = LogKeys.from_seed(seed)
    known = [origin for origin in catalog.logs() if catalog.contact_of(origin) is None]
    catalog.begin_log(Settings(f"volume {volume.level + 1}", keys.origin, seed))
    card = AgeIdentity(keys.age_seed).recipient.encode("ascii")
    taken = {contact.name for contact in catalog.contacts()}
    names = (name for name in map("lost-log-{}".format, count(1)) if name not in taken)
    for origin, name in zip(known[:MOST_LOGS], names, strict=False):
        catalog.add_contact(
            name,
            card,
            fingerprint=parse_card(card).fingerprint,
            added=place.now(),
            origin=origin,
        )


def _stage(catalog: MendedCatalog, volume: NewVolume, *, keep_index: bool) -> None:
    """Stage what was put in order; in a volume that is full, leave the index to the next opening.

    A damaged index goes first: what was brought back out of it stands nowhere else any more.

    Args:
        catalog: of the volume.
        volume: where.
        keep_index: whether the stored index can stay where there is no room for another.
    """
    try:
        catalog.flush()
    except ContainerFull:
        volume.forget_staged()
        if keep_index:
            return
        for number in volume.numbers(PAGE, 0):
            volume.drop(PAGE, 0, number)
        with suppress(ContainerFull):
            catalog.stage_records()


def _told(volume: NewVolume, blocks: int, place: Workplace, given_up: _Mended) -> RescuedVolume:
    """Name what is missing of a volume, as it stands in the new file."""
    try:
        return _told_by_catalog(volume, blocks, place, given_up)
    except VaultError:
        label = f"volume {volume.level + 1}"
        return RescuedVolume(
            volume.level,
            label,
            entries=0,
            lost=(),
            end=True,
            since=0,
            blocks=blocks,
            anew=given_up.anew,
            nameless=given_up.nameless,
        )


def _told_by_catalog(
    volume: NewVolume, blocks: int, place: Workplace, given_up: _Mended
) -> RescuedVolume:
    with closing(Catalog(volume, random=place.random)) as catalog:
        losses: Losses = catalog.losses()
        lost = [LostPart(_item(catalog, one), _title(catalog, one), one) for one in losses.entries]
        entries = sum(_entries_in(catalog, origin) for origin in catalog.logs())
        label = catalog.label
    return RescuedVolume(volume.level, label, entries, lost, losses.end, 0, blocks, *given_up)


def _entries_in(catalog: Catalog, origin: str) -> int:
    """Count the entries of a log that are there."""
    found = first = 0
    while portion := catalog.entries_of(origin, first):
        found += len(portion)
        first = portion[-1].seq + 1
    return found


def _item(catalog: Catalog, loss: EntryLoss) -> str:
    if catalog.origin == loss.origin:
        return str(loss.seq)
    contact = catalog.contact_of(loss.origin)
    return f"{contact.name if contact else '?'}/{loss.seq}"


def _title(catalog: Catalog, loss: EntryLoss) -> str:
    try:
        return catalog.entry(loss.origin, loss.seq).title
    except NotFound:
        return ""
