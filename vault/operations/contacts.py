"""People: one's own card, other people's cards, and fingerprints that were compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.contacts.card import make_card, parse_card
from vault.errors import BadCard, ContactError, LedgerError, UsageError, mark
from vault.operations.bundles import read_small
from vault.operations.names import can_be_name
from vault.storage.output import OutputFile
from vault.sync.age_identity import AgeIdentity, write_identity_file

if TYPE_CHECKING:
    from vault.catalog.bodies import Contact
    from vault.contacts.card import Card
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Workplace

_SEED_SIZE = 32


def own_card(vault: OpenVault) -> tuple[bytes, Card]:
    """Return this volume's card, and the same read back, for its fingerprint."""
    raw = make_card(vault.keys, vault.identity.recipient)
    return raw, parse_card(raw)


def read_card(path: str) -> tuple[bytes, Card]:
    """Read somebody's card from a file.

    Raises:
        BadCard: the file holds none.
    """
    raw = read_small(path)
    try:
        return raw, parse_card(raw)
    except (LedgerError, BadCard):
        raise BadCard(
            mark("{path} is not a card, or it was changed on the way."),
            hint=mark("Ask for it again, another way."),
            path=path,
        ) from None


def add_contact(vault: OpenVault, name: str, path: str) -> Contact:
    """Keep somebody's card under a name, not confirmed yet, and save.

    Raises:
        UsageError: an impossible name.
        BadCard: the file holds no card.
        ContactError: the name is taken, the card is known already, or it is one's own.
    """
    _check_name(name)
    raw, card = read_card(path)
    if card.recipient == vault.identity.recipient or card.origin == vault.catalog.origin:
        raise ContactError(mark("This is your own card."))
    for known in vault.catalog.contacts():
        if known.fingerprint == card.fingerprint:
            raise ContactError(mark("This card is here already, as “{name}”."), name=known.name)
    contact = vault.catalog.add_contact(
        name,
        raw,
        fingerprint=card.fingerprint,
        added=vault.place.now(),
        origin=card.origin or "",
    )
    vault.commit()
    return contact


def confirm_contact(vault: OpenVault, name: str) -> Contact:
    """Keep that the fingerprint was compared with its owner, and save."""
    contact = vault.catalog.confirm_contact(name)
    vault.commit()
    return contact


def _check_name(name: str) -> None:
    if "/" in name or not can_be_name(name):
        raise UsageError(
            mark("“{name}” cannot be the name of a contact."),
            hint=mark("Choose a short name without slashes and control characters."),
            name=name,
        )


def write_new_identity(path: str, place: Workplace) -> AgeIdentity:
    """Make a key file for a partner who has no vault; whoever has it opens her bundles.

    Raises:
        VaultError: the name is taken.
        NotSaved: the disk failed.
    """
    identity = AgeIdentity(place.random(_SEED_SIZE))
    with OutputFile(place.disk, path, random=place.random) as file:
        file.write(write_identity_file(identity, place.clock()))
    return identity
