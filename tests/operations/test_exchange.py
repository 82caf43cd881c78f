from __future__ import annotations

import os
from dataclasses import replace

import pytest

from operations.desk import PHOTO, listed, noted
from vault.errors import (
    ContactError,
    Inconsistent,
    NotForUs,
    Replayed,
)
from vault.evidence.fields import WITHHELD
from vault.media.metadata import Metadata
from vault.operations.contacts import add_contact, own_card
from vault.operations.entries import write_note
from vault.operations.reading import show_entry
from vault.operations.seal import prepare_bundle
from vault.verify.bundle import Signer


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
