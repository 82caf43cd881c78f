from __future__ import annotations

import io
import os
import random as pseudorandom
import threading

import pytest

from operations.desk import Desk, listed, no_progress
from seam.recording import RecordingDisk
from seam.small import CATALOG_LENGTH
from vault.errors import (
    ContainerFull,
    Damaged,
    NotFound,
    RolledBack,
    SourceChanged,
    UsageError,
    VaultError,
)
from vault.media.metadata import PROBLEMS, Metadata
from vault.operations import background
from vault.operations import intake as adding
from vault.operations.add import add_stream
from vault.operations.entries import write_note
from vault.operations.reading import show_entry
from vault.storage.real import RealDisk
from vault.storage.source import FileSource, StreamSource

CHUNK = pseudorandom.Random(5)


def bytes_of(length):
    return CHUNK.randbytes(length)


def reopened(desk, item="0"):
    with desk.open("v", writable=False) as vault:
        return desk.content(vault, item)


@pytest.mark.parametrize("length", [0, 1, 1023, 1024, 1025, 20_000, 200_000])
def test_a_file_comes_back_as_it_was(desk, length):
    content = bytes_of(length)
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file("a.bin", content))
        assert ([0], [], None) == ([a.seq for a in report.added], report.refused, report.stopped)
        assert (length, True, None) == report.added[0][2:3] + report.added[0][5:7]
    assert content == reopened(desk)
    assert desk.check("v").sound


def test_a_file_of_many_batches_comes_back_as_it_was(desk):
    content = bytes_of(600_000)
    with desk.open("v") as vault:
        before = vault.session.status(0).commits
        desk.add(vault, desk.file("large.bin", content))
        assert 5 < vault.session.status(0).commits - before
    assert content == reopened(desk)


def test_a_whole_folder_goes_in_in_the_order_of_its_names(desk):
    for name in ("b/2", "b/1", "a", "c/d/e"):
        desk.file(f"folder/{name}", name.encode())
    with desk.open("v") as vault:
        report = desk.add(vault, str(desk.folder / "folder"))
        names = [show_entry(vault, str(a.seq)).values["file-name"] for a in report.added]
    assert [b"folder/a", b"folder/b/1", b"folder/b/2", b"folder/c/d/e"] == names


def test_thousands_of_small_files_go_in_and_the_log_counts_them(tmp_path):
    desk = Desk(tmp_path, disk=RealDisk(), length=3 * CATALOG_LENGTH)
    path = desk.make(str(tmp_path / "v"), 2)
    for number in range(2000):
        desk.file(f"many/{number:04}", b"%d" % number)
    with desk.open(path, "two") as vault:
        before = vault.session.status(1).commits
        report = desk.add(vault, str(tmp_path / "many"))
        assert list(range(2000)) == [item.seq for item in report.added]
        assert 2000 // 20 > vault.session.status(1).commits - before
        assert 2000 == vault.catalog.next_seq(vault.catalog.origin)
    found = desk.check(path, "two")
    assert (True, 2000, 2000) == (found.sound, found.entries, found.files)


def test_the_same_bytes_again_add_nothing_and_say_which_entry_has_them(desk):
    path = desk.file("a", b"same bytes")
    twin = desk.file("b", b"same bytes")
    with desk.open("v") as vault:
        first = desk.add(vault, path, twin)
        assert [(0, True), (0, False)] == [(a.seq, a.new) for a in first.added]
    with desk.open("v") as vault:
        second = desk.add(vault, path)
        assert [(0, False)] == [(a.seq, a.new) for a in second.added]
        assert 1 == vault.catalog.next_seq(vault.catalog.origin)


def test_a_large_file_that_is_there_is_not_written_again(desk):
    path = desk.file("large", bytes_of(300_000))
    with desk.open("v") as vault:
        desk.add(vault, path)
        used, commits = vault.volume.used, vault.session.status(0).commits
        assert [False] == [a.new for a in desk.add(vault, path).added]
        assert (used, commits + 1) == (vault.volume.used, vault.session.status(0).commits)


def test_again_adds_the_same_bytes_as_another_entry(desk):
    path = desk.file("a", b"same bytes")
    with desk.open("v") as vault:
        desk.add(vault, path)
        report = desk.add(vault, path, again=True)
        assert [(1, True)] == [(a.seq, a.new) for a in report.added]
        assert b"same bytes" == desk.content(vault, "1")


def test_adding_nothing_new_still_makes_a_commit(desk):
    path = desk.file("a", b"x")
    with desk.open("v") as vault:
        desk.add(vault, path)
        before = vault.session.status(0).commits
        desk.add(vault, path)
        assert before + 1 == vault.session.status(0).commits


def test_an_entry_is_reported_only_after_the_commit_that_holds_it(desk, monkeypatch):
    """Whatever is in the report is in the file that another process would open."""
    checked = []

    def settled(intake):
        original(intake)
        acknowledged = [item.seq for item in intake.report.added]
        copy = Desk(desk.folder, disk=desk.disk.fork())
        with copy.open("v", writable=False) as vault:
            there = [seq for seq, _ in listed(vault)]
        assert set(acknowledged) <= set(there)
        checked.append(len(acknowledged))

    original = adding.Intake._settle
    monkeypatch.setattr(adding.Intake, "_settle", settled)
    paths = [desk.file(f"{n}", bytes_of(9000 + n)) for n in range(40)]
    with desk.open("v") as vault:
        desk.add(vault, *paths)
    assert 40 == checked[-1]
    assert 3 < len(set(checked))


class _Meddling:
    """Does something to a file when its metadata are read: after opening, before reading."""

    def __init__(self, act):
        self.act = act

    def read(self, path):
        self.act(path)
        return Metadata("text/plain")


def grow(path):
    with open(path, "ab") as file:
        file.write(b"more")


def shrink(path):
    os.truncate(path, 10)


def change(path):
    with open(path, "r+b") as file:
        file.write(b"changed!")
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("act", [grow, shrink, change])
@pytest.mark.parametrize("length", [5000, 300_000])
def test_a_source_that_changes_is_refused_and_nothing_of_it_stays(desk, act, length):
    victim, sound = desk.file("a", bytes_of(length)), desk.file("b", b"sound")
    with desk.open("v") as vault:
        used = len(vault.volume.objects(2))
        desk.reader.read = lambda path: (act(path) if path == victim else None, Metadata())[1]
        report = desk.add(vault, victim, sound)
        assert [(victim, SourceChanged)] == [(p, type(e)) for p, e in report.refused]
        assert [(0, sound)] == [(a.seq, a.path) for a in report.added]
        assert used + 1 == len(vault.volume.objects(2))
    assert b"sound" == reopened(desk)


def test_a_source_that_changes_far_into_it_is_refused_and_its_blocks_are_given_back(desk):
    victim = desk.file("large", bytes_of(3_000_000))
    original, calls = FileSource.readinto, []
    desk.length = 4 * desk.length
    desk.make("w")

    def readinto(source, buffer):
        calls.append(1)
        if len(calls) == 3:
            change(victim)
        return original(source, buffer)

    with desk.open("w") as vault, pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSource, "readinto", readinto)
        report = desk.add(vault, victim)
        assert [SourceChanged] == [type(error) for _, error in report.refused]
        assert [] == report.added
    with desk.open("w", writable=False) as vault:
        assert ([], []) == (vault.volume.objects(2), listed(vault))


def test_a_folder_with_what_is_no_file_is_taken_in_without_it(desk):
    desk.file("folder/a", b"a")
    (desk.folder / "folder/link").symlink_to("a")
    os.mkfifo(desk.folder / "folder/pipe")
    with desk.open("v") as vault:
        report = desk.add(vault, str(desk.folder / "folder"))
    assert ["a"] == [os.path.basename(item.path) for item in report.added]
    assert ["link", "pipe"] == [os.path.basename(path) for path, _ in report.refused]


def test_a_path_that_does_not_exist_stops_everything_before_it_begins(desk):
    with desk.open("v") as vault, pytest.raises(NotFound):
        desk.add(vault, desk.file("a", b"a"), str(desk.folder / "none"))
    with desk.open("v", writable=False) as vault:
        assert [] == listed(vault)


@pytest.mark.parametrize(
    "fields",
    [
        {"nonsense": b"x"},
        {"title": b""},
        {"title": b"\xff"},
        {"kind": b"note"},
        {"kind": b"nonsense"},
        {"file": b"sha256 00"},
        {"media-metadata": b"made up"},
        {"file-name": b"other"},
        {"initial-date": b"yesterday"},
        {"description": b"x" * ((1 << 20) + 1)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_field_that_no_exhibit_has_is_refused_before_anything_is_read(desk, fields):
    recorded = RecordingDisk(desk.disk)
    with desk.open("v", disk=recorded) as vault:
        recorded.clear()
        with pytest.raises(UsageError):
            desk.add(vault, desk.file("a", b"a"), fields=fields)
        assert [] == recorded.ops
    assert [] == desk.reader.read_paths


def test_fields_of_the_user_stand_in_every_entry(desk):
    with desk.open("v") as vault:
        desk.add(vault, desk.file("a", b"a"), desk.file("b", b"b"), fields={"place": b"Herat"})
        values = [show_entry(vault, item).values for item in ("0", "1")]
    assert [b"Herat"] * 2 == [value["place"] for value in values]
    assert [b"exhibit"] * 2 == [value["kind"] for value in values]


@pytest.mark.parametrize(
    "name", ["line\nbreak", "\x1b[31mred", "\u202egpj.exe", "a:b", "CON", "x" * 200, "نام عکس"]
)
def test_any_name_that_a_file_system_allows_goes_in_and_is_kept(desk, name):
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file(f"folder/{name}", b"x"))
        assert ([], [0]) == (report.refused, [a.seq for a in report.added])
        assert name.encode() == show_entry(vault, "0").values["file-name"]


def test_a_name_that_is_no_text_goes_in_with_its_bytes_written_out(desk):
    path = os.fsencode(str(desk.folder)) + b"/\xff\xfe.jpg"
    with open(path, "wb") as file:
        file.write(b"x")
    with desk.open("v") as vault:
        desk.add(vault, os.fsdecode(path))
        assert rb"\xff\xfe.jpg" == show_entry(vault, "0").values["file-name"]


def test_a_parser_that_fails_costs_the_metadata_alone(desk):
    desk.reader.read = lambda path: Metadata("image/jpeg", problem=PROBLEMS["crash"])
    with desk.open("v") as vault:
        (item,) = desk.add(vault, desk.file("a", b"x")).added
    assert (0, PROBLEMS["crash"]) == (item.seq, item.problem)
    assert b"x" == reopened(desk)


def test_a_stream_is_added_as_one_file(desk):
    content = bytes_of(150_000)
    with desk.open("v") as vault:
        report = add_stream(
            vault, StreamSource(io.BytesIO(content)), {}, reader=desk.reader, progress=no_progress
        )
        assert [(0, len(content), True)] == [(a.seq, a.size, a.new) for a in report.added]
        assert "file-name" not in show_entry(vault, "0").values
    assert content == reopened(desk)


def test_a_stream_of_bytes_that_are_there_adds_nothing(desk):
    with desk.open("v") as vault:
        desk.add(vault, desk.file("a", b"same"))
        report = add_stream(
            vault, StreamSource(io.BytesIO(b"same")), {}, reader=desk.reader, progress=no_progress
        )
        assert [(0, False)] == [(a.seq, a.new) for a in report.added]
    with desk.open("v", writable=False) as vault:
        assert ([(0, "a")], [1]) == (listed(vault), vault.volume.objects(2))


class _Failing(io.BytesIO):
    def read(self, size=-1):
        part = super().read(size)
        if not part:
            raise OSError(5, "Input/output error")
        return part


def test_a_stream_that_fails_leaves_nothing(desk):
    source = StreamSource(_Failing(bytes_of(150_000)))
    with desk.open("v") as vault, pytest.raises(VaultError, match="failed while reading"):
        add_stream(vault, source, {}, reader=desk.reader, progress=no_progress)
    with desk.open("v") as vault:
        assert [] == listed(vault)
        desk.add(vault, desk.file("a", b"x"))
        assert 1 == len(vault.volume.objects(2))


def test_the_vault_itself_is_not_added(tmp_path):
    desk = Desk(tmp_path, disk=RealDisk())
    path = desk.make(str(tmp_path / "v"))
    os.link(path, tmp_path / "other-name")
    with desk.open(path) as vault:
        report = desk.add(vault, path, str(tmp_path / "other-name"))
    assert ([], 2) == (report.added, len(report.refused))


def test_ctrl_c_while_entries_are_made_leaves_nothing_for_a_later_save(desk, monkeypatch):
    """At the prompt other commands follow: what was not reported must not come with them."""
    original = adding.append_all
    made = []

    def append_all(vault, contents):
        made.append(original(vault, contents))
        if len(made) == 2:
            raise KeyboardInterrupt
        return made[-1]

    monkeypatch.setattr(adding, "append_all", append_all)
    monkeypatch.setattr(adding, "ENTRIES_AT_ONCE", 1)
    paths = [desk.file(f"{n}", bytes_of(50 + n)) for n in range(5)]
    with desk.open("v") as vault:
        report = desk.add(vault, *paths)
        assert ([], True) == (report.added, isinstance(report.stopped, KeyboardInterrupt))
        assert 2 == len(made)
        vault.commit()
    with desk.open("v", writable=False) as vault:
        assert ([], []) == (listed(vault), vault.volume.objects(2))


def test_reading_back_compares_what_the_disk_holds(desk):
    content = bytes_of(50_000)
    with desk.open("v") as vault:
        assert [True] == [
            a.new for a in desk.add(vault, desk.file("a", content), read_back=True).added
        ]


def test_reading_back_does_not_acknowledge_what_the_disk_lost(desk, monkeypatch):
    original = adding.Intake._save

    def save(intake, added):
        result = original(intake, added)
        volume = intake._volume
        for name, spot in volume.where.items():
            if name[0] == 2:
                offset = volume.reader.offset(spot >> 16, spot & 0xFFFF)
                desk.disk.flip("v", offset + 100)
        return result

    monkeypatch.setattr(adding.Intake, "_save", save)
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file("a", b"x" * 3000), read_back=True)
    assert ([], True) == (report.added, report.stopped is not None)


def test_in_an_altered_file_nothing_is_added_and_no_source_is_blamed(desk):
    old = desk.disk.fork()
    with desk.open("v") as vault:
        for number in range(9):
            desk.add(vault, desk.file(f"{number}", bytes_of(40_000)))
    raw = bytearray(desk.disk.read("v"))
    with desk.open("v", writable=False) as vault:
        cells = [vault.session.geometry.cell_offset(end, slot) for end in (0, 1) for slot in (0, 1)]
    for offset in cells:
        raw[offset : offset + 4096] = old.read("v")[offset : offset + 4096]
    desk.disk.put("v", bytes(raw))
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file("new", b"new"))
    assert ([], [], RolledBack) == (report.added, report.refused, type(report.stopped))


def test_what_fails_in_the_vault_is_not_told_of_the_file_that_was_read(desk, monkeypatch):
    def broken(*_args, **_options):
        raise Damaged("The end of the log is lost.")

    monkeypatch.setattr(adding, "append_all", broken)
    with desk.open("v") as vault:
        report = desk.add(vault, *(desk.file(f"{n}", bytes_of(30_000)) for n in range(6)))
    assert ([], [], Damaged) == (report.added, report.refused, type(report.stopped))
    with desk.open("v", writable=False) as vault:
        assert [] == listed(vault)


def test_pressed_again_and_again_ctrl_c_lets_the_save_end_and_tells_what_it_saved(
    desk, monkeypatch
):
    """A save that goes on while the vault is used for something else would be two at once."""
    original, presses, held = background.wait, [], threading.Event()

    def wait(saves):
        if len(presses) < 3:
            presses.append(1)
            raise KeyboardInterrupt
        held.set()
        return original(saves)

    monkeypatch.setattr(background, "wait", wait)
    save = adding.Intake._save
    monkeypatch.setattr(adding.Intake, "_save", lambda *a: (held.wait(), save(*a))[1])
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file("a", b"kept"))
        assert (3, [0]) == (len(presses), [item.seq for item in report.added])
        assert isinstance(report.stopped, KeyboardInterrupt)
    assert b"kept" == reopened(desk)


def test_nothing_is_forgotten_and_nothing_closed_under_a_save(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"first"})
        commit, order, inside = vault.session.commit, [], threading.Event()

        def slow():
            inside.set()
            threading.Event().wait(0.05)
            commit()
            order.append("saved")

        vault.session.commit = slow
        saver = threading.Thread(target=vault.commit)
        saver.start()
        inside.wait()
        vault.forget_staged()
        order.append("forgotten")
        saver.join()
    assert ["saved", "forgotten"] == order


def test_what_does_not_fit_is_refused_before_any_of_it_is_written(desk):
    """Row after row for nothing would write over what other passphrases open."""
    with desk.open("v") as vault:
        room = vault.volume.room(media=True) * vault.volume.payload
        large, small = desk.file("large", bytes_of(room + 1)), desk.file("small", b"fits")
        before = vault.session.status(0)
        report = desk.add(vault, large, small)
        after = vault.session.status(0)
        assert [(large, ContainerFull)] == [(path, type(error)) for path, error in report.refused]
        assert [small] == [item.path for item in report.added]
        assert (before.epoch + 1, before.commits + 1) == (after.epoch, after.commits)


def test_what_is_there_already_is_known_although_it_would_not_fit_again(desk):
    with desk.open("v") as vault:
        room = vault.volume.room(media=True) * vault.volume.payload
        path = desk.file("large", bytes_of(2 * room // 3))
        assert [True] == [item.new for item in desk.add(vault, path).added]
        again = desk.add(vault, path)
        assert ([False], []) == ([item.new for item in again.added], again.refused)


def test_a_stream_that_does_not_fit_gives_its_room_back(desk):
    with desk.open("v") as vault:
        before = vault.volume.room(media=True)
        source = StreamSource(io.BytesIO(bytes_of((before + 9) * vault.volume.payload)))
        report = add_stream(vault, source, {}, reader=desk.reader, progress=no_progress)
        assert isinstance(report.stopped, ContainerFull)
        assert [] == report.added
        assert before == vault.volume.room(media=True)


@pytest.mark.parametrize("read_back", [False, True])
def test_a_file_whose_stored_copy_is_damaged_is_not_called_there_already(desk, read_back):
    path = desk.file("a", bytes_of(5000))
    with desk.open("v") as vault:
        desk.add(vault, path)
        name, spot = next((n, s) for n, s in vault.volume.where.items() if n[0] == 2)
        offset = vault.volume.reader.offset(spot >> 16, spot & 0xFFFF)
        if read_back:
            desk.disk.flip("v", offset + 100)
        else:
            vault.volume.where.pop(name)
        report = desk.add(vault, path, read_back=read_back)
    assert ([], [Damaged]) == (report.added, [type(error) for _, error in report.refused])
