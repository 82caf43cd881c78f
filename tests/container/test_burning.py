"""After burning nothing opens the file; cut off anywhere, it does not look as if nothing were."""

from __future__ import annotations

import random as pseudorandom

import pytest

from container.worlds import PASSPHRASES, PATH, World, payloads
from seam.crashing import CrashingDisk, crash_states
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk
from seam.recording import RecordingDisk
from vault.container.burning import Remains, overwrite_entrances
from vault.container.cell import cell_key
from vault.container.geometry import CELL_UNIT, HEAD_SIZE
from vault.container.head import open_head
from vault.container.session import newest_cell
from vault.errors import ContainerError, NotSaved, UnlockError


def world_of(volumes: int = 3) -> World:
    return World(volumes, contents=[payloads(4, seed=level) for level in range(volumes)])


def opens(world: World, disk, end: int) -> bytes | None:
    """K₀, where some passphrase opens the head in front (0) or behind (1)."""
    geometry = world.form.geometry(world.length)
    at = geometry.edge_offset(end)
    head = disk.read(PATH)[at : at + HEAD_SIZE]
    for passphrase in PASSPHRASES:
        try:
            return open_head(head, passphrase.encode(), kdf=world.form.kdf).keys[0]
        except UnlockError:
            continue
    return None


@pytest.mark.parametrize("level", [0, 1, 2])
def test_any_passphrase_burns_for_all(level):
    world = world_of()
    geometry, before = world.form.geometry(world.length), world.disk.read(PATH)
    key = cell_key(opens(world, world.disk, 0))
    file = world.disk.open(PATH, writable=False)
    assert newest_cell(file, geometry, key)
    session = world.open(level)
    session.burn()
    session.close()
    assert (None, None) == (opens(world, world.disk, 0), opens(world, world.disk, 1))
    assert newest_cell(file, geometry, key) is None
    after = world.disk.read(PATH)
    pieces = range(0, len(before), 512)
    changed = {at // 512 for at in pieces if before[at : at + 512] != after[at : at + 512]}
    places = [(geometry.edge_offset(end), HEAD_SIZE) for end in (0, 1)]
    places += [(geometry.cell_offset(end, slot), CELL_UNIT) for end in (0, 1) for slot in (0, 1)]
    assert {at // 512 for start, size in places for at in range(start, start + size)} == changed


def test_no_commit_follows():
    session = world_of(1).open()
    assert (False, False, False) == (session.broken, session.burning, session.burnt)
    session.burn()
    assert (True, True, True) == (session.broken, session.burning, session.burnt)
    with pytest.raises(NotSaved) as caught:
        session.commit()
    assert "Nothing after the last saved step was kept." == caught.value.hint
    with pytest.raises(NotSaved):
        session.burn()


def test_reading_only_it_is_refused():
    world = world_of(1)
    session = world.open(writable=False)
    with pytest.raises(ContainerError, match="reading only"):
        session.burn()
    session.close()
    world.check(world.open())


def test_it_writes_the_same_whatever_there_is():
    traces = []
    for volumes in (1, 2, 3):
        world = world_of(volumes)
        world.disk = recorded = RecordingDisk(world.disk)
        session = world.open(0)
        recorded.ops.clear()
        session.burn()
        traces.append(recorded.ops)
    assert traces[0] == traces[1] == traces[2]
    assert ["pwrite"] * 4 + ["fsync"] + ["pwrite", "fsync"] * 2 == [op.op for op in traces[0]]


def test_cut_off_anywhere_it_opens_and_says_so_or_never_opens_again():
    world = world_of(2)
    key = cell_key(opens(world, world.disk, 0))
    geometry = world.form.geometry(world.length)
    world.disk = disk = CrashingDisk(world.disk)
    session = world.open()
    session.burn()
    disk.mark("burnt")
    session.close()
    seen = set()
    for state in crash_states(disk.log, pseudorandom.Random(1), 400):
        front, back = opens(world, state.disk, 0), opens(world, state.disk, 1)
        cell = newest_cell(state.disk.open(PATH, writable=False), geometry, key)
        seen.add((front is not None, back is not None, cell is not None))
        assert not (state.marks and (front or back or cell))
    # Never: nothing in front but something behind, or no head behind but cells.
    possible = {(True, True, True), (True, True, False), (True, False, False)}
    assert possible | {(False, False, False)} == seen


@pytest.mark.parametrize("at", range(7))
def test_where_the_disk_fails_it_is_an_error_and_no_commit_follows(at):
    world = world_of(1)
    world.disk = FaultyDisk(world.disk, fail_at=1 + at, forever=True)  # the first is the opening's
    session = world.open()
    with pytest.raises(NotSaved):
        session.burn()
    assert not session.burnt
    with pytest.raises(NotSaved):
        session.commit()


def test_a_copy_made_before_opens_as_it_did():
    world = world_of(2)
    copy = MemoryDisk()
    copy.nodes[PATH] = world.disk.fork().nodes[PATH]
    session = world.open()
    session.burn()
    session.close()
    world.disk = copy
    world.check(world.open())


@pytest.mark.parametrize(
    "cut",
    ["in the back head", "before the back cells", "in the front head", "at a cell", "in a cell"],
)
def test_of_a_file_that_was_cut_off_only_what_is_there_is_overwritten(cut):
    world = world_of()
    geometry, whole = world.form.geometry(world.length), world.disk.read(PATH)
    kept = {
        "in the back head": geometry.edge_offset(1) + 100,
        "before the back cells": geometry.edge_offset(1) - 5,
        "in the front head": 700,
        "at a cell": geometry.cell_offset(1, 0),
        "in a cell": geometry.cell_offset(1, 0) + 1,
    }[cut]
    disk = MemoryDisk({PATH: whole[:kept]})
    recorded = RecordingDisk(disk)
    remains = Remains(recorded.open(PATH, writable=True), geometry, world.random)
    remains.burn()
    remains.close()
    after = disk.read(PATH)
    assert kept == len(after)
    units = [(geometry.cell_offset(end, slot), CELL_UNIT) for end in (0, 1) for slot in (0, 1)]
    units += [(geometry.edge_offset(end), HEAD_SIZE) for end in (1, 0)]
    written = [(op.offset, op.length) for op in recorded.ops if op.op == "pwrite"]
    assert [(at, min(size, kept - at)) for at, size in units if at < kept] == written
    assert ["fsync"] * 3 == [op.op for op in recorded.ops if op.op == "fsync"]
    for at, size in written:
        pieces = range(at, at + size - 15, 16)
        assert all(after[piece : piece + 16] != whole[piece : piece + 16] for piece in pieces)


def test_the_first_failure_is_told_and_everything_else_was_tried():
    world = world_of()
    geometry = world.form.geometry(world.length)
    tried = []

    class Failing:
        def size(self):
            return world.length

        def pwrite(self, offset, data):
            tried.append((offset, len(data)))
            raise NotSaved("write {number}", number=len(tried))

        def fsync(self):
            tried.append("fsync")
            raise NotSaved("sync")

        def write_on(self):
            tried.append("go on")

    with pytest.raises(NotSaved) as caught:
        overwrite_entrances(Failing(), geometry, world.random)
    assert 1 == caught.value.values["number"]
    assert 6 == sum(one not in {"fsync", "go on"} for one in tried)
    assert (3, 9) == (tried.count("fsync"), tried.count("go on"))
