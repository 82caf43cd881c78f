"""Output files: whole under their own name, or not there."""

from __future__ import annotations

import errno
import os
import random
import sys

import pytest

from seam.crashing import CrashingDisk, crash_states
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk, MemoryFile
from seam.recording import RecordingDisk
from vault.errors import NotFound, NotSaved, VaultError
from vault.storage.output import OutputFile
from vault.storage.real import RealDisk

CONTENT = bytes(range(256)) * 40


def counting():
    """Random bytes that are none, but never the same."""
    numbers = iter(range(1000))
    return lambda n: next(numbers).to_bytes(n, "big")


def write(disk, path="out/f", between=lambda: None):
    with OutputFile(disk, path, random=counting()) as out:
        out.write(CONTENT[:1000])
        between()
        out.write(memoryview(CONTENT)[1000:5000])
        out.write(bytearray(CONTENT[5000:]))


def test_the_file_is_there_afterwards_and_nothing_else(tmp_path):
    write(RealDisk(), str(tmp_path / "f"))
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_path_without_a_folder_is_in_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(RealDisk(), "f")
    assert os.listdir(tmp_path) == ["f"]


def test_the_name_appears_only_when_all_is_safe():
    disk = RecordingDisk(MemoryDisk())
    write(disk)
    assert [(op.op, op.name) for op in disk.ops] == [
        ("create", "f2"),
        ("pwrite", "f2"),
        ("pwrite", "f2"),
        ("pwrite", "f2"),
        ("fsync", "f2"),
        ("close", "f2"),
        ("rename", "f2>f1"),
        ("sync-folder", "f1"),
    ]


def test_nothing_is_replaced():
    disk = MemoryDisk({"out/f": b"kept"})
    with pytest.raises(VaultError, match="exists already"):
        write(disk)
    assert disk.snapshot() == {"out/f": b"kept"}


def test_a_name_taken_meanwhile_is_not_replaced():
    disk = MemoryDisk()
    with pytest.raises(VaultError, match="out/f exists already"):
        write(disk, between=lambda: disk.put("out/f", b"theirs"))
    assert disk.snapshot() == {"out/f": b"theirs"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_a_failure_in_the_block_leaves_nothing(error):
    disk = MemoryDisk()

    def fail():
        raise error

    with pytest.raises(error):
        write(disk, between=fail)
    assert disk.snapshot() == {}


def test_a_missing_folder_is_named_by_what_was_asked_for(tmp_path):
    path = str(tmp_path / "missing" / "f")
    with pytest.raises(NotFound) as caught:
        write(RealDisk(), path)
    assert str(caught.value) == f"There is no folder for {path}."


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("forever", [False, True])
def test_whatever_fails_nothing_is_called_saved(number, forever):
    counted = FaultyDisk(MemoryDisk())
    write(counted)
    for call in range(counted.calls):
        memory = MemoryDisk()
        disk = FaultyDisk(memory, fail_at=call, error=number, forever=forever)
        with pytest.raises(NotSaved) as caught:
            write(disk)
        assert caught.value.values["path"] == "out/f"
        assert disk.fsyncs_after_failure == 0
        last = disk.failed[0][0] == "sync-folder"
        assert last == ("out/f" in memory.snapshot())
        if not forever:
            assert memory.snapshot() == ({"out/f": CONTENT} if last else {})


def test_a_power_cut_leaves_the_whole_file_or_none_of_that_name():
    disk = CrashingDisk()
    write(disk)
    disk.mark("done")
    seen = set()
    for state in crash_states(disk.log, random.Random(7), 3000):
        content = state.disk.snapshot().get("out/f")
        assert content in (None, CONTENT), state
        assert content is not None or not state.marks, state
        seen.add(content)
    assert seen == {None, CONTENT}


@pytest.mark.skipif(sys.platform == "win32", reason="rights are POSIX's")
def test_only_the_owner_may_read_it(tmp_path):
    before = os.umask(0)
    try:
        write(RealDisk(), str(tmp_path / "f"))
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_writing_outside_the_block_is_an_error_of_the_program():
    with pytest.raises(RuntimeError) as caught:
        OutputFile(MemoryDisk(), "f", random=counting()).write(b"x")
    assert "an OutputFile is written inside its with block" == str(caught.value)


def test_the_bytes_go_to_the_folder_of_the_name_from_the_beginning(tmp_path, monkeypatch):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    seen = []
    write(
        RealDisk(),
        str(tmp_path / "there" / "f"),
        between=lambda: seen.extend(len(os.listdir(tmp_path / name)) for name in ("here", "there")),
    )
    assert [0, 1] == seen


def test_a_file_that_fails_to_close_is_removed_and_the_first_error_told(monkeypatch):
    disk = MemoryDisk()

    def fails(file):
        raise NotSaved("{path} was not closed", path="out/f")

    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(MemoryFile, "close", fails)
    with pytest.raises(ZeroDivisionError):
        write(disk, between=fail)
    assert disk.snapshot() == {}
