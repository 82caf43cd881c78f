"""The power is cut at every point of whole operations, and the vault is looked at afterwards."""

from __future__ import annotations

import pytest

from operations.desk import MEDIUM_LENGTH, Desk, listed, no_progress
from seam.crashing import CrashingDisk, crash_states
from vault.catalog.store import MEDIA
from vault.ledger.merkle import tree_root
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault

STATES = 200
"""States of each scenario; five of them."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk with two vaults that know each other, sources, and a bundle."""
    desk = Desk(tmp_path_factory.mktemp("crash"), seed=400)
    desk.make("v", 2)
    desk.make("p", 2)
    desk.introduce("v", "partner", desk.card("p", "two"), "two")
    desk.introduce("p", "sender", desk.card("v", "two"), "two")
    for number in range(9):
        desk.file(f"sources/{number}", bytes([number]) * (4000 * number + 1))
    with desk.open("v", "two") as vault:
        desk.add(vault, desk.file("sound", b"s" * 70_000))
        write_note(vault, {"title": b"first"})
        desk.seal(vault, "partner", "bundle")
    with desk.open("v", "one") as vault:
        write_note(vault, {"title": b"below"})
    return desk


def fork(scene, disk):
    return Desk(scene.folder, disk=disk, seed=401, length=MEDIUM_LENGTH)


def add(desk, disk):
    """Mark each entry when it is reported."""
    with desk.open("v", "two", disk=disk) as vault:
        report = desk.add(vault, str(desk.folder / "sources"))
    disk.mark(f"entries {len(report.added) + 2}")


def notes(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        for number in range(4):
            seq = write_note(vault, {"title": b"%d" % number})
            disk.mark(f"entries {seq + 1}")


def receive(desk, disk):
    with desk.open("p", "two", disk=disk) as vault:
        desk.receive(vault, str(desk.folder / "bundle"))
    disk.mark("received 2")


def seal(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        desk.seal_to_disk(vault, "partner", "sealed")
    disk.mark("sealed 1")


def below(desk, disk):
    """Feed the less secret volume from the more secret session, and both in turn."""
    with desk.open("v", "two", disk=disk, level=0) as vault:
        desk.add(vault, str(desk.folder / "sources/3"))
    with desk.open("v", "two", disk=disk) as vault:
        seq = write_note(vault, {"title": b"above"})
        disk.mark(f"entries {seq + 1}")


SCENARIOS = {"add": add, "notes": notes, "import": receive, "seal": seal, "below": below}


def promised(state, word):
    """What was acknowledged before the cut: the last mark that begins with the word."""
    numbers = [int(mark.split()[1]) for mark in state.marks if mark.startswith(word)]
    return numbers[-1] if numbers else 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_after_a_power_cut_everything_acknowledged_is_there(scene, rng, name):
    disk = CrashingDisk(scene.disk)
    SCENARIOS[name](fork(scene, disk), disk)
    with fork(scene, disk.memory).open("v", "two", writable=False) as vault:
        final = list(vault.catalog.leaf_hashes(vault.catalog.origin))
    written, untouched = ("p", "v") if name == "import" else ("v", "p")
    looks = {"v": lambda desk, state: look_at_own(desk, state, final), "p": look_at_partners}
    checked = 0
    for state in crash_states(disk.log, rng, STATES):
        desk = fork(scene, state.disk)
        looks[written](desk, state)
        assert scene.disk.read(untouched) == state.disk.read(untouched), repr(state)
        checked += 1
    assert STATES == checked
    looks[untouched](desk, state)


def look_at_partners(desk, state):
    """The vault opens, and all of a bundle is there or nothing."""
    with desk.open("p", "two", writable=False) as vault:
        arrived = vault.catalog.contact("sender").origin
        there = vault.catalog.next_seq(arrived)
        assert there in {0, 2}, repr(state)
        assert promised(state, "received") <= there, repr(state)
        if there:
            assert b"s" * 70_000 == desk.content(vault, "sender/0")
            assert check_vault(vault, no_progress).sound, repr(state)


def look_at_own(desk, state, final):
    """The vault opens, is sound, and its log is a beginning of what it became."""
    with desk.open("v", "two", writable=False) as vault:
        hashes = list(vault.catalog.leaf_hashes(vault.catalog.origin))
        assert hashes == final[: len(hashes)], repr(state)
        assert max(2, promised(state, "entries")) <= len(hashes), repr(state)
        counter = vault.catalog.counter(1, "bundle")
        signed = vault.catalog.checkpoints(vault.catalog.origin)
        assert all(tree_root(hashes[: kept.size]) == kept.root for kept in signed)
        assert check_vault(vault, no_progress).sound, repr(state)
        if vault.session.volumes[0].usable and "entries" in "".join(state.marks):
            look_below(desk)
    if state.disk.exists("sealed"):
        assert 2 == counter, repr(state)
    else:
        assert 0 == promised(state, "sealed"), repr(state)


def look_below(desk):
    with desk.open("v", "one", writable=False) as vault:
        assert (0, "below") == listed(vault)[0]


def test_what_a_cut_left_without_an_entry_is_given_back_by_the_next_command(scene, rng):
    disk = CrashingDisk(scene.disk)
    add(fork(scene, disk), disk)
    left_over = 0
    for state in crash_states(disk.log, rng, 60):
        desk = fork(scene, state.disk)
        with desk.open("v", "two") as vault:
            left_over += bool(vault.catalog.unpublished_media())
            desk.add(vault, desk.file("sound", b"s" * 70_000))
            assert () == vault.catalog.unpublished_media(), repr(state)
        with desk.open("v", "two", writable=False) as vault:
            published = {e.media.object_id for e in vault.catalog.newest() if e.media}
            assert published == set(vault.volume.objects(MEDIA))
    assert 3 < left_over


def test_a_command_cut_short_can_be_given_again(scene, rng):
    disk = CrashingDisk(scene.disk)
    add(fork(scene, disk), disk)
    for state in crash_states(disk.log, rng, 25):
        desk = fork(scene, state.disk)
        with desk.open("v", "two") as vault:
            report = desk.add(vault, str(desk.folder / "sources"))
            assert (9, [], None) == (len(report.added), report.refused, report.stopped)
            assert list(range(11)) == [seq for seq, _ in listed(vault)], repr(state)
        assert desk.check("v", "two").sound, repr(state)
