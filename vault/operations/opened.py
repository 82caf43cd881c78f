"""An open vault: the session, the catalog of one volume, and the keys of its log."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from vault.catalog.catalog import Catalog, first_blocks
from vault.container.session import open_container
from vault.errors import ContainerError, Damaged, UsageError, mark
from vault.ledger.keys import LOG_SEED_SIZE, LogKeys
from vault.sync.age_identity import AgeIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.catalog.rows import Entry
    from vault.container.notices import Notice
    from vault.container.session import Session
    from vault.container.volume import Volume
    from vault.operations.workplace import Workplace


_MOST_DIGITS = 18


class OpenVault:
    """What the commands work on.

    Attributes:
        session: the open container.
        volume: the volume that is worked on; the most secret open one, unless asked otherwise.
        catalog: what that volume holds.
        place: disk, clock, randomness.
        path: the container's file.
        allow_altered: go on although something was altered or lost.
    """

    def __init__(
        self,
        session: Session,
        level: int,
        place: Workplace,
        path: str,
        *,
        allow_altered: bool = False,
    ) -> None:
        self.session = session
        self.allow_altered = allow_altered
        self.volume: Volume = session.volumes[level]
        self.place = place
        self.path = path
        # One save after the other, and nothing forgotten or closed under one: a thread that saves
        # may be left to itself by somebody who presses Ctrl-C again and again.
        self._saving = threading.RLock()
        # Opened and changed in the same way whatever else is open: who has this volume's
        # passphrase sees every page of it, and must not see that somebody knew more.
        self.catalog = Catalog(self.volume, random=place.random)

    @cached_property
    def keys(self) -> LogKeys:
        """The keys of this volume's log, derived when first needed."""
        return LogKeys.from_seed(self.catalog.log_seed)

    @cached_property
    def identity(self) -> AgeIdentity:
        """The key that opens bundles made for this volume."""
        return AgeIdentity(self.keys.age_seed)

    @property
    def label(self) -> str:
        """The owner's name for this volume."""
        return self.catalog.label

    @property
    def notices(self) -> list[Notice]:
        """What opening and commits noticed."""
        return self.session.notices

    def commit(self) -> None:
        """Save everything staged; returns after the last fsync.

        An index too large for one commit, as after rebuilding it, takes several.

        Raises:
            NotSaved: nothing after the last commit is kept; the vault must be opened again.
            ContainerError: it does not fit, or may not be written: what was staged is
                forgotten, the vault goes on.
        """
        with self._saving:
            try:
                while not self.catalog.flush():
                    self.session.commit()
                self.session.commit()
            except ContainerError:
                if not self.session.broken:
                    self.forget_staged()
                raise

    def renew(self, most_rows: int) -> int:
        """Write the next rows anew; see `Session.renew`."""
        with self._saving:
            return self.session.renew(most_rows)

    def forget_staged(self) -> None:
        """Go back to the last commit."""
        with self._saving:
            self.session.rollback()
            self.catalog.reload()

    def reclaim(self) -> None:
        """Stage the dropping of media that an interrupted command left without an entry.

        Where records are lost, nothing is dropped: media may have lost only the record that
        says to which entry they belong.
        """
        unpublished = self.catalog.unpublished_media()
        if not unpublished:
            return
        losses = self.catalog.losses()
        if losses.records or losses.end:
            return
        for object_id in unpublished:
            self.catalog.reclaim(object_id)

    def find(self, item: str) -> Entry:
        """Return the entry that somebody means.

        Args:
            item: a number of the own log, in any of the three sets of digits; or
                `CONTACT/NUMBER` for an entry that came from a contact.

        Raises:
            UsageError: not such a text.
            NotFound: there is no such contact or entry.
        """
        name, _, number = item.rpartition("/")
        if not number.isdecimal() or len(number) > _MOST_DIGITS:
            raise UsageError(
                mark("“{item}” is not the number of an entry."),
                hint=mark("Numbers are shown by: amanat list"),
                item=item,
            )
        origin = self.catalog.contact(name).origin if name else self.catalog.origin
        return self.catalog.entry(origin, int(number))

    def own(self, item: str) -> Entry:
        """Return the entry of the own log that somebody means; see `find`.

        Raises:
            UsageError: also for an entry that came from a contact.
        """
        entry = self.find(item)
        if entry.origin != self.catalog.origin:
            raise UsageError(
                mark("“{item}” came from somebody else; this works on own entries only."),
                item=item,
            )
        return entry

    def close(self) -> None:
        """Close catalog and file, when a save that is under way has ended."""
        with self._saving:
            self.catalog.close()
            self.session.close()


@contextmanager
def opened_vault(
    path: str,
    passphrase: str,
    *,
    place: Workplace,
    writable: bool,
    level: int | None = None,
    allow_altered: bool = False,
) -> Iterator[OpenVault]:
    """Open a vault with one passphrase, and close it at the end of the block.

    Args:
        path: the file.
        passphrase: as typed.
        place: disk, clock, randomness, form.
        writable: take the exclusive lock, and allow commits.
        level: 0, 1 or 2: work on a less secret volume than the passphrase's own.
        allow_altered: write although the file was altered or an older state was put back.

    Raises:
        UnlockError: it does not open, whatever the reason.
        InUse: another process has it open.
        UsageError: `level` is above what the passphrase opens.
        Damaged: this volume's content was wholly overwritten; or `writable`, and no cell is left.
    """
    session = open_container(
        place.disk,
        path,
        passphrase,
        writable=writable,
        form=place.form,
        random=place.random,
        allow_altered=allow_altered,
    )
    vault: OpenVault | None = None
    try:
        if writable:  # before anything is asked or read that could not be kept
            session.require_cells()
        number = session.top.level if level is None else level
        if number > session.top.level:
            raise UsageError(
                mark("This passphrase does not open volume {level}."), level=number + 1
            )
        if not session.volumes[number].usable or (
            session.volumes[number].is_empty and not writable
        ):
            raise _nothing_of(session, number)
        if allow_altered and writable and session.volumes[number].is_empty:
            _begin_anew(session.volumes[number], place)
        vault = OpenVault(session, number, place, path, allow_altered=allow_altered)
        yield vault
    finally:
        if vault is None:
            session.close()
        else:
            vault.close()


def _nothing_of(session: Session, level: int) -> Damaged:
    """Return the error for a volume of which nothing can be read, with the way on."""
    gone = session.volumes[level].findings.gone
    if gone and level == session.top.level and not session.cells_lost:
        hint = mark(
            "It was written over by saves made without its passphrase. An earlier copy of the file "
            "may still have it. --continue with a command that writes begins it anew, empty."
        )
    else:
        hint = mark("An earlier copy of the file may still have it.")
    return Damaged(mark("Nothing of volume {level} can be read."), hint=hint, level=level + 1)


def _begin_anew(volume: Volume, place: Workplace) -> None:
    """Stage the first content of a volume that others wholly overwrote: nothing else is left."""
    seed = place.random(LOG_SEED_SIZE)
    blocks = first_blocks(
        volume.payload,
        label=f"volume {volume.level + 1}",
        origin=LogKeys.from_seed(seed).origin,
        seed=seed,
        random=place.random,
    )
    for (namespace, object_id, number), content in blocks.items():
        volume.put(namespace, object_id, number, content)
