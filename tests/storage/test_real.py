"""The disk of this system: what it refuses, what it promises, and in which words it fails."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vault.errors import Damaged, InUse, NotFound, NotSaved, VaultError
from vault.storage import durable, failures
from vault.storage.opening import open_ordinary
from vault.storage.real import RealDisk, RealFile

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX's calls are asked for")


@pytest.fixture
def disk():
    return RealDisk()


def python(code, *arguments, **options):
    """Start another process of this program."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def test_what_was_written_is_read_back(disk, tmp_path):
    file = disk.create(str(tmp_path / "f"))
    file.pwrite(5, b"later")
    file.pwrite(0, memoryview(b"first"))
    assert file.pread(0, 10) == b"firstlater"
    assert file.size() == 10
    file.close()


def test_reading_is_short_only_at_the_end(disk, tmp_path):
    (tmp_path / "f").write_bytes(b"abcdef")
    file = disk.open(str(tmp_path / "f"))
    assert file.pread(4, 100) == b"ef"
    assert file.pread(6, 1) == b""
    assert file.pread(1 << 40, 1) == b""
    buffer = bytearray(b"------")
    assert file.pread_into(4, memoryview(buffer)[1:]) == 2
    assert buffer == b"-ef---"
    file.close()


@pytest.mark.parametrize("mask", [0, 0o077, 0o277, 0o777])
def test_only_the_owner_may_read_a_new_file_whatever_the_umask(disk, tmp_path, mask):
    before = os.umask(mask)
    try:
        disk.create(str(tmp_path / "f")).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_creating_replaces_nothing_and_follows_no_link(disk, tmp_path):
    (tmp_path / "there").write_bytes(b"kept")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")
    for name in ("there", "dangling"):
        with pytest.raises(VaultError, match="exists already"):
            disk.create(str(tmp_path / name))
    assert (tmp_path / "there").read_bytes() == b"kept"
    assert not (tmp_path / "elsewhere").exists()


def test_creating_in_a_missing_folder_says_so(disk, tmp_path):
    with pytest.raises(NotFound, match="no folder"):
        disk.create(str(tmp_path / "missing" / "f"))


def test_opening_nothing_is_not_found(disk, tmp_path):
    with pytest.raises(NotFound) as caught:
        disk.open(str(tmp_path / "f"))
    assert caught.value.exit_code == 10


@pytest.mark.parametrize("writable", [False, True])
def test_only_ordinary_files_are_opened(disk, tmp_path, writable):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to-pipe").symlink_to("pipe")
    (tmp_path / "circle").symlink_to("circle")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path is limited to about a hundred bytes
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
        for name in ("pipe", "folder", "to-pipe", "circle", "socket"):
            with pytest.raises(VaultError, match=r"ordinary|folder|circle") as caught:
                disk.open(str(tmp_path / name), writable=writable)
            assert "\n" not in str(caught.value)
    with pytest.raises(VaultError, match="ordinary"):
        disk.open(os.devnull, writable=writable)


def test_a_pipe_that_takes_the_place_of_a_file_does_not_block(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    ordinary = os.stat(tmp_path / "file")
    monkeypatch.setattr(os, "stat", lambda *_, **__: ordinary)
    with pytest.raises(VaultError, match="ordinary"):
        open_ordinary(str(tmp_path / "pipe"))


def test_a_link_that_the_user_named_is_followed_and_others_are_not(disk, tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "link").symlink_to("f")
    file = disk.open(str(tmp_path / "link"))
    assert file.pread(0, 1) == b"x"
    file.close()
    with pytest.raises(VaultError, match="link"):
        open_ordinary(str(tmp_path / "link"), follow=False)


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "f").touch()
    (tmp_path / "link").symlink_to("f")
    ordinary = os.stat(tmp_path / "f")
    monkeypatch.setattr(os, "stat", lambda *_, **__: ordinary)
    with pytest.raises(VaultError, match="link"):
        open_ordinary(str(tmp_path / "link"), follow=False)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_the_system_cannot_hold_is_one_error(disk, tmp_path, name):
    path = str(tmp_path / name)
    for action in (disk.open, disk.create, disk.remove, disk.exists):
        with pytest.raises(VaultError):
            action(path)
    (tmp_path / "f").touch()
    with pytest.raises(VaultError):
        disk.rename(str(tmp_path / "f"), path)
    assert sorted(os.listdir(tmp_path)) == ["f"]


def test_a_file_opened_for_reading_cannot_be_written(disk, tmp_path):
    (tmp_path / "f").write_bytes(b"kept")
    file = disk.open(str(tmp_path / "f"))
    with pytest.raises(NotSaved):
        file.pwrite(0, b"x")
    file.close()
    assert (tmp_path / "f").read_bytes() == b"kept"


@pytest.mark.skipif(not hasattr(os, "O_NOATIME"), reason="only Linux has O_NOATIME")
def test_reading_leaves_no_date_of_access(disk, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    os.utime(path, ns=(1, 2))  # older than the last change, so that relatime would move it
    file = disk.open(str(path))
    file.pread(0, 1)
    file.close()
    assert path.stat().st_atime_ns == 1


@pytest.mark.skipif(not hasattr(os, "O_NOATIME"), reason="only Linux has O_NOATIME")
def test_a_file_of_somebody_else_is_read_all_the_same(disk, tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"x")
    truly = os.open

    def only_for_owners(path, flags, *rest, **options):
        if flags & os.O_NOATIME:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
        return truly(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", only_for_owners)
    file = disk.open(str(tmp_path / "f"))
    assert file.pread(0, 1) == b"x"
    file.close()


def test_a_closed_file_reaches_no_other_file(disk, tmp_path):
    file = disk.create(str(tmp_path / "old"))
    file.close()
    file.close()
    other = disk.create(str(tmp_path / "new"))  # takes the number of the descriptor
    with pytest.raises(NotSaved):
        file.pwrite(0, b"astray")
    with pytest.raises(Damaged):
        file.pread(0, 1)
    assert other.size() == 0
    other.close()


def test_short_writes_and_reads_are_continued(disk, tmp_path, monkeypatch):
    pwrite, preadv = os.pwrite, os.preadv
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, data[:3], at))
    monkeypatch.setattr(os, "preadv", lambda fd, into, at: preadv(fd, [into[0][:2]], at))
    file = disk.create(str(tmp_path / "f"))
    file.pwrite(2, b"0123456789")
    assert file.pread(0, 99) == b"\0\x000123456789"
    file.close()


def test_threads_do_not_share_a_position(disk, tmp_path):
    (tmp_path / "f").write_bytes(b"".join(bytes([n]) * 4096 for n in range(64)))
    file = disk.open(str(tmp_path / "f"))
    wrong = []

    def read(n):
        pages = (file.pread(n * 4096, 4096) for _ in range(50))
        wrong.extend(n for page in pages if page != bytes([n]) * 4096)

    threads = [threading.Thread(target=read, args=(n,)) for n in range(0, 64, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert wrong == []


HOLD = """
import sys
from vault.storage.real import RealDisk
file = RealDisk().open(sys.argv[1], writable=True)
file.lock(exclusive=sys.argv[2] == "exclusive")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("theirs", "ours", "given"),
    [
        ("shared", "shared", True),
        ("shared", "exclusive", False),
        ("exclusive", "shared", False),
        ("exclusive", "exclusive", False),
    ],
)
def test_two_processes_share_a_container_only_for_reading(disk, tmp_path, theirs, ours, given):
    path = str(tmp_path / "f")
    disk.create(path).close()
    with python(HOLD, path, theirs) as other:
        assert other.stdout.readline() == "locked\n"
        file = disk.open(path, writable=True)
        if given:
            file.lock(exclusive=ours == "exclusive")
        else:
            with pytest.raises(InUse) as caught:
                file.lock(exclusive=ours == "exclusive")
            assert caught.value.exit_code == 11
        other.kill()  # not a word of goodbye: the lock goes with the process all the same
        other.wait()
        file.lock(exclusive=True)
        file.close()


def test_a_lock_is_given_up_by_closing(disk, tmp_path):
    path = str(tmp_path / "f")
    first = disk.create(path)
    first.lock(exclusive=True)
    second = disk.open(path)
    with pytest.raises(InUse):
        second.lock(exclusive=False)
    first.close()
    second.lock(exclusive=False)
    second.close()


def test_a_file_system_without_locks_is_said_to_be_one(disk, tmp_path, monkeypatch):
    def no_locks(*_, **__):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("vault.storage.real.lock_descriptor", no_locks)
    file = disk.create(str(tmp_path / "f"))
    with pytest.raises(VaultError, match="cannot be locked") as caught:
        file.lock(exclusive=True)
    assert "Network" in caught.value.hint
    file.close()


def test_a_failed_fsync_is_told_and_never_tried_again(disk, tmp_path, monkeypatch):
    calls = []

    def fails(descriptor):
        calls.append(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    file = disk.create(str(tmp_path / "f"))
    file.pwrite(0, b"x")
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(NotSaved, match="failed while writing"):
        file.fsync()
    monkeypatch.undo()
    with pytest.raises(NotSaved, match="not written any further") as caught:
        file.fsync()
    assert "Close it, open it again and look at what it holds." == caught.value.hint
    with pytest.raises(NotSaved, match="not written any further"):
        file.pwrite(0, b"y")
    assert len(calls) == 1
    assert file.pread(0, 1) == b"x"
    file.write_on()  # what overwrites goes on, and tells the failure all the same
    file.pwrite(0, b"z")
    file.fsync()
    assert file.pread(0, 1) == b"z"
    file.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_in_words():
    file = RealFile(os.open("/dev/full", os.O_RDWR), "f")
    with pytest.raises(NotSaved, match="disk is full") as caught:
        file.pwrite(0, b"x")
    assert "Make room" in caught.value.hint
    file.close()


GROW = """
import resource, sys
from vault.errors import NotSaved
from vault.storage.real import RealDisk
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
file = RealDisk().create(sys.argv[1])
file.pwrite(0, bytes(8192))
try:
    file.pwrite(8000, bytes(1000))
except NotSaved as error:
    print(error)
"""


def test_a_file_too_large_for_its_limit_is_told_in_words(tmp_path):
    with python(GROW, tmp_path / "f") as process:
        assert "too large for this disk" in process.communicate()[0]


FILL = """
import os, subprocess, sys
from vault.errors import NotSaved
from vault.storage.real import RealDisk
folder = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=True)
disk = RealDisk()
file = disk.create(folder + "/f")
try:
    file.pwrite(0, bytes(1 << 20))
except NotSaved as error:
    print("full:", error)
print("size:", file.size() <= 65536, disk.free_space(folder + "/f"))
file.close()
subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
for action in (lambda: disk.create(folder + "/g"), lambda: disk.remove(folder + "/f")):
    try:
        action()
    except NotSaved as error:
        print("read-only:", error)
try:
    disk.open(folder + "/f", writable=True)
except Exception as error:
    print("opened:", error)
disk.open(folder + "/f").lock(exclusive=False)
print("read")
"""


def test_a_full_and_a_read_only_disk_are_told_apart(tmp_path):
    command = ["unshare", "--mount", sys.executable, "-c", FILL, str(tmp_path)]
    try:
        probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare(1): NO FULL DISK WAS TRIED")
    if probe.returncode:
        pytest.skip("no right to mount a tmpfs: NO FULL DISK WAS TRIED")
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stderr == ""
    lines = told.stdout.splitlines()
    assert lines[0] == f"full: The disk is full: {tmp_path}/f was not saved."
    assert lines[1] == "size: True 0"
    assert lines[2] == f"read-only: The disk is read-only: {tmp_path}/g was not saved."
    assert lines[3].startswith("read-only: ")
    assert lines[4] == f"opened: The disk is read-only: {tmp_path}/f cannot be written."
    assert lines[5] == "read"


@pytest.mark.parametrize(
    "tell",
    [
        failures.not_saved,
        failures.not_read,
        failures.source_not_read,
        failures.not_opened,
        failures.not_removed,
        failures.not_locked,
    ],
)
def test_every_error_of_the_system_becomes_one_line(tell):
    for number in errno.errorcode:
        error = tell(OSError(number, os.strerror(number)), "the path")
        assert isinstance(error, VaultError)
        assert "the path" in str(error)
        assert "\n" not in str(error)
        assert "{" not in str(error) + error.hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, 9999])
def test_what_was_not_saved_is_never_another_error(number):
    assert type(failures.not_saved(OSError(number, "?"), "f")) is NotSaved


def test_renaming_replaces_nothing(disk, tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "dangling").symlink_to("nowhere")
    for taken in ("new", "dangling"):
        with pytest.raises(VaultError, match="exists already"):
            disk.rename(str(tmp_path / "old"), str(tmp_path / taken))
    assert (tmp_path / "new").read_bytes() == b"new"
    disk.rename(str(tmp_path / "old"), str(tmp_path / "free"))
    assert (tmp_path / "free").read_bytes() == b"old"
    assert not disk.exists(str(tmp_path / "old"))


def test_removing_takes_the_name(disk, tmp_path):
    (tmp_path / "f").touch()
    disk.remove(str(tmp_path / "f"))
    assert not disk.exists(str(tmp_path / "f"))
    with pytest.raises(NotFound):
        disk.remove(str(tmp_path / "f"))


def test_a_link_that_leads_nowhere_is_a_taken_name(disk, tmp_path):
    (tmp_path / "dangling").symlink_to("nowhere")
    assert disk.exists(str(tmp_path / "dangling"))
    assert not disk.exists(str(tmp_path / "f"))
    (tmp_path / "f").touch()
    assert not disk.exists(str(tmp_path / "f" / "below"))


def test_the_folder_of_the_path_is_synced(disk, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(durable, "sync_folder", synced.append)
    disk.sync_folder(str(tmp_path / "f"))
    disk.sync_folder("f")
    assert synced == [str(tmp_path), "."]


def test_a_folder_that_cannot_be_synced_is_not_saved(disk, tmp_path):
    with pytest.raises(VaultError):
        disk.sync_folder(str(tmp_path / "missing" / "f"))


def test_free_space_is_a_number_or_unknown(disk, tmp_path):
    assert disk.free_space(str(tmp_path / "f")) > 0
    assert disk.free_space(str(tmp_path / "missing" / "f")) is None


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="systems that fill buffers in place")
def test_without_a_call_that_fills_a_buffer_reading_is_the_same(disk, tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(bytes(range(50)))
    monkeypatch.delattr(os, "preadv")
    file = disk.open(str(tmp_path / "f"))
    buffer = memoryview(bytearray(b"x" * 30))
    assert 30 == file.pread_into(5, buffer)
    assert bytes(range(5, 35)) == buffer
    assert 10 == file.pread_into(40, buffer)
    assert bytes(range(40, 50)) + bytes(range(15, 35)) == buffer
    file.close()


def test_a_closed_file_has_no_size(disk, tmp_path):
    file = disk.create(str(tmp_path / "f"))
    file.close()
    with pytest.raises(Damaged) as caught:
        file.size()
    assert str(tmp_path / "f") == caught.value.values["path"]


def test_a_descriptor_that_the_system_does_not_know_is_given_up_all_the_same(tmp_path):
    descriptor = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    file = RealFile(descriptor, "f")
    os.close(descriptor)
    file.close()


def test_a_new_file_is_its_owners_also_where_rights_cannot_be_changed(disk, tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchmod", refused)
    before = os.umask(0)
    try:
        disk.create(str(tmp_path / "f")).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_a_name_too_long_to_be_looked_up_is_told(disk, tmp_path):
    with pytest.raises(VaultError, match="too long for this disk"):
        disk.exists(str(tmp_path / ("x" * 300)))


@pytest.mark.parametrize(("length", "told"), [((1 << 20) - 1, []), (1 << 20, [(3, 1 << 20)])])
def test_the_disk_begins_at_once_with_a_mebibyte(disk, tmp_path, monkeypatch, length, told):
    asked = []
    monkeypatch.setattr(durable, "start_writing", lambda _descriptor, *what: asked.append(what))
    file = disk.create(str(tmp_path / "f"))
    file.pwrite(3, bytes(length))
    file.close()
    assert told == asked


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="systems that fill buffers in place")
def test_what_is_read_at_once_is_asked_for_once(disk, tmp_path, monkeypatch):
    truly, asked = os.preadv, []

    def watched(descriptor, into, at):
        asked.append((at, len(into[0])))
        return truly(descriptor, into, at)

    (tmp_path / "f").write_bytes(bytes(100))
    file = disk.open(str(tmp_path / "f"))
    monkeypatch.setattr(os, "preadv", watched)
    file.pread(10, 50)
    file.close()
    assert [(10, 50)] == asked
