from __future__ import annotations

import pytest

from operations.desk import PHOTO, Desk, folder_state, no_progress, noted
from seam.memory import MemoryDisk
from vault.operations.bundles import unseal_file, verify_file
from vault.operations.contacts import write_new_identity
from vault.operations.entries import write_note
from vault.operations.erase import erase, plan_erase
from vault.operations.seal import plan_seal
from vault.verify.bundle import Signer


def _recipient_of(path):
    from vault.operations.bundles import read_identities

    return read_identities(path)[0].recipient


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


def test_what_was_erased_is_left_out_unless_it_is_named(keyed):
    with keyed.open("v") as vault:
        erase(vault, plan_erase(vault, ["0"]), no_progress)
        unnamed, named = (
            plan_seal(vault, items, "bare", reader=keyed.reader, progress=no_progress)
            for items in ([], ["0", "1"])
        )
    assert ([1], 1) == ([one.entry.seq for one in unnamed.entries], unnamed.left_out)
    assert ([0, 1], 0) == ([one.entry.seq for one in named.entries], named.left_out)


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
