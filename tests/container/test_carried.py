"""A container made from an open one: all of it goes along, in one pass, and the old one stays."""

from __future__ import annotations

import random as pseudorandom

import pytest

from container.worlds import PATH, World, open_level, payloads, read_all, read_rows
from seam.crashing import CrashingDisk, crash_states
from seam.memory import MemoryDisk
from seam.recording import Op, RecordingDisk
from seam.small import EDGE, SMALL_FORM, SMALL_LENGTH, SMALL_ROWS, seeded, small_geometry
from vault.container.block import PAGE
from vault.container.creation import Beginning, make, new_keys
from vault.container.new_volume import NewVolume
from vault.container.session import open_container
from vault.errors import ContainerFull, Damaged

NEW = "new"
SMALL = small_geometry(SMALL_LENGTH)
LARGER = 2 * EDGE + SMALL_ROWS * 60 * 1024
SMALLER = 2 * EDGE + SMALL_ROWS * 30 * 1024
NEW_PASSPHRASES = ("uno", "due", "tre")


def lived(volumes=3, *, seed=3, disk=None):
    """A container after some commits of all levels: blocks have moved, many are dead."""
    contents = [payloads(40, seed=level) for level in range(volumes)]
    world = World(volumes, seed=seed, contents=contents, disk=disk)
    session = world.open()
    for _ in range(40):
        world.stir(session, most=4)
        world.commit(session)
    session.close()
    return world


def carry(session, disk, length=SMALL_LENGTH, *, whole=True, levels=None):
    """Make NEW from an open container; return what was left out per level."""
    geometry = small_geometry(length)
    random = seeded(99)
    old = session.volumes if levels is None else [session.volumes[level] for level in levels]
    keys = new_keys(len(old), random)
    volumes = [
        NewVolume(one.reader.file, geometry, level, key, one)
        for level, (one, key) in enumerate(zip(old, keys, strict=True))
    ]
    for volume in volumes:
        volume.require_room()
    beginning = Beginning(NEW_PASSPHRASES[: len(old)], keys, lambda _file: volumes, whole)
    return write(disk, geometry, beginning)


def write(disk, geometry, beginning):
    return make(
        disk,
        NEW,
        geometry,
        beginning,
        form=SMALL_FORM,
        random=seeded(98),
        progress=lambda _done, _total: None,
    )


def open_new(disk, level, *, writable=False):
    return open_container(
        disk, NEW, NEW_PASSPHRASES[level], writable=writable, form=SMALL_FORM, random=seeded(8)
    )


@pytest.mark.parametrize("length", [SMALL_LENGTH, LARGER, SMALLER])
def test_all_blocks_of_all_levels_stand_in_the_new_container(length):
    world = lived()
    session = world.open(writable=False)
    assert [[], [], []] == carry(session, world.disk, length)
    session.close()
    new = open_new(world.disk, 2, writable=True)
    assert [] == new.notices
    for volume in new.volumes:
        assert (world.kept[volume.level], set()) == read_all(volume)
    assert (SMALL_ROWS, 0) == (new.status(0).epoch, new.status(0).commits)
    assert [1, 1, 1] == [volume.held.counter for volume in new.volumes]
    new.commit()
    for volume in new.volumes:
        assert (world.kept[volume.level], set()) == read_all(volume)
    new.close()


def test_a_level_may_take_the_place_of_another():
    world = lived()
    session = world.open(writable=False)
    carry(session, world.disk, levels=[1, 2])
    session.close()
    new = open_new(world.disk, 1)
    assert world.kept[1:] == [read_all(volume).content for volume in new.volumes]
    new.close()


def test_the_old_file_is_read_only_and_stays_as_it_is():
    world = lived()
    before = world.disk.read(PATH)
    session = world.open(writable=False)
    carry(session, world.disk)
    session.close()
    assert before == world.disk.read(PATH)
    assert {PATH, NEW} == set(world.disk.snapshot())


def test_the_new_file_is_written_as_in_any_creation():
    world = lived()
    session = world.open(writable=False)
    disk = RecordingDisk(world.disk)
    carry(session, disk)
    made = RecordingDisk(MemoryDisk())
    World(1, disk=made)
    assert made.ops == disk.ops
    assert Op("fsync", "f1") in disk.ops


def test_no_key_is_that_of_the_old_container():
    world = lived(1)
    session = world.open(writable=False)
    carry(session, world.disk)
    old = session.top
    new = open_new(world.disk, 0)
    name = next(iter(new.top.where))
    spot = new.top.where[name]
    sealed = new.top.reader.read(spot >> 16, spot & 0xFFFF, 1)
    row = new.top.state.table[spot >> 16]
    sealer = old.reader.keys.block(row.epoch, row.commit_id)
    assert old.reader.open(sealed, spot >> 16, spot & 0xFFFF, sealer) is None
    assert old.reader.root(63) is not None
    old.reader.file = new.top.reader.file
    assert old.reader.root(63) is None


def test_too_small_a_length_is_refused_before_anything_is_written():
    world = World(1, contents=[payloads(SMALL.limit(0), size=1)])
    session = world.open(writable=False)
    disk = RecordingDisk(world.disk)
    with pytest.raises(ContainerFull):
        carry(session, disk, SMALLER)
    assert [] == disk.ops


def damage(world, session, level, number):
    """Flip a bit of the `number`-th block of a level, by name; return the name."""
    volume = session.volumes[level]
    name = sorted(volume.where)[number]
    spot = volume.where[name]
    world.disk.flip(PATH, volume.reader.offset(spot >> 16, spot & 0xFFFF) + 40)
    return name


@pytest.mark.parametrize("level", [0, 2])
def test_a_block_that_cannot_be_read_ends_it_and_nothing_is_left(level):
    world = lived()
    session = world.open(writable=False)
    damage(world, session, level, 11)
    with pytest.raises(Damaged, match="nothing was made") as caught:
        carry(session, world.disk)
    assert "rescue NEWFILE" in caught.value.hint
    assert {PATH} == set(world.disk.snapshot())


def test_what_cannot_be_read_may_be_left_out_and_is_named():
    world = lived()
    session = world.open(writable=False)
    name = damage(world, session, 1, 11)
    assert [[], [name], []] == carry(session, world.disk, whole=False)
    session.close()
    new = open_new(world.disk, 2)
    for volume in new.volumes:
        content, lost = read_all(volume)
        assert (1 if volume.level == 1 else 0) == len(lost)
        assert len(world.kept[volume.level]) == len(content) + len(lost)


def test_what_is_staged_on_the_way_goes_along():
    world = lived(1)
    session = world.open(writable=False)
    geometry, random = small_geometry(SMALL_LENGTH), seeded(5)
    (key,) = new_keys(1, random)
    volume = NewVolume(session.top.reader.file, geometry, 0, key, session.top)
    first, second, *_rest = sorted(world.kept[0])
    volume.put(*first, b"anew")
    volume.drop(*second)
    volume.put(PAGE, 7, 7, b"more")
    wanted = {**world.kept[0], first: b"anew", (PAGE, 7, 7): b"more"}
    del wanted[second]
    assert wanted == {name: volume.get(*name) for name in wanted}
    write(world.disk, geometry, Beginning(NEW_PASSPHRASES[:1], [key], lambda _file: [volume]))
    session.close()
    assert (wanted, set()) == read_all(open_new(world.disk, 0).top)
    assert world.kept[0] == read_all(world.open(writable=False).top).content


def test_after_a_power_cut_the_old_file_is_untouched_and_the_new_one_whole_or_absent():
    world = lived()
    before = world.disk.read(PATH)
    disk = CrashingDisk(world.disk)
    session = open_level(disk, 2, writable=False)
    carry(session, disk)
    disk.mark("made")
    session.close()
    found = []
    for state in crash_states(disk.log, pseudorandom.Random("carried"), 150):
        assert before == state.disk.read(PATH)
        found.append(state.disk.exists(NEW))
        assert found[-1] or not state.marks
        if found[-1]:
            new = open_new(state.disk, 2)
            for volume in new.volumes:
                assert (world.kept[volume.level], set()) == read_rows(volume)
            new.close()
    assert {True, False} == set(found)
