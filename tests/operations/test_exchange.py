from __future__ import annotations

import os
from dataclasses import replace

import pytest

from operations.desk import Desk, folder_state, listed, no_progress
from seam.memory import MemoryDisk
from seam.recording import RecordingDisk
from vault.errors import (
    BadCard,
    ContactError,
    Inconsistent,
    NotForUs,
    NotFound,
    Replayed,
    UsageError,
)
from vault.evidence.fields import WITHHELD
from vault.media.metadata import Finding, Metadata
from vault.operations import seal as sealing
from vault.operations.bundles import unseal_file, verify_file
from vault.operations.contacts import add_contact, confirm_contact, own_card, write_new_identity
from vault.operations.entries import write_note
from vault.operations.inspect import vault_status
from vault.operations.reading import show_entry
from vault.operations.seal import plan_seal, prepare_bundle
from vault.verify.bundle import Signer

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20


@pytest.fixture
def pair(desk):
    """Return a desk where `v` and `p` have compared each other's cards."""
    desk.introduce("v", "partner", desk.card("p"))
    desk.introduce("p", "sender", desk.card("v"))
    return desk


def noted(desk, *titles):
    with desk.open("v") as vault:
        for title in titles:
            write_note(vault, {"title": title.encode(), "source": b"Maryam"})


# Contacts


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


# The preview


def test_the_preview_names_what_leaves_and_what_stays(pair):
    noted(pair, "one", "two")
    with pair.open("v", writable=False) as vault:
        plan = pair.plan(vault, "partner")
    assert [0, 1] == [planned.entry.seq for planned in plan.entries]
    assert ["source"] == plan.entries[0].withheld
    assert WITHHELD.isdisjoint(plan.entries[0].sent)
    assert (2, 1, True, False) == (plan.size, plan.seq, plan.contact.confirmed, plan.gives_away)


def test_the_preview_writes_nothing(pair):
    noted(pair, "one")
    recorded = RecordingDisk(pair.disk)
    with pair.open("v", disk=recorded) as vault:
        recorded.clear()
        pair.plan(vault, "partner")
        assert [] == recorded.ops


def test_the_preview_tells_what_the_file_itself_says(pair):
    found = Finding("location", "GPSLatitude", "34.5")
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO))
        pair.reader.read_bytes = lambda content: Metadata("image/jpeg", revealing=(found,))
        plan = pair.plan(vault, "partner")
        assert ((found,), True) == (plan.entries[0].gives_away, plan.gives_away)
        without = pair.plan(vault, "partner", withhold=["file"])
        assert not without.gives_away


def test_a_file_too_large_to_be_looked_into_is_told_as_such(pair, monkeypatch):
    monkeypatch.setattr(sealing, "LOOK_INTO", 100)
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO))
        plan = pair.plan(vault, "partner")
    assert (False, True) == (plan.entries[0].looked, plan.gives_away)


@pytest.mark.parametrize("items", [["9"], ["0", "x"], ["nobody/0"]])
def test_entries_that_are_not_there_are_not_sealed(pair, items):
    noted(pair, "one")
    with pair.open("v") as vault, pytest.raises((NotFound, UsageError)):
        pair.plan(vault, "partner", items)


def test_an_empty_vault_has_nothing_to_send(pair):
    with pair.open("v") as vault, pytest.raises(UsageError):
        pair.plan(vault, "partner")


@pytest.mark.parametrize("option", ["withhold", "only"])
def test_a_misspelt_field_stops_the_sealing(pair, option):
    noted(pair, "one")
    with pair.open("v") as vault, pytest.raises(UsageError, match="sorce"):
        pair.plan(vault, "partner", **{option: ["sorce"]})


# There and back


def test_what_is_sealed_is_what_the_partner_reads(pair):
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO), fields={"title": b"bridge"})
        write_note(vault, {"title": b"seen", "source": b"Maryam"})
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        received = pair.receive(vault, bundle)
        assert ([0, 1], []) == (received.new, received.missing)
        assert (Signer.CONFIRMED, "sender") == (received.report.signer, received.report.contact)
        assert [0, 1] == [entry.seq for entry in received.report.entries]
    with pair.open("p", writable=False) as vault:
        assert PHOTO == pair.content(vault, "sender/0")
        assert b"seen" == show_entry(vault, "sender/1").values["title"]
        assert WITHHELD.isdisjoint(show_entry(vault, "sender/1").values)
        assert [] == listed(vault)
    assert pair.check("p").sound


def test_only_what_was_chosen_leaves(pair):
    noted(pair, "one", "two", "three")
    with pair.open("v") as vault:
        bundle = pair.seal(vault, "partner", "b", ["2", "0", "2"], only=["title"])
    with pair.open("p") as vault:
        report = pair.receive(vault, bundle).report
    assert [(0, ["title"]), (2, ["title"])] == [(e.seq, e.fields) for e in report.entries]


def test_an_unconfirmed_sender_is_told_as_such(desk):
    desk.introduce("v", "partner", desk.card("p"))
    with desk.open("p") as vault:
        add_contact(vault, "sender", desk.card("v"))
    noted(desk, "one")
    with desk.open("v") as vault:
        bundle = desk.seal(vault, "partner", "b")
    with desk.open("p") as vault:
        assert Signer.NOT_CONFIRMED == desk.receive(vault, bundle).report.signer


def test_more_of_an_entry_can_come_later(pair):
    noted(pair, "one")
    with pair.open("v") as vault:
        first = pair.seal(vault, "partner", "first", only=["title"])
        second = pair.seal(vault, "partner", "second", only=["source"])
    with pair.open("p") as vault:
        assert [0] == pair.receive(vault, first).new
        assert [0] == pair.receive(vault, second).new
        assert b"Maryam" == show_entry(vault, "sender/0").values["source"]
    assert pair.check("p").sound


def test_bundles_may_come_late_and_out_of_order_and_gaps_are_named(pair):
    bundles = []
    for number in range(4):
        noted(pair, str(number))
        with pair.open("v") as vault:
            bundles.append(pair.seal(vault, "partner", f"b{number}", [str(number)]))
    with pair.open("p") as vault:
        assert [1, 2, 3] == pair.receive(vault, bundles[3]).missing
        assert [1, 2] == pair.receive(vault, bundles[2]).missing
        assert [] == pair.receive(vault, bundles[0]).missing
        assert [] == pair.receive(vault, bundles[1]).missing
    assert pair.check("p").sound


def test_the_same_bundle_again_changes_nothing(pair):
    noted(pair, "one")
    with pair.open("v") as vault:
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        pair.receive(vault, bundle)
    before = pair.disk.read("p")
    with pair.open("p") as vault, pytest.raises(Replayed):
        pair.receive(vault, bundle)
    assert before == pair.disk.read("p")


def test_two_bundles_of_one_number_mean_an_older_copy_was_put_back(pair):
    noted(pair, "one")
    older = pair.disk.fork().nodes["v"]
    with pair.open("v") as vault:
        first = pair.seal(vault, "partner", "first", only=["title"])
    pair.disk.nodes["v"] = older
    with pair.open("v") as vault:
        second = pair.seal(vault, "partner", "second", only=["kind"])
    with pair.open("p") as vault:
        pair.receive(vault, first)
        with pytest.raises(Inconsistent, match="two different bundles"):
            pair.receive(vault, second)


def test_two_roots_of_one_size_mean_history_was_rewritten(pair):
    older = pair.disk.fork().nodes["v"]
    noted(pair, "one")
    with pair.open("v") as vault:
        first = pair.seal(vault, "partner", "first")
    pair.disk.nodes["v"] = older
    noted(pair, "another")
    with pair.open("v") as vault:
        pair.seal(vault, "partner", "unsent")
        second = pair.seal(vault, "partner", "second")
    with pair.open("p") as vault:
        pair.receive(vault, first)
        with pytest.raises(Inconsistent, match="two different logs"):
            pair.receive(vault, second)
        assert b"one" == show_entry(vault, "sender/0").values["title"]
    assert pair.check("p").sound


def test_another_entry_of_a_known_number_is_never_put_in_its_place(pair):
    older = pair.disk.fork().nodes["v"]
    noted(pair, "one")
    with pair.open("v") as vault:
        first = pair.seal(vault, "partner", "first")
    pair.disk.nodes["v"] = older
    noted(pair, "another", "and one more")
    with pair.open("v") as vault:
        pair.seal(vault, "partner", "unsent")
        second = pair.seal(vault, "partner", "second")
    with pair.open("p") as vault:
        pair.receive(vault, first)
        with pytest.raises(Inconsistent, match="does not follow what she signed before"):
            pair.receive(vault, second)
        assert b"one" == show_entry(vault, "sender/0").values["title"]


def test_a_bundle_from_a_stranger_is_refused_with_his_fingerprint(desk):
    desk.introduce("v", "partner", desk.card("p"))
    noted(desk, "one")
    with desk.open("v") as vault:
        bundle = desk.seal(vault, "partner", "b")
        fingerprint = own_card(vault)[1].fingerprint
    before = desk.disk.read("p")
    with desk.open("p") as vault, pytest.raises(ContactError, match=fingerprint):
        desk.receive(vault, bundle)
    assert before == desk.disk.read("p")


def test_a_bundle_for_somebody_else_is_refused(pair, made):
    pair.disk.nodes["x"] = made[3].fork().nodes["v"]
    noted(pair, "one")
    with pair.open("v") as vault:
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("x") as vault, pytest.raises(NotForUs):
        pair.receive(vault, bundle)
    with pair.open("v") as vault, pytest.raises(NotForUs):
        pair.receive(vault, bundle)


def test_a_number_beyond_counting_does_not_stall_an_import(pair):
    noted(pair, "one")
    with pair.open("v") as vault:
        plan = replace(pair.plan(vault, "partner"), seq=(1 << 63) - 1)
        bundle = b"".join(map(bytes, prepare_bundle(vault, plan).stream()))
    with pair.open("p") as vault:
        received = pair.receive(vault, pair.file("b", bundle))
    assert list(range((1 << 63) - 101, (1 << 63) - 1)) == received.missing


def test_the_same_file_of_two_entries_with_two_types_comes_through(pair):
    """A reader that failed once sees another type than it does the next time."""
    path = pair.file("photo.jpg", PHOTO)
    with pair.open("v") as vault:
        pair.add(vault, path)
        pair.reader.read = lambda path: Metadata("application/octet-stream")
        pair.add(vault, path, again=True)
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        assert [0, 1] == pair.receive(vault, bundle).new
        assert [PHOTO] * 2 == [pair.content(vault, f"sender/{seq}") for seq in (0, 1)]
        assert 1 == len(vault.volume.objects(2))
    assert pair.check("p").sound


def test_a_file_that_the_partner_has_under_another_type_comes_through(pair):
    path = pair.file("photo.jpg", PHOTO)
    with pair.open("v") as vault:
        pair.add(vault, path)
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        pair.reader.read = lambda path: Metadata("application/octet-stream")
        pair.add(vault, path)
        pair.receive(vault, bundle)
        assert PHOTO == pair.content(vault, "sender/0")
        assert 1 == len(vault.volume.objects(2))
    assert pair.check("p").sound


def test_a_large_file_travels_in_several_commits_and_nothing_shows_before_the_last(pair):
    content = os.urandom(200_000)
    with pair.open("v") as vault:
        pair.add(vault, pair.file("large", content))
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        before = vault.session.status(0).commits
        pair.receive(vault, bundle)
        assert 3 < vault.session.status(0).commits - before
        assert content == pair.content(vault, "sender/0")


def test_sealing_counts_before_it_writes_so_that_no_number_is_used_twice(pair):
    noted(pair, "one")
    with pair.open("v") as vault:
        prepare_bundle(vault, pair.plan(vault, "partner"))
    with pair.open("v", writable=False) as vault:
        assert 2 == pair.plan(vault, "partner").seq


def test_a_file_that_is_damaged_in_the_vault_makes_no_bundle(pair):
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO))
        spots = [spot for name, spot in vault.volume.where.items() if name[0] == 2]
        offset = vault.volume.reader.offset(spots[0] >> 16, spots[0] & 0xFFFF)
        plan = pair.plan(vault, "partner")
        pair.disk.flip("v", offset + 40)
        bundle = prepare_bundle(vault, plan)
        with pytest.raises(Exception, match="cannot be read"):
            b"".join(map(bytes, bundle.stream()))


def test_more_entries_than_one_commit_carries_come_in_several(pair):
    noted(pair, *map(str, range(60)))
    with pair.open("v") as vault:
        bundle = pair.seal(vault, "partner", "b")
    with pair.open("p") as vault:
        before = vault.session.status(0).commits
        assert list(range(60)) == pair.receive(vault, bundle).new
        assert 3 < vault.session.status(0).commits - before
    assert pair.check("p").sound


# Without a vault


@pytest.fixture
def keyed(desk):
    """Return a desk with a bundle `b` for the holder of the key file `key`."""
    write_new_identity("key", desk.place())
    key = desk.file("key", desk.disk.read("key"))
    card = desk.file("key.pub", _recipient_of(key).encode())
    desk.introduce("v", "bare", card)
    with desk.open("v") as vault:
        desk.add(vault, desk.file("photo.jpg", PHOTO), fields={"title": b"bridge"})
        write_note(vault, {"title": b"seen"})
        desk.seal(vault, "bare", "b")
    return desk


def where(desk):
    return {"identity": str(desk.folder / "key"), "progress": no_progress}


def test_a_key_file_is_enough_to_verify(keyed):
    report = verify_file(str(keyed.folder / "b"), signed_by=None, **where(keyed))
    assert (Signer.UNKNOWN, [0, 1]) == (report.signer, [entry.seq for entry in report.entries])
    named = verify_file(str(keyed.folder / "b"), signed_by=keyed.card("v"), **where(keyed))
    assert Signer.BY_CARD == named.signer


def test_unsealing_writes_exhibits_and_what_can_be_checked_by_hand(keyed):
    target = keyed.folder / "out"
    unseal_file(
        str(keyed.folder / "b"),
        str(target),
        signed_by=keyed.card("v"),
        place=keyed.place(),
        **where(keyed),
    )
    assert PHOTO == (target / "exhibits/0.jpg").read_bytes()
    names = {name for name in folder_state(target) if not name.endswith("/")}
    assert {"card", "checkpoint", "entries/1/leaf", "entries/1/proof"} <= names
    assert {"entries/1/fields/title", "exhibits/0.jpg"} <= names
    assert not any(name.startswith(".") for name in names)


def test_unsealing_twice_into_one_folder_overwrites_nothing(keyed):
    target = keyed.folder / "out"
    options = {"signed_by": None, "place": keyed.place(), **where(keyed)}
    unseal_file(str(keyed.folder / "b"), str(target), **options)
    before = folder_state(target)
    with pytest.raises(Exception, match="exists already"):
        unseal_file(str(keyed.folder / "b"), str(target), **options)
    assert before == folder_state(target)


def test_a_vault_of_another_desk_is_no_sender_by_name(tmp_path, made):
    """Contacts are known by their log, not by what somebody else calls them."""
    desk = Desk(tmp_path, disk=MemoryDisk())
    desk.disk.nodes["v"] = made[1].fork().nodes["v"]
    with desk.open("v", writable=False) as vault:
        assert vault.catalog.contact_of(vault.catalog.origin) is None


def test_a_sealed_plan_is_for_the_reader_that_was_given(pair):
    noted(pair, "one")
    with pair.open("v") as vault:
        plan = plan_seal(vault, [], "partner", reader=pair.reader, progress=no_progress)
        assert "partner" == plan.contact.name
