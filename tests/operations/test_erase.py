"""Erasing through a whole vault: in no block that any key opens, the log whole, room or not."""

from __future__ import annotations

import os

import pytest

from operations.desk import PHOTO, Desk, listed, no_progress
from seam.crashing import CrashingDisk, crash_states
from seam.small import CHEAP_KDF, EDGE, seeded
from vault.catalog.store import MEDIA
from vault.container.form import Form
from vault.container.geometry import build
from vault.errors import ContainerFull, NotFound, UsageError
from vault.operations.entries import write_note
from vault.operations.erase import erase, plan_erase
from vault.operations.log import log_state, write_proof

WORD = b"quetzalcoatl"
"""Stands in a title, a text, a file and a file's name; folded as it is spelled."""


def rows_open(vault):
    """Every position of every row, live or dead, that this volume's key opens; its plaintext."""
    volume = vault.volume
    reader, table = volume.reader, volume.state.table
    for row, known in enumerate(table):
        sealer = reader.keys.block(known.epoch, known.commit_id)
        for position in range(reader.share.root, reader.share.root + reader.share.data):
            sealed = reader.read(row, position, 1)
            if reader.open(sealed, row, position, sealer):
                yield bytes(reader.plain)


def holding(desk, passphrase="one", word=WORD):
    with desk.open("v", passphrase, writable=False) as vault:
        return sum(word in plain for plain in rows_open(vault))


def go_round(desk, passphrase="one"):
    """Write every row of the ring once more, as scrubbing does."""
    with desk.open("v", passphrase) as vault:
        for _ in range(vault.session.geometry.rows):
            vault.commit()


def erased(desk, *items, names=(), passphrase="one"):
    with desk.open("v", passphrase) as vault:
        report = erase(vault, plan_erase(vault, items, names), no_progress)
        assert report.stopped is None
        return report.erased


@pytest.fixture
def worded(desk):
    """Return a desk whose vault has the word in a note, and in a file with its name."""
    with desk.open("v") as vault:
        write_note(vault, {"title": b"first", "description": b"kept"})
        write_note(vault, {"title": WORD, "description": WORD * 300, "source": WORD})
        path = desk.file("named", WORD + PHOTO * 3 + WORD)
        desk.add(vault, path, fields={"title": WORD, "description": WORD * 5})
        write_note(vault, {"title": b"last", "description": b"kept"})
    return desk


def test_what_was_erased_is_in_no_block_once_every_row_is_written_anew(worded):
    assert 5 < holding(worded)
    erased(worded, "1", "2")
    go_round(worded)
    assert 0 == holding(worded)
    assert 2 < holding(worded, word=b"kept")


def test_before_that_dead_blocks_still_hold_it(worded):
    """The same search finds it where it is: it would find it afterwards."""
    erased(worded, "1", "2")
    assert 5 < holding(worded)


def test_the_log_is_as_it_was_and_the_vault_is_sound(worded):
    with worded.open("v", writable=False) as vault:
        before = log_state(vault)
        leaf = vault.catalog.leaf(vault.catalog.origin, 1)
    erased(worded, "1", "2")
    with worded.open("v") as vault:
        assert before == log_state(vault)
        assert leaf == vault.catalog.leaf(vault.catalog.origin, 1)
        assert () == vault.catalog.search(WORD.decode())
        assert [(0, "first"), (1, ""), (2, ""), (3, "last")] == listed(vault)
        assert [] == vault.volume.objects(MEDIA)
        assert 4 == write_note(vault, {"title": b"next"})
    assert worded.check("v").sound


def test_an_entry_erased_can_still_be_proved_to_stand_in_the_log(worded):
    erased(worded, "1")
    with worded.open("v") as vault:
        assert [] == write_proof(vault, "1", str(worded.folder / "proof"))


def test_one_field_goes_and_the_others_stay(worded):
    assert ["source"] == erased(worded, "1", names=["source", "place"])[0].fields
    with worded.open("v", writable=False) as vault:
        names = {kept.name for kept in vault.catalog.fields(vault.catalog.origin, 1)}
        assert {"title", "description", "kind"} <= names
        assert "source" not in names


def test_a_name_that_no_field_has_is_refused(worded):
    with worded.open("v") as vault, pytest.raises(UsageError):
        plan_erase(vault, ["1"], ["sauce"])


def test_an_entry_that_is_not_there_is_refused_before_anything_goes(worded):
    with worded.open("v") as vault, pytest.raises(NotFound):
        plan_erase(vault, ["1", "9"])


def test_erasing_what_is_erased_makes_one_commit_and_changes_nothing(worded):
    erased(worded, "1")
    with worded.open("v") as vault:
        commits = vault.session.status(0).commits
        planned = plan_erase(vault, ["1"])
        assert ([], None) == (planned[0].fields, planned[0].size)
        erase(vault, planned, no_progress)
        assert commits + 1 == vault.session.status(0).commits


def test_a_file_that_another_entry_has_stays_until_that_is_erased_too(pair):
    with pair.open("v") as vault:
        pair.add(vault, pair.file("x", WORD + PHOTO))
        bundle = pair.seal(vault, "partner", "bundle")
    with pair.open("p") as vault:
        pair.add(vault, pair.file("x", WORD + PHOTO))
        pair.receive(vault, bundle)
        planned = plan_erase(vault, ["0"])
        assert (None, ["sender"]) == (
            planned[0].size,
            [vault.catalog.contact_of(other.origin).name for other in planned[0].shared],
        )
        erase(vault, planned, no_progress)
        assert WORD + PHOTO == pair.content(vault, "sender/0")
        erase(vault, plan_erase(vault, ["sender/0"]), no_progress)
        assert [] == vault.volume.objects(MEDIA)
    assert pair.check("p").sound


def test_what_was_erased_leaves_in_no_bundle(pair):
    with pair.open("v") as vault:
        write_note(vault, {"title": WORD})
        write_note(vault, {"title": b"second"})
        erase(vault, plan_erase(vault, ["0"]), no_progress)
        bundle = pair.seal(vault, "partner", "bundle")
    with pair.open("p") as vault:
        pair.receive(vault, bundle)
        titles = [e.title for e in vault.catalog.newest() if e.origin != vault.catalog.origin]
        assert ["second"] == titles
    assert pair.check("p").sound


def test_erasing_works_in_a_volume_that_is_full_to_the_brim(desk):
    def write_for_ever(vault):
        while True:
            write_note(vault, {"title": WORD, "description": os.urandom(450).hex().encode()})

    with desk.open("v") as vault:
        room = vault.volume.room(media=True)
        desk.add(vault, desk.file("most", os.urandom((room - 100) * 1024)))
        with pytest.raises(ContainerFull):
            write_for_ever(vault)
        for seq, _title in listed(vault)[1:]:
            report = erase(vault, plan_erase(vault, [str(seq)]), no_progress)
            assert report.stopped is None, seq
    go_round(desk)
    assert 0 == holding(desk)
    assert desk.check("v").sound


def test_after_a_power_cut_an_entry_is_erased_whole_or_not_at_all(worded, rng):
    disk = CrashingDisk(worded.disk)
    erased(Desk(worded.folder, disk=disk, seed=304), "1", "2")
    seen = set()
    for state in crash_states(disk.log, rng, 25):
        desk = Desk(worded.folder, disk=state.disk, seed=305)
        with desk.open("v", writable=False) as vault:
            seen.add(tuple(entry.fields > 0 for entry in vault.catalog.newest()))
        assert desk.check("v").sound, repr(state)
    assert {(True,) * 4, (True, False, False, True)} == seen


def test_a_note_that_does_not_fit_leaves_a_volume_from_which_can_be_erased(tmp_path):
    """Its index takes several commits here, of which the last would find no room."""
    form = Form(CHEAP_KDF, coarse_geometry, lambda _length: True)
    desk = Desk(tmp_path, form=form, length=2 * EDGE + 64 * 26 * 16444)
    desk.make("v")
    random = seeded(1)
    text = " ".join(random(3).hex() for _ in range(700)).encode()
    with desk.open("v") as vault:
        desk.add(vault, desk.file("most", os.urandom((vault.volume.room(media=True) - 5) << 14)))
        written = [0]
        with pytest.raises(ContainerFull):
            write_for_ever(vault, text, written)
        assert written == [seq for seq, _ in listed(vault)]
        assert erase(vault, plan_erase(vault, ["1"]), no_progress).stopped is None
    assert desk.check("v").sound


def write_for_ever(vault, text, written):
    while True:
        written.append(write_note(vault, {"title": b"x", "description": text}))


def coarse_geometry(length):
    """64 rows of a few blocks of 16 KiB."""
    pitch = (length - 2 * EDGE) // 64
    return build(length=length, payload=16384, rows=64, pitch=pitch, edge=EDGE)


def test_erasing_many_entries_goes_over_several_commits_each_whole(desk):
    with desk.open("v") as vault:
        for number in range(40):
            write_note(
                vault, {"title": b"%d" % number, "description": os.urandom(2000).hex().encode()}
            )
        commits = vault.session.status(0).commits
        done = []
        items = [str(number) for number in range(40)]
        report = erase(vault, plan_erase(vault, items), lambda n, _all: done.append(n))
        assert (None, 40) == (report.stopped, len(report.erased))
        assert 1 < vault.session.status(0).commits - commits
        assert 0 < len(done)
        assert done == sorted(done)
    assert desk.check("v").sound
