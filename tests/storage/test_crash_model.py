"""The crash model: what may be lost after a power cut, and what may not."""

from __future__ import annotations

import random
import time

import pytest

from seam.crashing import EVERYTHING, NOTHING, CrashingDisk, crash_states, state_after
from seam.memory import MemoryDisk

SIZE = 8192
OLD, NEW, NEWER = b"o" * SIZE, b"n" * SIZE, b"r" * SIZE


def states(disk, count=4000):
    return list(crash_states(disk.log, random.Random(11), count))


def contents(disk, path="f", count=4000):
    return {state.disk.snapshot().get(path) for state in states(disk, count)}


def begin():
    disk = CrashingDisk(MemoryDisk({"f": OLD}))
    return disk, disk.open("f", writable=True)


def test_a_write_without_fsync_can_vanish_or_be_there():
    disk, file = begin()
    file.pwrite(0, NEW)
    assert {OLD, NEW} <= contents(disk)


def test_a_synced_write_cannot_vanish():
    disk, file = begin()
    file.pwrite(0, NEW)
    file.fsync()
    disk.mark("synced")
    assert {state.disk.read("f") for state in states(disk) if state.marks} == {NEW}


def test_a_cut_before_the_fsync_returned_promises_nothing():
    disk, file = begin()
    file.pwrite(0, NEW)
    file.fsync()
    assert OLD in {state.disk.read("f") for state in states(disk) if state.prefix < 2}


def test_a_later_write_can_be_there_without_an_earlier_one():
    disk, file = begin()
    file.pwrite(0, b"1")
    file.pwrite(4096, b"2")
    seen = {(content[0:1], content[4096:4097]) for content in contents(disk)}
    assert seen == {(b"o", b"o"), (b"1", b"o"), (b"o", b"2"), (b"1", b"2")}


def test_an_fsync_stands_between_writes():
    disk, file = begin()
    file.pwrite(0, b"1")
    file.fsync()
    file.pwrite(4096, b"2")
    seen = {(content[0:1], content[4096:4097]) for content in contents(disk)}
    assert seen == {(b"o", b"o"), (b"1", b"o"), (b"1", b"2")}


def test_the_fsync_of_one_file_says_nothing_about_another():
    disk = CrashingDisk(MemoryDisk({"f": OLD, "g": OLD}))
    disk.open("f", writable=True).pwrite(0, NEW)
    disk.open("g", writable=True).fsync()
    assert OLD in {state.disk.read("f") for state in states(disk) if state.prefix == 2}


def test_overlapping_writes_can_come_in_either_order():
    disk, file = begin()
    file.pwrite(0, NEW)
    file.pwrite(0, NEWER)
    whole = [content for content in contents(disk) if len(set(content)) == 1]
    assert sorted(whole) == [NEW, OLD, NEWER]


def test_a_write_can_be_torn_at_each_size_and_nowhere_else():
    disk, file = begin()
    file.pwrite(0, NEW)
    cuts = set()
    for content in contents(disk):
        cuts |= {at for at in range(1, SIZE) if content[at - 1] != content[at]}
    assert {cut % 64 for cut in cuts} == {0}
    assert {64, 512, 4096} <= cuts


def test_the_middle_of_a_write_can_be_missing():
    disk, file = begin()
    file.pwrite(0, NEW)
    assert any(
        content[:64] == NEW[:64] and content[-64:] == NEW[-64:] and b"o" in content
        for content in contents(disk)
    )


def test_a_write_off_the_sectors_is_torn_at_the_sectors():
    disk, file = begin()
    file.pwrite(100, NEW[:3000])
    for content in contents(disk):
        assert content[:100] == OLD[:100]
        assert content[3100:] == OLD[3100:]
        cuts = {at for at in range(1, SIZE) if content[at - 1] != content[at]}
        assert all(cut in (100, 3100) or cut % 64 == 0 for cut in cuts)


def test_a_file_that_grew_can_be_shorter_or_hold_zeros():
    disk, file = begin()
    file.pwrite(SIZE, NEW)
    seen = contents(disk)
    assert {OLD, OLD + bytes(SIZE), OLD + NEW} <= seen
    assert all(content[:SIZE] == OLD for content in seen)
    assert {len(content) % 64 for content in seen} == {0}


def test_a_new_file_can_vanish_until_its_folder_is_synced():
    disk = CrashingDisk()
    file = disk.create("folder/f")
    file.pwrite(0, NEW)
    file.fsync()
    disk.mark("file synced")
    assert {None, NEW} == {
        state.disk.snapshot().get("folder/f") for state in states(disk) if state.marks
    }
    disk.sync_folder("folder/other")
    disk.mark("folder synced")
    assert {NEW} == {
        state.disk.snapshot().get("folder/f") for state in states(disk) if len(state.marks) == 2
    }


def test_the_sync_of_another_folder_says_nothing():
    disk = CrashingDisk()
    disk.create("folder/f")
    disk.sync_folder("f")
    disk.mark("wrong folder")
    assert {None, b""} == {
        state.disk.snapshot().get("folder/f") for state in states(disk) if state.marks
    }


def test_a_rename_without_folder_sync_can_vanish_and_with_it_cannot():
    disk = CrashingDisk(MemoryDisk({"t": NEW}))
    disk.rename("t", "f")
    disk.mark("renamed")
    renamed = [state.disk.snapshot() for state in states(disk) if state.marks]
    assert {"t": NEW} in renamed
    assert {"f": NEW} in renamed
    assert all(len(files) == 1 for files in renamed)
    disk.sync_folder("f")
    disk.mark("synced")
    synced = [state.disk.snapshot() for state in states(disk) if len(state.marks) == 2]
    assert all(files == {"f": NEW} for files in synced)


def test_a_removed_name_can_come_back():
    disk = CrashingDisk(MemoryDisk({"f": OLD}))
    disk.remove("f")
    disk.mark("removed")
    removed = [state.disk.snapshot() for state in states(disk) if state.marks]
    assert {"f": OLD} in removed
    assert {} in removed


def test_the_extremes_of_every_prefix_are_among_the_states():
    disk, file = begin()
    for n in range(5):
        file.pwrite(n, b"x")
    seen = {(state.prefix, state.seed) for state in states(disk, 12)}
    assert seen == {(prefix, extreme) for prefix in range(6) for extreme in (NOTHING, EVERYTHING)}


def test_as_many_states_are_made_as_were_asked_for():
    disk, file = begin()
    for n in range(7):
        file.pwrite(n, b"x")
    for count in (1, 5, 8, 100):
        assert len(states(disk, count)) == count


def test_a_state_can_be_made_again_from_what_it_shows():
    disk, file = begin()
    for n in range(6):
        file.pwrite(n * 1000, NEW[:1500])
        if n == 3:
            file.fsync()
            disk.create("g").pwrite(0, b"x")
    for state in states(disk, 200):
        again = state_after(disk.log, state.prefix, state.seed)
        assert again.disk.snapshot() == state.disk.snapshot()
        assert again.marks == state.marks


def test_states_and_their_origin_do_not_touch_each_other():
    start = MemoryDisk({"f": OLD})
    disk = CrashingDisk(start)
    disk.open("f", writable=True).pwrite(0, NEW)
    for state in crash_states(disk.log, random.Random(3), 50):
        state.disk.open("f", writable=True).pwrite(0, b"recovered")
    assert start.read("f") == OLD
    assert state_after(disk.log, 0, EVERYTHING).disk.read("f") == OLD
    assert state_after(disk.log, 1, EVERYTHING).disk.read("f") == NEW


def test_the_power_can_be_cut_in_the_recovery_too():
    disk, file = begin()
    file.pwrite(0, NEW)
    first = state_after(disk.log, 1, NOTHING)
    again = CrashingDisk(first.disk)
    again.open("f", writable=True).pwrite(0, NEWER)
    assert {OLD, NEWER} <= contents(again)


def test_the_log_notes_marks_in_their_place():
    disk, file = begin()
    file.pwrite(0, b"1")
    disk.mark("one")
    file.pwrite(0, b"2")
    disk.mark("two")
    marks = {state.prefix: state.marks for state in states(disk, 50)}
    assert marks == {0: (), 1: (), 2: ("one",), 3: ("one",), 4: ("one", "two")}


@pytest.mark.parametrize("mebibytes", [1, 4])
def test_twenty_thousand_states_take_seconds(mebibytes):
    length = mebibytes << 20
    disk = CrashingDisk(MemoryDisk({"f": bytes(length)}))
    file = disk.open("f", writable=True)
    for n in range(20):
        file.pwrite(n * 65536 % length, bytes([n]) * 65536)
        file.fsync()
        file.pwrite(0, bytes([n]) * 512)
        file.fsync()
    begun = time.process_time()
    assert sum(1 for _ in crash_states(disk.log, random.Random(2), 20_000)) == 20_000
    assert time.process_time() - begun < 20
