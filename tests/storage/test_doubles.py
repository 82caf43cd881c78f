"""The doubles behind the seam: as strict as the real disk, and as honest as a bad one."""

from __future__ import annotations

import errno

import pytest

from seam.faulty import ALL, FaultyDisk
from seam.memory import PAGE, Content, MemoryDisk
from seam.recording import Op, RecordingDisk
from vault.errors import Damaged, InUse, NotFound, NotSaved, VaultError
from vault.storage.real import RealDisk


@pytest.fixture(params=["real", "memory", "recording", "faulty", "crashing"])
def place(request, tmp_path):
    """A disk of each kind, and a path on it."""
    from seam.crashing import CrashingDisk

    disks = {
        "real": RealDisk,
        "memory": MemoryDisk,
        "recording": lambda: RecordingDisk(MemoryDisk()),
        "faulty": lambda: FaultyDisk(MemoryDisk(), ops=ALL),
        "crashing": CrashingDisk,
    }
    return disks[request.param](), str(tmp_path / "f")


def test_all_disks_do_the_same(place):
    disk, path = place
    assert not disk.exists(path)
    with pytest.raises(NotFound):
        disk.open(path)
    file = disk.create(path)
    with pytest.raises(VaultError, match="exists already"):
        disk.create(path)
    file.pwrite(3, memoryview(b"abc"))
    file.fsync()
    assert file.size() == 6
    assert file.pread(0, 9) == b"\0\0\0abc"
    buffer = bytearray(8)
    assert file.pread_into(2, buffer) == 4
    assert buffer == b"\0abc\0\0\0\0"
    file.lock(exclusive=True)
    reader = disk.open(path)
    with pytest.raises(InUse):
        reader.lock(exclusive=False)
    file.lock(exclusive=False)
    reader.lock(exclusive=False)
    with pytest.raises(InUse):
        reader.lock(exclusive=True)
    file.close()
    reader.lock(exclusive=True)
    with pytest.raises(NotSaved):
        reader.pwrite(0, b"x")
    reader.close()
    reader.close()
    disk.create(path + "2").close()
    with pytest.raises(VaultError, match="exists already"):
        disk.rename(path, path + "2")
    disk.rename(path, path + "3")
    disk.sync_folder(path)
    assert not disk.exists(path)
    assert disk.exists(path + "3")
    disk.remove(path + "3")
    with pytest.raises(NotFound):
        disk.remove(path + "3")
    disk.free_space(path)


def test_a_file_in_memory_is_an_array_of_bytes():
    import random

    chance = random.Random(5)
    content, plain = Content(bytes(3 * PAGE + 17)), bytearray(3 * PAGE + 17)
    for turn in range(400):
        offset, length = chance.randrange(6 * PAGE), chance.randrange(2 * PAGE)
        data = chance.randbytes(length)
        if length:
            plain.extend(bytes(max(0, offset + length - len(plain))))
            plain[offset : offset + length] = data
            content.write(offset, data)
        if turn % 20 == 0:
            before, content = content, content.fork()
            before.write(0, b"what happens to the original")
        if turn % 50 == 0:
            assert content.flat() == plain
        at, many = chance.randrange(7 * PAGE), chance.randrange(3 * PAGE)
        assert content.read(at, many) == plain[at : at + many]
        assert len(content) == len(plain)


def test_a_copy_of_a_disk_goes_its_own_way():
    disk = MemoryDisk({"f": b"abc"})
    copy = disk.fork()
    copy.flip("f", 1, 0x20)
    copy.put("g", b"new")
    assert disk.snapshot() == {"f": b"abc"}
    assert copy.snapshot() == {"f": b"aBc", "g": b"new"}
    copy.truncate("f", 2)
    assert copy.read("f") == b"aB"
    assert list(copy) == ["f", "g"]


def test_recordings_hold_places_and_never_content():
    disk = RecordingDisk(MemoryDisk({"v": bytes(10)}))
    file = disk.open("v", writable=True)
    file.lock(exclusive=True)
    file.pread(1, 2)
    file.pread_into(3, bytearray(4))
    file.size()
    file.pwrite(5, b"xyz")
    file.fsync()
    file.close()
    disk.exists("other")
    disk.free_space("v")
    disk.create("t").close()
    disk.rename("t", "other")
    disk.sync_folder("other")
    disk.remove("other")
    disk.open("v").lock(exclusive=False)
    assert disk.ops == [
        Op("open-write", "f1"),
        Op("lock-exclusive", "f1"),
        Op("pwrite", "f1", 5, 3),
        Op("fsync", "f1"),
        Op("close", "f1"),
        Op("create", "f3"),
        Op("close", "f3"),
        Op("rename", "f3>f2"),
        Op("sync-folder", "f2"),
        Op("remove", "f2"),
        Op("open-read", "f1"),
        Op("lock-shared", "f1"),
    ]
    assert disk.reads == [
        Op("pread", "f1", 1, 2),
        Op("pread", "f1", 3, 4),
        Op("size", "f1"),
        Op("exists", "f2"),
        Op("free-space", "f1"),
    ]


def test_random_names_make_no_difference_between_recordings():
    def record(name):
        disk = RecordingDisk(MemoryDisk())
        disk.create(name).pwrite(0, b"x")
        disk.rename(name, "f")
        return disk.ops

    assert record(".0123") == record(".4567")


def test_an_extra_fsync_makes_a_difference():
    def record(times):
        disk = RecordingDisk(MemoryDisk())
        file = disk.create("f")
        for _ in range(times):
            file.fsync()
        return disk.ops

    assert record(1) != record(2)


def work(disk):
    file = disk.create("t")
    file.pwrite(0, b"abcd")
    file.fsync()
    file.close()
    disk.rename("t", "f")
    disk.sync_folder("f")
    disk.remove("f")


def test_every_call_that_changes_something_can_fail():
    counted = FaultyDisk(MemoryDisk())
    work(counted)
    assert counted.calls == 6
    failed = []
    for call in range(6):
        disk = FaultyDisk(MemoryDisk(), fail_at=call, error=errno.ENOSPC)
        with pytest.raises(NotSaved):
            work(disk)
        failed += [op for op, _ in disk.failed]
    assert failed == ["create", "pwrite", "fsync", "rename", "sync-folder", "remove"]


def test_a_failing_write_may_leave_its_first_half():
    for torn, left in ((True, b"ab"), (False, b"")):
        memory = MemoryDisk()
        with pytest.raises(NotSaved):
            work(FaultyDisk(memory, fail_at=1, torn=torn))
        assert memory.snapshot() == {"t": left}


def test_a_failure_is_once_or_for_ever():
    for forever, fails in ((False, [False, True, False]), (True, [False, True, True])):
        disk = FaultyDisk(MemoryDisk({"f": b"x"}), fail_at=1, forever=forever, ops=("pread",))
        file = disk.open("f")
        seen = []
        for _ in range(3):
            try:
                file.pread(0, 1)
                seen.append(False)
            except Damaged:
                seen.append(True)
        assert seen == fails


def test_any_error_can_be_injected():
    disk = FaultyDisk(MemoryDisk(), fail_at=0, error=MemoryError(), ops=("create",))
    with pytest.raises(MemoryError):
        disk.create("f")


def test_a_repeated_fsync_is_counted():
    disk = FaultyDisk(MemoryDisk(), fail_at=0, ops=("fsync",))
    file = disk.create("f")
    with pytest.raises(NotSaved):
        file.fsync()
    assert disk.fsyncs_after_failure == 0
    file.fsync()
    assert disk.fsyncs_after_failure == 1
