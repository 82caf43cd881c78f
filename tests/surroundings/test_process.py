"""The process itself: streams, signals, limits, disks, locks, and what surrounds it."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from seam.faulty import CHANGING, FaultyDisk
from surroundings.scene import CODES, SIZE, Scene, no_temporary, refused, told_of_errors
from vault.storage.real import RealDisk

DRIVER = Path(__file__).with_name("driver.py")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

COMMANDS = {
    "add": ["add", "source", "content-of-others"],
    "note": ["note", "--title", "new"],
    "import": ["import", "bundle"],
    "erase": ["erase", "1", "--yes"],
    "seal": ["seal", "--to", "partner", "-o", "out", "--yes"],
    "scrub": ["scrub", "--yes"],
    "proof": ["log", "--proof", "0", "-o", "out"],
    "get": ["get", "0", "-o", "out"],
    "init": ["init", "new", "--size", SIZE, "--passphrases", "1"],
    "keygen": ["keygen", "-o", "out"],
    "unseal": ["unseal", "bare", "--identity", "key", "--extract", "out"],
    "list": ["list"],
    "check": ["check"],
}
WRITING = ["add", "note", "import", "seal", "init"]


def words_for(command: str) -> list[str]:
    path = "partner" if command == "import" else "vault"
    passphrase = "one" if command in {"import", "init"} else "two"
    return ["--vault", path, "--passphrase-file", passphrase, "-q", *COMMANDS[command]]


def start(scene: Scene, command: str, *, when: str = "", environ=None, shell="", **options):
    """Run a command of the table as a process; nobody is at a terminal."""
    line = [sys.executable, str(DRIVER), *([when] if when else []), *words_for(command)]
    if shell:
        line = ["sh", "-c", f'"$0" "$@" {shell}', *line]
    settings = {"stdin": subprocess.DEVNULL, "capture_output": True, "start_new_session": True}
    return subprocess.run(
        line,
        cwd=scene.folder,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"} if environ is None else environ,
        **{**settings, **options},
    )


@pytest.fixture
def scene(scene):
    (scene.folder / "content-of-others").write_bytes(os.urandom(120_000))
    return scene


def told(ran, *codes):
    """As `refused`, of a process."""
    text = ran.stderr.decode()
    assert ran.returncode in (codes or CODES), (ran.returncode, text)
    assert 1 <= len(told_of_errors(text)) <= 2, text
    assert "Traceback" not in text
    assert "went wrong inside" not in text
    return text


# Streams


@pytest.mark.parametrize("command", ["list", "check", "add"])
def test_closed_output_changes_nothing_that_was_asked_for(scene, command):
    ran = start(scene, command, shell=">&-")
    assert ran.returncode in {0, 1}
    assert b"Traceback" not in ran.stderr
    scene.is_whole(4 if command == "add" else 2)


@pytest.mark.parametrize("command", ["list", "check", "note"])
def test_all_streams_closed_is_survived(scene, command):
    ran = start(scene, command, shell="<&- >&- 2>&-")
    assert ran.returncode in {0, 1, 2}  # a note without input has nobody to ask
    scene.is_whole()


@pytest.mark.parametrize("command", ["list", "check", "add", "proof"])
def test_a_reader_that_went_away_is_no_traceback(scene, command):
    reader, writer = os.pipe()
    os.close(reader)
    ran = start(scene, command, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert ran.returncode in {0, 1}
    assert b"" == ran.stderr
    scene.is_whole()


def test_a_file_got_through_a_closed_pipe_ends_quietly(scene):
    line = [sys.executable, str(DRIVER), *words_for("get")[:5], "get", "0", "-o", "-"]
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        line, cwd=scene.folder, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writer)
    assert 1 == ran.returncode
    assert b"Traceback" not in ran.stderr


# Signals


def copied(scene, folder):
    shutil.copytree(scene.folder, folder)
    return Scene(folder)


def calls_of(scene, command, tmp_path):
    """How many calls of a command change the disk."""
    ran = start(copied(scene, tmp_path / "counted"), command, when="0@0")
    assert 0 == ran.returncode, ran.stderr
    return int(ran.stderr.split()[-1])


@pytest.mark.parametrize("command", [*WRITING, "scrub"])
def test_ctrl_c_at_any_write_leaves_the_last_commit_and_no_temporary_file(scene, command, tmp_path):
    total = calls_of(scene, command, tmp_path)
    for number in sorted({total // 2, total - 1}):
        copy = copied(scene, tmp_path / f"{number}")
        ran = start(copy, command, when=f"{signal.SIGINT.value}@{number}")
        text = ran.stderr.decode()
        assert ran.returncode in {0, 130}, (number, total, text)
        assert "Traceback" not in text
        assert 1 >= len(told_of_errors(text)), text
        no_temporary(copy.state())
        copy.is_whole()
        assert copy.desk().check(copy.partner).sound


@pytest.mark.parametrize("command", WRITING)
def test_a_kill_at_any_write_leaves_a_vault_that_opens(scene, command, tmp_path):
    total = calls_of(scene, command, tmp_path)
    for number in sorted({total // 2, total - 1}):
        copy = copied(scene, tmp_path / f"{number}")
        ran = start(copy, command, when=f"{signal.SIGKILL.value}@{number}")
        assert -signal.SIGKILL == ran.returncode, ran.stderr
        copy.is_whole()
        assert copy.desk().check(copy.partner).sound
        for name in ("out", "new"):
            Path(copy.at(name)).unlink(missing_ok=True)
        again = start(copy, command)
        assert again.returncode in ({0, 20} if command == "import" else {0}), again.stderr


# Limits


def limit(kind, value):
    def apply():
        resource.setrlimit(kind, (value, value))

    return apply


@pytest.mark.parametrize("command", ["init", "keygen", "unseal", "get"])
def test_a_limit_on_the_size_of_files_is_told_and_nothing_is_left(scene, command):
    before = scene.state()
    bytes_of = {"init": 30_000, "unseal": 1000, "keygen": 10, "get": 10}
    ran = start(scene, command, preexec_fn=limit(resource.RLIMIT_FSIZE, bytes_of[command]))
    text = told(ran, 1)
    assert "too large for this disk" in text
    assert before == scene.state()


def test_a_vault_that_may_not_be_written_that_far_is_told(scene):
    ran = start(scene, "note", preexec_fn=limit(resource.RLIMIT_FSIZE, 1 << 20))
    told(ran, 1)
    scene.is_whole()


@pytest.mark.parametrize("command", ["list", "add", "unseal"])
@pytest.mark.parametrize("megabytes", [60, 120, 200])
def test_too_little_memory_is_told_or_enough(scene, command, megabytes):
    """`ulimit -v`: whatever the address space, an error in words or the work done."""
    ran = start(scene, command, preexec_fn=limit(resource.RLIMIT_AS, megabytes << 20))
    text = ran.stderr.decode("utf-8", "replace")
    if ran.returncode:
        # Below what Python itself needs to start, the words are not ours.
        assert "vault/" not in text or "Traceback" not in text, text
    scene.is_whole()


@pytest.mark.parametrize("command", ["list", "add", "check"])
def test_few_descriptors_are_told_or_enough(scene, command):
    ran = start(scene, command, preexec_fn=limit(resource.RLIMIT_NOFILE, 9))
    text = ran.stderr.decode()
    assert ran.returncode in {0, 1, 3}, text
    assert "Traceback" not in text
    scene.is_whole()


# Around it


BARE = {"empty": {}, "plain": {"LANG": "C", "LC_ALL": "C", "HOME": "/nonexistent"}}


@pytest.mark.parametrize("kind", BARE)
@pytest.mark.parametrize("command", ["init", "add", "list", "import", "unseal"])
def test_no_environment_no_home_and_the_plainest_locale_are_enough(scene, command, kind):
    ran = start(scene, command, environ=BARE[kind])
    assert 0 == ran.returncode, ran.stderr
    assert b"Traceback" not in ran.stderr
    scene.is_whole()


def mask(bits):
    return lambda: os.umask(bits)


@pytest.mark.parametrize("bits", [0, 0o777])
@pytest.mark.parametrize("command", ["init", "keygen", "get", "seal", "unseal", "proof"])
def test_what_is_written_is_its_owners_whatever_the_umask(scene, command, bits):
    before = set(scene.state())
    if command in {"unseal", "proof"} and bits and os.geteuid() != 0:
        pytest.skip("folders that their owner may not enter stop everybody but root")
    ran = start(scene, command, preexec_fn=mask(bits))
    assert 0 == ran.returncode, ran.stderr
    made = set(scene.state()) - before
    assert made
    for name in made:
        mode = stat.S_IMODE((scene.folder / name).stat().st_mode)
        assert 0 == mode & 0o077, (name, oct(mode))


@pytest.mark.parametrize("holder", ["writer", "reader"])
def test_a_second_process_is_told_at_once(scene, holder):
    file = RealDisk().open(scene.vault, writable=holder == "writer")
    file.lock(exclusive=holder == "writer")
    try:
        ran = start(scene, "note")
        assert "in use by another process" in told(ran, 11)
        reading = start(scene, "list")
        assert (11 if holder == "writer" else 0) == reading.returncode
    finally:
        file.close()
    assert 0 == start(scene, "note").returncode
    scene.is_whole(3)


def test_the_lock_of_a_killed_process_is_no_longer_held(scene):
    ran = start(scene, "note", when=f"{signal.SIGKILL.value}@1")
    assert -signal.SIGKILL == ran.returncode
    assert 0 == start(scene, "note").returncode
    assert not [name for name in os.listdir(scene.folder) if "lock" in name]
    scene.is_whole(3)


def test_a_folder_that_is_gone_under_the_process_is_told(scene):
    gone = scene.folder / "gone"
    gone.mkdir()
    line = f'cd "{gone}" && rmdir "{gone}" && "{sys.executable}" "{DRIVER}" -q keygen -o out'
    ran = subprocess.run(["sh", "-c", line], capture_output=True, check=False, timeout=60)
    told(ran, 1, 10)


# Disks


@pytest.fixture
def small_disk(tmp_path):
    """Return the folder of a file system of 20 MB; needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("A FULL DISK WAS NOT TRIED: no right to mount one")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path, leave: int) -> None:
    room = os.statvfs(place)
    (place / "filler").write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))


def test_a_disk_without_room_for_a_vault_is_told_before_anything_is_written(scene, small_disk):
    fill(small_disk, 1 << 20)
    words = ["-q", "init", str(small_disk / "new"), "--size", SIZE, "--passphrases", "1"]
    done = scene.run(*words, "--passphrase-file", scene.one)
    assert "not enough room" in refused(done, 1).err
    assert ["filler"] == os.listdir(small_disk)


@pytest.mark.parametrize("leave", [0, 4096, 40_000])
def test_a_full_disk_costs_nothing_but_the_output(scene, small_disk, leave):
    fill(small_disk, leave)
    out = str(small_disk / "out")
    runs = {
        "seal": lambda: scene.on_vault("seal", "--to", "partner", "-o", out, "--yes"),
        "unseal": lambda: scene.run(
            "-q", "unseal", scene.bare, "--identity", scene.key, "--extract", out
        ),
        "proof": lambda: scene.on_vault("log", "--proof", "0", "-o", out),
        "keygen": lambda: scene.run("-q", "keygen", "-o", out),
    }
    for name, run in runs.items():
        if leave and name != "seal":
            continue
        ran = refused(run(), 1)
        assert "disk is full" in ran.err, name
        assert ["filler"] == os.listdir(small_disk), name
    scene.is_whole()


def test_a_vault_on_a_full_disk_is_written_all_the_same(scene, small_disk):
    """Its file has its full length from the beginning."""
    shutil.copy(scene.vault, small_disk / "vault")
    fill(small_disk, 0)
    opened = ["--vault", str(small_disk / "vault"), "--passphrase-file", scene.two, "-q"]
    assert 0 == scene.run(*opened, "add", scene.source).code
    assert 0 == scene.run(*opened, "check").code


def test_a_disk_that_is_read_only_is_told_and_can_be_read(scene, small_disk):
    shutil.copy(scene.vault, small_disk / "vault")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    opened = ["--vault", str(small_disk / "vault"), "--passphrase-file", scene.two, "-q"]
    for words in (["list"], ["check"], ["get", "0", "-o", scene.at("out")]):
        assert 0 == scene.run(*opened, *words).code
    for words in (["add", scene.source], ["note", "--title", "x"], ["log", "--proof", "0"]):
        if words[0] == "log":
            words = [*words, "-o", scene.at("proof")]  # noqa: PLW2901
        ran = refused(scene.run(*opened, *words, typed=b""), 1)
        assert "read-only" in ran.err
    out = str(small_disk / "out")
    for run in (
        lambda: scene.run("-q", "keygen", "-o", out),
        lambda: scene.on_vault("get", "0", "-o", out),
        lambda: scene.run("-q", "unseal", scene.bare, "--identity", scene.key, "--extract", out),
    ):
        assert "read-only" in refused(run(), 1).err


ERRORS = {
    "full": (errno.ENOSPC, "disk is full"),
    "quota": (errno.EDQUOT, "share of the disk is used up"),
    "too large for FAT": (errno.EFBIG, "too large for this disk"),
    "read-only": (errno.EROFS, "read-only"),
    "failing": (errno.EIO, "failed while writing"),
    "pulled out": (errno.ENODEV, "disk is gone"),
}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("command", [*WRITING, "get", "keygen"])
def test_a_disk_that_fails_in_any_way_is_told_in_words(scene, monkeypatch, command, kind):
    number, words = ERRORS[kind]
    counting = FaultyDisk(RealDisk())
    monkeypatch.chdir(copied(scene, scene.folder.parent / "counted").folder)
    assert 0 == scene.run(*words_for(command), make_disk=lambda: counting).code
    for at in sorted({0, counting.calls // 2, counting.calls - 1}):
        copy = copied(scene, scene.folder.parent / f"{at}")
        monkeypatch.chdir(copy.folder)
        before = set(copy.state())
        faulty = FaultyDisk(
            RealDisk(), fail_at=at, error=number, forever=True, ops=CHANGING - {"remove"}
        )
        ran = refused(scene.run(*words_for(command), make_disk=lambda disk=faulty: disk), 1)
        assert words in ran.err, ran.err
        assert 0 == faulty.fsyncs_after_failure
        after = set(copy.state())
        no_temporary(dict.fromkeys(after, b""))
        assert {"out", "new"} >= after - before
        copy.is_whole()
        assert copy.desk().check(copy.partner).sound
