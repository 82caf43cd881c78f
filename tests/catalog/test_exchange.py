from __future__ import annotations

import pytest

from catalog.book import ORIGIN, OTHER, TIME, imports_of, new_volume, open_catalog, save
from vault.catalog.bodies import Import, KeptCheckpoint
from vault.crypto.hashes import sha256
from vault.errors import ContactError, MalformedRecord, NotFound


@pytest.fixture
def volume():
    return new_volume()


@pytest.fixture
def catalog(volume):
    opened = open_catalog(volume)
    yield opened
    opened.close()


def add(catalog, name, origin="", card=b"card"):
    return catalog.add_contact(name, card, fingerprint="1", added=TIME, origin=origin)


def test_a_contact_is_kept_and_not_confirmed(catalog):
    contact = add(catalog, "Amina", OTHER)
    assert contact == catalog.contact("Amina")
    assert contact == catalog.contact_of(OTHER)
    assert (1, False, b"card") == (contact.contact_id, contact.confirmed, contact.card)


def test_a_contact_is_confirmed(catalog, volume):
    add(catalog, "Amina")
    assert catalog.confirm_contact("Amina").confirmed is True
    save(catalog, volume)
    assert open_catalog(volume, from_records=True).contact("Amina").confirmed is True


@pytest.mark.parametrize("name", ["Amina", "AMINA", "amina"])
def test_a_name_is_given_once(catalog, name):
    add(catalog, "Amina")
    with pytest.raises(ContactError):
        add(catalog, name)


def test_a_name_in_another_spelling_is_the_same_name(catalog):
    add(catalog, "علی")
    with pytest.raises(ContactError):
        add(catalog, "علي")


def test_a_log_belongs_to_one_contact(catalog):
    add(catalog, "Amina", OTHER)
    with pytest.raises(ContactError):
        add(catalog, "Rahim", OTHER)
    add(catalog, "Rahim")
    add(catalog, "Karim")


def test_contacts_are_sorted_by_name(catalog):
    for name in ("b", "C", "a"):
        add(catalog, name)
    assert ["a", "b", "C"] == [contact.name for contact in catalog.contacts()]


def test_an_unknown_contact_is_not_found(catalog):
    for call in (catalog.contact, catalog.confirm_contact):
        with pytest.raises(NotFound):
            call("nobody")
    assert catalog.contact_of(ORIGIN) is None


def test_a_card_that_is_too_large_is_refused(catalog):
    with pytest.raises(MalformedRecord):
        add(catalog, "Amina", card=bytes(1 << 17))
    assert catalog.contacts() == ()


def test_a_counter_begins_at_zero_and_is_set(catalog):
    assert catalog.counter(1, "bundle") == 0
    catalog.set_counter(1, "bundle", 1)
    catalog.set_counter(1, "bundle", 2)
    catalog.set_counter(2, "bundle", 9)
    assert [2, 9, 0] == [
        catalog.counter(1, "bundle"),
        catalog.counter(2, "bundle"),
        catalog.counter(1, "other"),
    ]


def test_an_import_is_noted_once(catalog):
    imported = Import(sha256(b"a"), 1, 1, TIME, TIME, OTHER, 5, bytes(32))
    assert [True, False] == [catalog.add_import(imported), catalog.add_import(imported)]
    assert imported == catalog.imported(sha256(b"a"))
    assert catalog.imported(sha256(b"b")) is None
    assert [imported] == imports_of(catalog)


def test_checkpoints_are_kept_by_size_and_two_of_one_size_stand_side_by_side(catalog):
    kept = [
        KeptCheckpoint(OTHER, size, bytes([root]) * 32, b"n")
        for size, root in [(5, 1), (3, 1), (5, 2)]
    ]
    assert [True] * 3 == [catalog.add_checkpoint(found) for found in kept]
    assert catalog.add_checkpoint(kept[0]) is False
    assert (kept[1], kept[0], kept[2]) == catalog.checkpoints(OTHER)
    assert catalog.checkpoints(ORIGIN) == ()
    assert catalog.proof(OTHER, 0) is None
