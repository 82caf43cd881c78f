"""What a command leaves in a less secret volume does not tell through which passphrase it came."""

from __future__ import annotations

import pytest

from operations.desk import Desk
from seam.small import seeded
from vault.catalog.store import PAGE, RECORD
from vault.operations.contacts import add_contact
from vault.operations.entries import write_note

BOTH = (("one", None), ("two", 0))


def lived(desk):
    """Give the vault some history in both volumes."""
    for number in range(12):
        with desk.open("v", "one") as vault:
            write_note(vault, {"title": b"note %d" % number})
    with desk.open("v", "two") as vault:
        write_note(vault, {"title": b"above"})
        vault.commit()


def blocks(desk, disk):
    """Everything that the first passphrase decrypts of catalog and records."""
    with desk.open("v", "one", writable=False, disk=disk) as vault:
        volume = vault.session.volumes[0]
        return {
            (space, number): volume.get(space, 0, number)
            for space in (PAGE, RECORD)
            for number in volume.numbers(space, 0)
        }


def change_counter(blocks):
    """SQLite's count of changes, bytes 24 to 27 of the first page."""
    return int.from_bytes(blocks[PAGE, 0][24:28], "big")


def do_nothing(desk, vault):
    vault.commit()


def do_note(desk, vault):
    write_note(vault, {"title": b"one more"})


def do_add(desk, vault):
    desk.add(vault, desk.file("f.bin", b"f" * 3000))


def do_contact(desk, vault):
    add_contact(vault, "partner", desk.file("c", RECIPIENT))


RECIPIENT = b""


@pytest.fixture(autouse=True)
def recipient(monkeypatch):
    from vault.sync.age_identity import AgeIdentity

    found = AgeIdentity(bytes(32)).recipient.encode()
    monkeypatch.setitem(globals(), "RECIPIENT", found)


@pytest.mark.parametrize("action", [do_nothing, do_note, do_add, do_contact])
def test_the_same_action_from_above_leaves_the_same_pages(deep_desk, tmp_path, action):
    lived(deep_desk)
    after = []
    for passphrase, level in BOTH:
        desk = Desk(tmp_path, disk=deep_desk.disk.fork(), seed=0)
        desk.clock.now = deep_desk.clock.now
        desk.random = seeded(9)
        with desk.open("v", passphrase, level=level) as vault:
            action(desk, vault)
        after.append(blocks(desk, desk.disk))
    own, above = after
    assert own.keys() == above.keys()
    assert change_counter(own) == change_counter(above)
    # Salts and decoys are random; everything that follows from the action is the same.
    changed = [name for name in own if own[name] != above[name]]
    before = blocks(deep_desk, deep_desk.disk)
    touched = [name for name in own if own[name] != before.get(name)]
    assert set(changed) <= set(touched)
    assert touched == [name for name in above if above[name] != before.get(name)]


@pytest.mark.parametrize(
    ("passphrase", "action"),
    [("one", do_nothing), ("two", do_nothing), ("two", do_note), ("two", do_add)],
)
def test_a_save_with_nothing_to_save_and_one_above_leave_the_same_below(
    deep_desk, tmp_path, passphrase, action
):
    lived(deep_desk)
    before = blocks(deep_desk, deep_desk.disk)
    desk = Desk(tmp_path, disk=deep_desk.disk.fork(), seed=0)
    desk.clock.now = deep_desk.clock.now
    with desk.open("v", passphrase) as vault:
        action(desk, vault)
    assert before == blocks(desk, desk.disk)
