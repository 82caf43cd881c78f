"""Bundles rightly sealed for their reader, by somebody who means harm."""

from __future__ import annotations

import io
import itertools

import pytest

from vault.contacts.card import make_card
from vault.crypto.hashes import sha256
from vault.errors import BadCard, MalformedBundle, NotForUs, VaultError, VerificationFailed
from vault.ledger.entry import build_entry
from vault.ledger.leaf import genesis
from vault.ledger.merkle import EMPTY_ROOT
from vault.ledger.note import sign_note
from vault.ledger.tree_head import Checkpoint
from vault.sync.age_identity import AgeIdentity
from vault.sync.bundle import open_bundle
from vault.verify.bundle import Discard, Signer, check_bundle
from verify.forge import PHOTO, Sender, flipped, lines_but, without

MEDIA = f"media/{sha256(PHOTO).hex()}"


@pytest.fixture(scope="module")
def other():
    """Return another sender, who sends to the same reader."""
    return Sender(seed=5)


def part(parts, name, content):
    assert name in parts, name
    return {**parts, name: content}


def moved(parts, old, new):
    """The file of one name under another."""
    return {new if name == old else name: data for name, data in parts.items()}


# Each takes an honest bundle's files and returns what a hostile sender would seal and sign.

ALTERED = {
    "no card": lambda s, o, p: without(p, "card"),
    "no checkpoint": lambda s, o, p: without(p, "checkpoint"),
    "neither card nor checkpoint": lambda s, o, p: without(p, "card", "checkpoint"),
    "nothing at all": lambda s, o, p: {},
    "no leaf": lambda s, o, p: without(p, "entries/1/leaf"),
    "no proof": lambda s, o, p: without(p, "entries/1/proof"),
    "fields alone": lambda s, o, p: without(p, "entries/1/leaf", "entries/1/proof"),
    "leaf altered": lambda s, o, p: part(p, "entries/1/leaf", flipped(p["entries/1/leaf"], 200, 1)),
    "leaf cut": lambda s, o, p: part(p, "entries/1/leaf", lines_but(p["entries/1/leaf"], -1)),
    "leaf of another entry": lambda s, o, p: part(p, "entries/1/leaf", p["entries/2/leaf"]),
    "leaf of another log": lambda s, o, p: part(p, "entries/1/leaf", o.entries[1].leaf),
    "proof of another entry": lambda s, o, p: part(p, "entries/1/proof", p["entries/2/proof"]),
    "proof of a smaller tree": lambda s, o, p: part(
        p, "entries/1/proof", s.entry_parts(1, 2)["entries/1/proof"]
    ),
    "proof altered": lambda s, o, p: part(
        p, "entries/1/proof", flipped(p["entries/1/proof"], -3, 1)
    ),
    "proof cut": lambda s, o, p: part(p, "entries/1/proof", lines_but(p["entries/1/proof"], -2)),
    "proof empty": lambda s, o, p: part(p, "entries/1/proof", b""),
    "entry under another number": lambda s, o, p: {
        name.replace("entries/1/", "entries/7/"): data for name, data in p.items()
    },
    "entry beyond the log": lambda s, o, p: (
        p | {name.replace("/1/", f"/{(1 << 62)}/"): p[name] for name in p if "/1/" in name}
    ),
    "field of another entry": lambda s, o, p: part(
        p, "entries/1/fields/title", p["entries/2/fields/title"]
    ),
    "field under another name": lambda s, o, p: moved(
        p, "entries/1/fields/title", "entries/1/fields/place2"
    ),
    "two fields exchanged": lambda s, o, p: (
        p
        | {
            "entries/1/fields/title": p["entries/1/fields/place"],
            "entries/1/fields/place": p["entries/1/fields/title"],
        }
    ),
    "field altered": lambda s, o, p: part(
        p, "entries/1/fields/place", p["entries/1/fields/place"].replace(b"Herat", b"Kabul")
    ),
    "field that was never committed to": lambda s, o, p: (
        p
        | {
            "entries/1/fields/source": build_entry(
                s.keys.origin, 1, genesis(s.keys.origin), {"source": b"Maryam"}, s.random
            ).disclosures[0]
        }
    ),
    "field empty": lambda s, o, p: part(p, "entries/1/fields/title", b""),
    "media that belong to no entry": lambda s, o, p: p | {f"media/{sha256(b'x').hex()}": b"x"},
    "media without their entry": lambda s, o, p: without(p, "entries/0/"),
    "media whose field stays inside": lambda s, o, p: without(p, "entries/0/fields/file"),
    "card of another": lambda s, o, p: part(p, "card", o.card()),
    "card of nobody": lambda s, o, p: part(p, "card", s.recipient.recipient.encode() + b"\n"),
    "card altered": lambda s, o, p: part(p, "card", flipped(p["card"], 300, 1)),
    "card with one signature": lambda s, o, p: part(p, "card", lines_but(p["card"], -1)),
    "checkpoint of another log": lambda s, o, p: part(p, "checkpoint", o.checkpoint()),
    "checkpoint of another size": lambda s, o, p: part(p, "checkpoint", s.checkpoint(s.head(2))),
    "checkpoint without its first signature": lambda s, o, p: part(
        p, "checkpoint", lines_but(p["checkpoint"], -2)
    ),
    "checkpoint without its second signature": lambda s, o, p: part(
        p, "checkpoint", lines_but(p["checkpoint"], -1)
    ),
    "checkpoint without signatures": lambda s, o, p: part(
        p, "checkpoint", lines_but(p["checkpoint"], -1, -2)
    ),
    "checkpoint signed with the keys of manifests": lambda s, o, p: part(
        p, "checkpoint", sign_note(s.head().text(), s.keys.manifest_signers)
    ),
    "checkpoint empty": lambda s, o, p: part(p, "checkpoint", b""),
}


@pytest.mark.parametrize("name", ALTERED)
def test_signed_all_the_same_it_is_refused_and_nothing_stays(readers, sender, other, name):
    parts = ALTERED[name](sender, other, sender.parts())
    told = readers.refusals(sender.bundle(parts))
    assert [20] * 3 == [error.exit_code for error in told], [str(error) for error in told]


def test_a_bundle_whose_padding_was_not_reached_is_refused(sender, monkeypatch):
    reader = open_bundle(io.BytesIO(sender.bundle()).read, [sender.recipient])
    files = itertools.islice(reader.files(), len(reader.manifest.files))
    monkeypatch.setattr(reader, "files", lambda: files)
    with pytest.raises(MalformedBundle, match="not read to its end"):
        check_bundle(reader, Discard())


MANIFESTS = {
    "another head": {"head": "smaller"},
    "another root": {"head": "root"},
    "no log at all": {"head": "empty"},
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_says_another_log_than_its_checkpoint_is_refused(readers, sender, name):
    heads = {
        "another head": sender.head(2),
        "another root": Checkpoint(sender.keys.origin, 3, bytes(32)),
        "no log at all": Checkpoint(sender.keys.origin, 0, EMPTY_ROOT),
    }
    told = readers.refusals(sender.bundle(head=heads[name]))
    assert [20] * 3 == [error.exit_code for error in told]


def test_a_manifest_signed_by_somebody_else_is_refused(readers, sender, other):
    parts = sender.parts()
    text = sender.manifest(parts).text()
    for signers in (
        other.keys.manifest_signers,
        sender.keys.manifest_signers[:1],
        sender.keys.manifest_signers[1:],
        (*sender.keys.manifest_signers[:1], *other.keys.manifest_signers[1:]),
    ):
        note = sign_note(text, signers)
        told = readers.refusals(sender.bundle(parts, note=note))
        assert [20] * 3 == [error.exit_code for error in told]


def test_what_was_sealed_for_one_cannot_be_passed_on_as_if_for_another(readers, sender):
    """The manifest names its recipient: a new seal around it does not help."""
    third = AgeIdentity(b"\x63" * 32)
    own = sender.manifest(sender.parts())
    passed_on = Sender(recipient=0x63)
    note = passed_on.manifest(sender.parts())
    assert own.to != note.to
    told = readers.refusals(sender.bundle(to=note.to))
    assert [NotForUs] * 3 == [type(error) for error in told]
    told = readers.refusals(sender.bundle(recipient=third))
    assert [NotForUs] * 3 == [type(error) for error in told]


def test_the_card_that_was_compared_must_have_signed(readers, sender, other):
    bundle = sender.bundle()
    for read in (readers.verify, readers.unseal):
        with pytest.raises(VerificationFailed) as told:
            read(bundle, other.card())
        assert 20 == told.value.exit_code
    assert not (readers.folder / "out").exists()
    bare = other.recipient.recipient.encode()
    with pytest.raises(BadCard):
        readers.verify(bundle, bare)
    assert Signer.BY_CARD == readers.verify(bundle, sender.card()).signer


def test_a_card_with_another_key_to_send_to_is_still_hers(readers, sender):
    """What she signs is known by her log's keys; where to send is for her to say."""
    card = make_card(sender.keys, AgeIdentity(b"\x44" * 32).recipient)
    report = readers.verify(sender.bundle(sender.parts() | {"card": card}), sender.card())
    assert Signer.BY_CARD == report.signer


def test_files_of_a_later_version_are_told_and_left_alone(readers, sender):
    unknown = {
        "aaa": b"first",
        "entries/1/picture": b"x",
        "receipts/1": b"later",
        "witness": b"later",
        "zzz/deep/er": b"last",
    }
    bundle = sender.bundle(sender.parts() | unknown)
    assert sorted(unknown) == readers.verify(bundle).unknown
    assert sorted(unknown) == readers.unseal(bundle).unknown
    extracted = {path.name for path in (readers.folder / "out").rglob("*")}
    assert {"aaa", "picture", "receipts", "witness", "zzz"}.isdisjoint(extracted)
    received = readers.receive(bundle)
    assert ([0, 1, 2], sorted(unknown)) == (received.new, received.report.unknown)


@pytest.mark.parametrize("limit", ["MAX_RECORD", "MAX_RECORDS"])
def test_entries_too_large_to_be_held_are_refused_not_held(readers, sender, limit, monkeypatch):
    monkeypatch.setattr(f"vault.verify.bundle.{limit}", 3000)
    told = readers.refusals(sender.bundle())
    assert [20] * 3 == [error.exit_code for error in told]
    assert all("too large" in str(error) for error in told)


def test_the_same_file_under_two_sizes_is_refused(readers):
    hostile = Sender()
    hostile.append({"file": hostile.file_of(PHOTO, len(PHOTO) + 1), "title": b"lie"})
    told = readers.refusals(hostile.bundle())
    assert [20] * 3 == [error.exit_code for error in told]


def test_a_value_that_is_no_text_is_shown_as_such_and_breaks_nothing(readers):
    hostile = Sender()
    hostile.append({"title": b"\xff\xfe\x1b[2J", "kind": b"\x00", "odd-name": b"\xff" * 3000})
    report = readers.verify(hostile.bundle())
    assert "\ufffd\ufffd\x1b[2J" == report.entries[3].title
    assert [3] == [seq for seq in readers.receive(hostile.bundle()).new if seq > 2]
    with readers.desk.open("p", writable=False) as vault:
        assert 4 == len(vault.catalog.newest())
    assert readers.desk.check("p").sound


def test_a_file_value_that_is_none_is_refused(readers):
    hostile = Sender()
    hostile.append({"file": b"sha256 nonsense\n", "title": b"x"})
    told = readers.refusals(hostile.bundle())
    assert [20] * 3 == [error.exit_code for error in told]


def test_a_withheld_file_may_stay_inside_with_its_media(readers, sender):
    parts = without(sender.parts(), "entries/0/fields/file", "media/")
    received = readers.receive(sender.bundle(parts))
    assert [0, 1, 2] == received.new
    assert [False] * 3 == [entry.media for entry in received.report.entries]
    assert readers.desk.check("p").sound


def test_a_file_that_did_not_come_is_not_taken_from_ones_own(readers, sender):
    """Or a sender could learn, from what is said of it, which files the partner has."""
    with readers.desk.open("p") as vault:
        readers.desk.add(vault, readers.desk.file("photo", PHOTO))
    received = readers.receive(sender.bundle(without(sender.parts(), "media/")))
    with readers.desk.open("p", writable=False) as vault:
        entry = vault.find("sender/0")
    assert ([0, 1, 2], None) == (received.new, entry.media)


# Where it is written to


def test_a_folder_reached_through_a_link_is_written_to_and_nothing_beside_it(readers, sender):
    (readers.folder / "real").mkdir()
    (readers.folder / "out").symlink_to("real")
    readers.unseal(sender.bundle())
    assert (readers.folder / "real/exhibits/0.jpg").read_bytes() == PHOTO


@pytest.mark.parametrize("name", ["entries", "exhibits", "media"])
def test_a_link_inside_the_folder_is_not_followed(readers, sender, name):
    (readers.folder / "elsewhere").mkdir()
    (readers.folder / "out").mkdir()
    (readers.folder / "out" / name).symlink_to("../elsewhere")
    with pytest.raises(VaultError, match=name):
        readers.unseal(sender.bundle())
    assert [] == list((readers.folder / "elsewhere").iterdir())
    assert [name] == [path.name for path in (readers.folder / "out").iterdir()]


def test_a_link_that_leads_nowhere_is_no_folder(readers, sender):
    (readers.folder / "out").symlink_to("nowhere")
    with pytest.raises(VaultError, match="out"):
        readers.unseal(sender.bundle())
    assert not (readers.folder / "nowhere").exists()


def test_a_file_where_the_folder_should_be_is_left_alone(readers, sender):
    (readers.folder / "out").write_bytes(b"in the way")
    with pytest.raises(VaultError, match="out"):
        readers.unseal(sender.bundle())
    assert b"in the way" == (readers.folder / "out").read_bytes()


def test_only_the_last_folder_is_made(readers, sender):
    with pytest.raises(VaultError, match="deeper"):
        readers.unseal(sender.bundle(), target="out/deeper")
    assert not (readers.folder / "out").exists()
