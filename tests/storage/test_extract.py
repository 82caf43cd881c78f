"""Extraction under names that somebody else chose: into the folder, over nothing, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from vault.errors import NotFound, NotSaved, VaultError
from vault.storage import durable
from vault.storage.extract import ExtractFolder
from vault.storage.folders import PathFolder, open_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and rights are POSIX's")


@pytest.fixture(params=[open_folder, PathFolder], ids=["by descriptor", "by path"])
def extract(request, tmp_path):
    """Begin an extraction; the second way is that of Windows, tried here."""
    numbers = iter(range(10_000))

    def begin(path=tmp_path / "out"):
        return ExtractFolder(
            str(path),
            random=lambda n: next(numbers).to_bytes(n, "big"),
            open_folder=request.param,
        )

    return begin


def write(folder, name, data=b"content"):
    with folder.file(name) as file:
        for piece in (data[:3], data[3:5], data[5:]):
            file.write(piece)


def write_all(begun, *names):
    """One extraction of these files; what is callable happens between two of them."""
    with begun as folder:
        for name in names:
            name() if callable(name) else write(folder, name)


def tree(path):
    return sorted(found.relative_to(path).as_posix() for found in path.rglob("*"))


def test_files_and_their_folders_are_made(extract, tmp_path):
    with extract() as folder:
        write(folder, "card", b"the card")
        write(folder, "entries/1/leaf", b"a leaf")
        write(folder, "entries/1/fields/note", b"")
        write(folder, "entries/2/leaf", b"another")
    out = tmp_path / "out"
    assert tree(out) == [
        "card",
        "entries",
        "entries/1",
        "entries/1/fields",
        "entries/1/fields/note",
        "entries/1/leaf",
        "entries/2",
        "entries/2/leaf",
    ]
    assert (out / "card").read_bytes() == b"the card"
    assert (out / "entries/1/leaf").read_bytes() == b"a leaf"
    assert (out / "entries/1/fields/note").read_bytes() == b""


def test_only_the_owner_may_read_what_was_extracted(extract, tmp_path):
    before = os.umask(0)
    try:
        with extract() as folder:
            write(folder, "a/b")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out", "out/a", "out/a/b")]
    assert modes == [0o700, 0o700, 0o600]


def test_what_was_in_the_folder_stays(extract, tmp_path):
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "old").write_bytes(b"old")
    with extract() as folder:
        write(folder, "a/new")
    assert tree(tmp_path / "out") == ["a", "a/new", "a/old"]
    assert (tmp_path / "out" / "a" / "old").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["../f", "/f", "a/../../f", "C:f", "a\\..\\f", "CON", "f ", "f\n"])
def test_an_unsafe_name_makes_nothing_anywhere(extract, tmp_path, name):
    with pytest.raises(VaultError):
        write_all(extract(), name)
    assert tree(tmp_path) == []


def test_nothing_is_overwritten(extract, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "f").write_bytes(b"kept")
    with pytest.raises(VaultError, match="exists already"):
        write_all(extract(), "f")
    assert (tmp_path / "out" / "f").read_bytes() == b"kept"
    assert tree(tmp_path / "out") == ["f"]


def test_a_file_behind_a_hard_link_is_not_written_through(extract, tmp_path):
    (tmp_path / "outside").write_bytes(b"kept")
    (tmp_path / "out").mkdir()
    os.link(tmp_path / "outside", tmp_path / "out" / "f")
    with pytest.raises(VaultError, match="exists already"):
        write_all(extract(), "f")
    assert (tmp_path / "outside").read_bytes() == b"kept"


@pytest.mark.parametrize("name", ["link", "link/f", "link/g/f"])
def test_a_link_in_the_folder_is_not_followed(extract, tmp_path, name):
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(VaultError):
        write_all(extract(), name)
    assert tree(tmp_path) == ["out", "out/link", "outside"]


def test_a_folder_swapped_for_a_link_leads_nothing_outside(extract, tmp_path):
    (tmp_path / "outside").mkdir()

    def swap():
        (tmp_path / "out" / "a").rename(tmp_path / "moved")
        (tmp_path / "out" / "a").symlink_to(tmp_path / "outside")

    with pytest.raises(VaultError):
        write_all(extract(), "a/f", swap, "a/g")
    assert tree(tmp_path / "outside") == []


def test_a_folder_swapped_while_a_file_is_written_leads_nothing_outside(extract, tmp_path):
    (tmp_path / "outside").mkdir()
    try:
        with extract() as folder, folder.file("a/f") as file:
            file.write(b"x")
            (tmp_path / "out" / "a").rename(tmp_path / "moved")
            (tmp_path / "out" / "a").symlink_to(tmp_path / "outside")
    except VaultError:
        pass  # by path it is noticed at once, by descriptor when the folder is synced
    else:
        pytest.fail("a folder was swapped and nothing was said")
    assert tree(tmp_path / "outside") == []


def test_a_folder_swapped_for_another_folder_is_noticed(extract, tmp_path):
    (tmp_path / "other").mkdir()

    def swap():
        (tmp_path / "out").rename(tmp_path / "moved")
        (tmp_path / "other").rename(tmp_path / "out")

    with contextlib.suppress(VaultError):
        write_all(extract(), "f", swap, "g")
    assert tree(tmp_path / "out") == []


@pytest.mark.parametrize("kind", ["hard link", "link"])
def test_a_temporary_name_that_was_guessed_is_not_written_through(extract, tmp_path, kind):
    guessed = tmp_path / "out" / ("." + bytes(8).hex())
    (tmp_path / "outside").write_bytes(b"kept")
    guessed.parent.mkdir()
    if kind == "link":
        guessed.symlink_to(tmp_path / "outside")
    else:
        os.link(tmp_path / "outside", guessed)
    with pytest.raises(VaultError):
        write_all(extract(), "f")
    assert (tmp_path / "outside").read_bytes() == b"kept"


def test_the_folder_itself_may_be_reached_through_links(extract, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with extract(tmp_path / "link") as folder:
        write(folder, "f")
    assert tree(tmp_path / "real") == ["f"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Card", "card"),
        ("caf\u00e9", "cafe\u0301"),
        ("a/f", "A/g"),
        ("a/f", "a/F"),
        ("a", "A/f"),
        ("a/f", "A"),
    ],
)
def test_twins_in_one_folder_are_refused(extract, tmp_path, first, second):
    with pytest.raises(VaultError, match="one name on some systems"):
        write_all(extract(), first, second)
    assert tree(tmp_path) == []


def test_a_twin_of_what_was_there_before_is_refused(extract, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "CARD").write_bytes(b"kept")
    with pytest.raises(VaultError, match="one name on some systems"):
        write_all(extract(), "card")
    assert tree(tmp_path / "out") == ["CARD"]


def test_the_same_name_in_two_folders_is_no_twin(extract, tmp_path):
    with extract() as folder:
        write(folder, "a/f")
        write(folder, "b/F")
    assert tree(tmp_path / "out") == ["a", "a/f", "b", "b/F"]


@pytest.mark.parametrize("names", [("f", "f"), ("a", "a/f"), ("a/f", "a")])
def test_a_name_is_given_once(extract, tmp_path, names):
    with pytest.raises(VaultError):
        write_all(extract(), *names)
    assert tree(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_extraction_takes_back_what_it_made_and_no_more(extract, tmp_path, error):
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "old").write_bytes(b"old")

    def fail():
        raise error

    with pytest.raises(error):
        write_all(extract(), "a/new", "b/c/new", fail)
    assert tree(tmp_path / "out") == ["a", "a/old"]


def test_a_file_that_fails_alone_leaves_nothing_of_itself(extract, tmp_path):
    def half(folder):
        with folder.file("bad") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with extract() as folder:
        with pytest.raises(KeyboardInterrupt):
            half(folder)
        write(folder, "good")
    assert tree(tmp_path / "out") == ["good"]


def test_a_file_has_its_name_only_when_it_is_whole(extract, tmp_path):
    with extract() as folder, folder.file("f") as file:
        file.write(b"half")
        assert not (tmp_path / "out" / "f").exists()


@pytest.fixture
def synced(monkeypatch):
    """The files and folders that are synced, as (device, inode), in order."""
    truly, seen = os.fsync, []

    def watched(descriptor):
        found = os.fstat(descriptor)
        seen.append((found.st_dev, found.st_ino))
        truly(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    return seen


def identity(path):
    found = path.stat()
    return found.st_dev, found.st_ino


def test_every_file_and_every_folder_is_synced(extract, tmp_path, synced):
    with extract() as folder:
        write(folder, "a/b/f")
        write(folder, "g")
    made = [tmp_path, *(tmp_path / name for name in ("out", "out/a", "out/a/b", "out/a/b/f"))]
    made.append(tmp_path / "out" / "g")
    assert set(map(identity, made)) == set(synced)


@pytest.mark.parametrize("call", ["fsync", "pwrite", "mkdir"])
def test_a_failing_disk_leaves_nothing_and_says_so(extract, tmp_path, monkeypatch, call):
    (tmp_path / "out").mkdir()

    def fails(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(NotSaved, match="disk is full"):
        write_all(extract(), "f", lambda: monkeypatch.setattr(os, call, fails), "a/g")
    assert tree(tmp_path / "out") == []


def test_a_folder_whose_sync_fails_leaves_nothing(extract, tmp_path, monkeypatch):
    truly = os.fsync

    def fails_for_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        truly(descriptor)

    monkeypatch.setattr(os, "fsync", fails_for_folders)
    with pytest.raises(NotSaved, match="failed while writing"):
        write_all(extract(), "a/f", "g")
    assert tree(tmp_path) == []


def test_a_rename_that_fails_leaves_nothing(extract, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "rename", fails)
    with pytest.raises(NotSaved, match="failed while writing"):
        write_all(extract(), "f")
    assert tree(tmp_path) == []


def test_what_is_no_folder_is_refused(extract, tmp_path):
    (tmp_path / "out").write_bytes(b"kept")
    with pytest.raises(VaultError, match="is no folder"):
        write_all(extract())
    assert (tmp_path / "out").read_bytes() == b"kept"


def test_the_folder_above_must_exist(extract, tmp_path):
    with pytest.raises(NotFound, match="no folder"):
        write_all(extract(tmp_path / "missing" / "out"))


def test_no_descriptor_is_left_open(extract, tmp_path):
    before = set(os.listdir("/dev/fd"))
    with extract() as folder:
        write(folder, "a/b/f")
        with pytest.raises(VaultError):
            write(folder, "a/b/f/g")
        with pytest.raises(VaultError):
            write(folder, "a/B/g")
    assert set(os.listdir("/dev/fd")) == before


def test_use_outside_the_block_is_an_error_of_the_program(extract):
    with pytest.raises(RuntimeError) as caught:
        write(extract(), "f")
    assert "an ExtractFolder is used inside its with block" == str(caught.value)


def test_a_file_made_in_a_folder_that_was_swapped_meanwhile_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    folder = PathFolder(str(tmp_path / "a"))
    make = os.open

    def swapped(path, *words, **named):
        (tmp_path / "a").rename(tmp_path / "b")
        (tmp_path / "a").mkdir()
        return make(path, *words, **named)

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(NotADirectoryError):
        folder.create("f")
    monkeypatch.undo()
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert before == after
    folder.close()


def test_a_folder_may_be_given_up_twice(tmp_path):
    for opened in (open_folder(str(tmp_path)), PathFolder(str(tmp_path))):
        opened.close()
        opened.close()


@pytest.mark.parametrize("name", ["f", "a/f"])
def test_an_empty_folder_that_was_there_stays_when_all_fails(extract, tmp_path, name):
    (tmp_path / "out").mkdir()
    with pytest.raises(VaultError, match="exists already"):
        write_all(extract(), name, name)
    assert (tmp_path / "out").is_dir()
    assert tree(tmp_path / "out") == []


def failing_for(monkeypatch, call, path):
    """Let one call of the system fail for one file or folder, by path or by descriptor."""
    truly = getattr(os, call)

    def watched(where, *words, **named):
        if path.exists() and os.path.samestat(os.stat(where), os.stat(path)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return truly(where, *words, **named)

    monkeypatch.setattr(os, call, watched)


@pytest.mark.parametrize(
    ("call", "where", "told", "message"),
    [
        ("listdir", "out", "out", "The disk failed while reading"),
        ("listdir", "out/a/b", "out/a/b", "The disk failed while reading"),
        ("fsync", "out/a/b", "out/a/b", "The disk failed while writing"),
        ("fsync", "out", "out", "The disk failed while writing"),
        ("fsync", ".", "out", "The disk failed while writing"),
    ],
)
def test_what_the_disk_failed_at_is_named(
    extract, tmp_path, monkeypatch, call, where, told, message
):
    failing_for(monkeypatch, call, tmp_path / where)
    with pytest.raises(VaultError, match=message) as caught:
        write_all(extract(), "a/b/c/f")
    assert tmp_path / told == Path(caught.value.values["path"])
    assert (call == "fsync") == isinstance(caught.value, NotSaved)


def test_a_folder_that_cannot_be_made_is_named(extract, tmp_path, monkeypatch):
    truly = os.mkdir

    def watched(path, *words, **named):
        if os.path.basename(path) == "c":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        truly(path, *words, **named)

    monkeypatch.setattr(os, "mkdir", watched)
    with pytest.raises(NotSaved) as caught:
        write_all(extract(), "a/b/c/d/f")
    assert {"path": str(tmp_path / "out" / "a" / "b" / "c")} == caught.value.values
    assert tree(tmp_path) == []


def test_a_folder_on_the_way_that_is_a_link_is_named_with_its_folders(extract, tmp_path):
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "b").symlink_to(tmp_path)
    with pytest.raises(VaultError) as caught:
        write_all(extract(), "a/b/c")
    assert str(tmp_path / "out" / "a" / "b") == caught.value.values["path"]


def test_a_name_that_is_taken_is_named_with_its_folders(extract, tmp_path):
    with pytest.raises(VaultError) as caught:
        write_all(extract(), "a/b/f", "a/b/f")
    assert {"path": str(tmp_path / "out" / "a" / "b" / "f")} == caught.value.values


def test_twins_are_both_named(extract, tmp_path):
    with pytest.raises(VaultError) as caught:
        write_all(extract(), "a/b c/f", "a/b c/F")
    whole = str(tmp_path / "out" / "a" / "b c" / "F")
    assert {"path": whole, "other": "f"} == caught.value.values


def test_a_folder_is_synced_only_after_those_in_it(extract, tmp_path, synced):
    with extract() as folder:
        for name in ("f", "a/f", "a/b/f", "z/f", "a/b/c/f"):
            write(folder, name)
    names = ("out/a/b/c", "out/a/b", "out/a", "out", ".")
    turns = [synced.index(identity(tmp_path / name)) for name in names]
    assert sorted(turns) == turns
    assert synced.index(identity(tmp_path / "out/z")) < turns[3]


@pytest.mark.parametrize(
    ("path", "above"), [("out", "."), ("out/", "."), ("in/out//", "in"), ("in/X", "in")]
)
def test_the_folder_above_a_new_one_is_synced_however_it_is_written(
    extract, tmp_path, synced, monkeypatch, path, above
):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    with extract(path) as folder:
        write(folder, "f")
    assert identity(tmp_path / above) == synced[-1]


def test_what_cannot_be_taken_back_keeps_nothing_else_and_hides_no_error(extract, tmp_path):
    (tmp_path / "outside").mkdir()

    def swap_and_fail():
        (tmp_path / "out" / "b").rename(tmp_path / "moved")
        (tmp_path / "out" / "b").symlink_to(tmp_path / "outside")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_all(extract(), "a/f", "b/g", swap_and_fail)
    assert tree(tmp_path / "out") == ["b"]
