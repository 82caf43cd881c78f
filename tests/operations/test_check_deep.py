"""Checking in depth finds every kind of damage and names it; what is still there heals it."""

from __future__ import annotations

import os

import apsw
import pytest

from operations.desk import PHOTO, Desk, no_progress
from operations.looks import answers
from seam.recording import RecordingDisk
from vault.catalog.store import MEDIA, PAGE, RECORD
from vault.errors import NotFound
from vault.operations import healing
from vault.operations.entries import write_note
from vault.operations.healing import heal
from vault.operations.inspect import check_vault

LARGE = PHOTO * 30


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Return a desk whose vault `v` has files, notes, an erased field, a sent bundle."""
    pair = Desk(tmp_path_factory.mktemp("life"), seed=900)
    pair.make("v")
    pair.make("p")
    pair.introduce("v", "partner", pair.card("p"))
    pair.introduce("p", "sender", pair.card("v"))
    with pair.open("v") as vault:
        paths = [pair.file("large", LARGE), pair.file("small", PHOTO), pair.file("empty", b"")]
        pair.add(vault, *paths, fields={"title": b"photo"})
        for number in range(12):
            write_note(vault, {"title": b"note %d" % number, "description": b"text " * 90})
        vault.catalog.erase_fields(vault.catalog.origin, 5, ["description"])
        vault.commit()
        pair.seal(vault, "partner", "bundle", ["0", "1"])
    return pair


@pytest.fixture
def lived(life):
    """Return a desk with a copy of it all."""
    return Desk(life.folder, disk=life.disk.fork(), seed=901)


def deep(desk, **options):
    with desk.open("v", writable=False, **options) as vault:
        return check_vault(vault, no_progress, deep=True)


def place(desk, namespace, number=0, object_id=None):
    """Offset in the file of a live block."""
    with desk.open("v", writable=False) as vault:
        volume = vault.volume
        known = volume.objects(namespace)
        name = bytes([namespace]) + (object_id or known[0]).to_bytes(8) + number.to_bytes(8)
        spot = volume.where[name]
        return volume.reader.offset(spot >> 16, spot & 0xFFFF)


def healed(desk, *copies):
    with desk.open("v") as vault:
        return heal(vault, copies, no_progress)


def test_a_whole_vault_is_sound_and_every_block_was_read(lived):
    report = deep(lived)
    with lived.open("v", writable=False) as vault:
        assert len(vault.volume.where) == report.blocks
    assert (True, False, 3) == (report.sound, report.rebuilt, report.files)
    assert len(LARGE + PHOTO) == report.read
    assert (0, 0, 60) == (report.copies.roots, report.copies.cells, report.copies.rows)


def test_what_is_read_does_not_depend_on_which_thread_was_faster(lived):
    reads = []
    for _ in range(3):
        disk = RecordingDisk(lived.disk)
        deep(lived, disk=disk)
        reads.append(disk.reads)
    assert reads[0] == reads[1] == reads[2]
    assert {"open-read", "lock-shared", "close"} == {op.op for op in disk.ops}


@pytest.mark.parametrize("number", [0, 70, 150])
def test_a_damaged_block_of_a_file_is_named_by_its_entry(lived, number):
    lived.disk.flip("v", place(lived, MEDIA, number) + 200)
    report = deep(lived)
    assert [(0, 1)] == [(loss.seq, loss.chunks) for loss in report.losses.entries]
    assert ([0], 2) == ([problem.seq for problem in report.problems], report.files)


def test_a_good_copy_of_a_file_gives_back_what_it_lost(lived):
    for number in (3, 4, 70):
        lived.disk.flip("v", place(lived, MEDIA, number) + 200)
    other, copy = lived.file("other", b"not this"), lived.file("copy", LARGE)
    found = healed(lived, other, copy)
    assert [0] == [entry.seq for entry in found.entries]
    assert [(other, NotFound)] == [(path, type(error)) for path, error in found.refused]
    assert deep(lived).sound
    with lived.open("v", writable=False) as vault:
        assert LARGE == lived.content(vault, "0")


def test_a_copy_heals_what_the_map_lost_and_takes_no_more_room(lived):
    with lived.open("v") as vault:
        used = vault.volume.used
        for number in range(40):
            vault.volume.drop(MEDIA, vault.volume.objects(MEDIA)[0], number)
        vault.commit()
    assert [40] == [loss.chunks for loss in deep(lived).losses.entries]
    healed(lived, lived.file("copy", LARGE))
    assert deep(lived).sound
    with lived.open("v", writable=False) as vault:
        assert used == vault.volume.used


def test_a_second_bundle_heals_what_was_received(lived):
    with lived.open("p") as vault:
        lived.receive(vault, str(lived.folder / "bundle"))
        (object_id,) = {e.media.object_id for e in vault.catalog.newest() if e.seq == 0}
        vault.volume.drop(MEDIA, object_id, 7)
        vault.commit()
    assert not lived.check("p").sound
    with lived.open("v") as vault:
        second = lived.seal(vault, "partner", "second", ["0", "1"])
    with lived.open("p") as vault:
        lived.receive(vault, second)
        assert 2 == len(vault.volume.objects(MEDIA))
        assert LARGE == lived.content(vault, "sender/0")
    assert lived.check("p").sound


@pytest.mark.parametrize("number", range(0, 24, 5))
def test_a_damaged_block_of_records_is_written_anew_from_the_index(lived, number):
    lived.disk.flip("v", place(lived, RECORD, number) + 90)
    with lived.open("v", writable=False) as vault:
        wanted = answers(vault)
    assert not deep(lived).sound
    found = healed(lived)
    assert number or found.records
    assert deep(lived).sound
    with lived.open("v", writable=False) as vault:
        assert wanted == answers(vault)


def test_a_damaged_page_of_the_index_is_made_anew(lived):
    lived.disk.flip("v", place(lived, PAGE, 20) + 90)
    assert deep(lived).rebuilt
    assert healed(lived).index
    assert (True, False) == (deep(lived).sound, deep(lived).rebuilt)


CHANGES = {
    "a title": ("UPDATE entries SET title = 'other' WHERE seq = 3", [3]),
    "a hash of a file": ("UPDATE media SET sha256 = zeroblob(32) WHERE seq = 1", [1]),
    "words": (
        "UPDATE words SET text = 'elsewhere' WHERE rowid = (SELECT id FROM entries WHERE seq = 4)",
        [4],
    ),
    "a field that is gone": ("DELETE FROM disclosures WHERE seq = 2 AND name = 'title'", [2]),
    "a field's bytes": ("UPDATE records SET body = x'0a' WHERE number = 40", []),
    "a contact": ("DELETE FROM contacts", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_index_that_says_something_else_is_found_and_made_anew(lived, change):
    statement, entries = CHANGES[change]
    with lived.open("v") as vault:
        vault.catalog._db.execute(statement)
        vault.commit()
    report = deep(lived)
    assert not report.sound
    assert set(entries) <= {problem.seq for problem in report.problems}
    assert any("index" in str(problem.error) for problem in report.problems)
    assert healed(lived).index
    assert deep(lived).sound


def test_words_that_would_not_be_found_are_noticed(lived):
    """The texts are right, what is searched is not: only the full-text index itself sees it."""
    with lived.open("v") as vault:
        assert 12 == len(vault.catalog.search("note"))
        vault.catalog._db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
        vault.catalog._db.execute("DELETE FROM words_docsize WHERE id > 60")
        vault.commit()
    assert deep(lived).rebuilt
    assert healed(lived).index
    assert (True, False) == (deep(lived).sound, deep(lived).rebuilt)


def test_a_damaged_copy_of_a_root_or_cell_is_counted_and_costs_nothing(lived):
    with lived.open("v", writable=False) as vault:
        volume, geometry = vault.volume, vault.session.geometry
        last = volume.reader.share.blocks - 1
        roots = [volume.reader.offset(5, 0), volume.reader.offset(40, last)]
        cell = geometry.cell_offset(1, 0)
    for offset in roots:
        lived.disk.flip("v", offset + 30)
    lived.disk.flip("v", cell + 30)
    report = deep(lived)
    assert (2, 1, True) == (report.copies.roots, report.copies.cells, report.sound)
    with lived.open("v") as vault:
        for _ in range(64):
            vault.commit()
    assert deep(lived).copies.whole


def test_rows_written_without_the_volume_are_not_told_as_damaged(deep_desk):
    for _ in range(5):
        with deep_desk.open("v", "one") as vault:
            write_note(vault, {"title": b"x"})
    with deep_desk.open("v", "two", writable=False) as vault:
        report = check_vault(vault, no_progress, deep=True)
        assert (True, True) == (report.sound, report.copies.whole)
        assert 64 > report.copies.rows


def test_healing_what_is_whole_makes_one_commit(lived):
    with lived.open("v") as vault:
        commits = vault.session.status(0).commits
        found = heal(vault, (), no_progress)
        assert (0, False, []) == (found.records, found.index, found.entries)
        assert commits + 1 == vault.session.status(0).commits


def test_ctrl_c_while_it_is_read_ends_the_check(lived):
    def press(_done, _total):
        raise KeyboardInterrupt

    with lived.open("v", writable=False) as vault, pytest.raises(KeyboardInterrupt):
        check_vault(vault, no_progress, press, deep=True)
    assert deep(lived).sound


def overwritten(path, content):
    """Change a file in place, unnoticed by its size."""
    with open(path, "r+b") as file:
        file.write(content)


@pytest.mark.parametrize("size", [len(LARGE), 70_000])
def test_of_a_copy_that_changes_meanwhile_nothing_stays(lived, monkeypatch, size):
    """Other bytes of the same length, or fewer."""
    for number in (3, 120):
        lived.disk.flip("v", place(lived, MEDIA, number) + 200)
    copy = lived.file("copy", LARGE)
    put = healing._put

    def changing(*its):
        os.truncate(copy, size)
        overwritten(copy, b"?" * size)
        put(*its)

    monkeypatch.setattr(healing, "_put", changing)
    with lived.open("v") as vault:
        monkeypatch.setattr(healing, "batch_blocks", lambda _: 1)
        found = heal(vault, [copy], no_progress)
    assert ([], [copy]) == (found.entries, [path for path, _ in found.refused])
    assert [(0, 2)] == [(loss.seq, loss.chunks) for loss in deep(lived).losses.entries]
    monkeypatch.undo()
    assert [0] == [entry.seq for entry in healed(lived, lived.file("copy", LARGE)).entries]
    assert deep(lived).sound


def test_wrong_bytes_of_a_file_are_healed_by_a_good_copy(lived):
    """Every block can be read, and the file is another all the same."""
    with lived.open("v") as vault:
        vault.volume.put(MEDIA, vault.volume.objects(MEDIA)[0], 5, b"?" * vault.volume.payload)
        vault.commit()
    assert not deep(lived).sound
    assert [0] == [entry.seq for entry in healed(lived, lived.file("copy", LARGE)).entries]
    assert deep(lived).sound


def test_good_bytes_stay_when_a_copy_changes_while_it_is_compared(lived, monkeypatch):
    lived.disk.flip("v", place(lived, MEDIA, 3) + 200)
    copy = lived.file("copy", LARGE)
    unlike = healing._unlike

    def changing(*its):
        overwritten(copy, b"?" * len(LARGE))
        return unlike(*its)

    monkeypatch.setattr(healing, "_unlike", changing)
    assert [] == healed(lived, copy).entries
    assert [(0, 1)] == [(loss.seq, loss.chunks) for loss in deep(lived).losses.entries]
