from __future__ import annotations

import pytest

from operations.desk import PHOTO
from seam.recording import RecordingDisk
from vault.errors import (
    BadCard,
    ContactError,
    NotFound,
    UsageError,
)
from vault.operations.contacts import add_contact, confirm_contact, own_card, write_new_identity
from vault.operations.inspect import vault_status


def test_a_card_is_kept_unconfirmed_until_it_was_compared(desk):
    with desk.open("v") as vault:
        contact = add_contact(vault, "partner", desk.card("p"))
        assert not contact.confirmed
        assert confirm_contact(vault, "partner").confirmed
    with desk.open("v", writable=False) as vault:
        assert [True] == [contact.confirmed for contact in vault.catalog.contacts()]
        assert 1 == vault_status(vault).contacts
    with desk.open("p", writable=False) as vault:
        assert contact.fingerprint == own_card(vault)[1].fingerprint


def test_ones_own_card_is_no_contact(desk):
    card = desk.card("v")
    with desk.open("v") as vault, pytest.raises(ContactError, match="your own"):
        add_contact(vault, "me", card)


@pytest.mark.parametrize("name", ["partner", "PARTNER", "part\u200dner"])
def test_a_name_is_given_once_however_it_is_spelt(pair, name):
    write_new_identity("key", pair.place())
    key = pair.file("key", pair.disk.read("key"))
    card = pair.file("bare", _recipient_of(key).encode())
    with pair.open("v") as vault, pytest.raises(ContactError):
        add_contact(vault, name, card)


def _recipient_of(path):
    from vault.operations.bundles import read_identities

    return read_identities(path)[0].recipient


@pytest.mark.parametrize(
    "name",
    ["", " ", "a/b", "a\nb", "\x1b[2J", "\u202eanima", "x" * 256, "ن" * 128, "\udcff", "\u200c"],
)
def test_an_impossible_name_is_wrong_use_and_nothing_is_written(desk, name):
    card = desk.card("p")
    recorded = RecordingDisk(desk.disk)
    with desk.open("v", disk=recorded) as vault:
        recorded.clear()
        with pytest.raises(UsageError):
            add_contact(vault, name, card)
        assert [] == recorded.ops


@pytest.mark.parametrize("name", ["علی‌رضا", "پروین", "O'Neill", "ن" * 127])
def test_a_name_may_be_written_as_its_owner_writes_it(desk, name):
    with desk.open("v") as vault:
        assert name == add_contact(vault, name, desk.card("p")).name


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"age1pq1", b"amanat-card/v1\n", bytes(100_000), b"\xff" * 10, PHOTO],
    ids=["empty", "a-letter", "short", "beginning", "zeros", "no-text", "a-photo"],
)
def test_what_is_no_card_is_refused(desk, content):
    with desk.open("v") as vault, pytest.raises(BadCard):
        add_contact(vault, "partner", desk.file("card", content))


def test_every_byte_of_a_card_counts(desk):
    with open(desk.card("p"), "rb") as card:
        raw = bytearray(card.read())
    with desk.open("v") as vault:
        for place in range(0, len(raw), 61):
            raw[place] ^= 1
            with pytest.raises(BadCard):
                add_contact(vault, "partner", desk.file("card", bytes(raw)))
            raw[place] ^= 1


def test_nobody_unknown_is_confirmed(desk):
    with desk.open("v") as vault, pytest.raises(NotFound):
        confirm_contact(vault, "nobody")
