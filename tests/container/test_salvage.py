"""What is left of a damaged container, room by room; whole rescues are tests/operations."""

from __future__ import annotations

import pytest

from container.worlds import PATH, World, open_level, payloads, read_rows
from seam.memory import MemoryDisk
from seam.small import CHEAP_KDF, SMALL_FORM, SMALL_LENGTH, seeded
from vault.container.block import MEDIA, RECORD
from vault.container.geometry import HEAD_SIZE
from vault.container.head import seal_head
from vault.container.reading_ahead import ReadingAhead, all_runs
from vault.container.salvage import open_damaged
from vault.errors import Damaged, InUse, UnlockError


def lived(volumes=3, commits=4):
    world = World(volumes, contents=[payloads(20, seed=level) for level in range(volumes)])
    session = world.open()
    for number in range(commits):
        for level in range(volumes):
            world.put(session, level, {(RECORD, 9, number): b"%d of %d" % (number, level)})
        world.commit(session)
    session.close()
    return world


def opened(world, secret="three", *, disk=None, from_end=False, length=None):
    return open_damaged(
        disk or world.disk, PATH, secret, form=SMALL_FORM, from_end=from_end, length=length
    )


def left(container):
    """What each level still gives, and what it counts as lost."""
    seen = []
    found = container.volumes(lambda row, rows: seen.append((row, rows)))
    assert [(row + 1, 64) for row in range(64)] == seen
    contents = [read_rows(one.volume) for one in found]
    assert not any(one.lost for one in contents), "a block in the map does not open"
    return [(one.content, one_found.lost) for one, one_found in zip(contents, found, strict=True)]


@pytest.mark.parametrize("from_end", [False, True])
def test_of_a_sound_container_everything_is_left(from_end):
    world = lived()
    container = opened(world, from_end=from_end)
    assert 3 == container.levels
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_a_further_passphrase_opens_more_and_none_opens_less():
    world = lived()
    container = opened(world, "one")
    assert 1 == container.levels
    container.open_further("three")
    assert 3 == container.levels
    container.open_further("two")
    assert 3 == container.levels
    with pytest.raises(UnlockError):
        container.open_further("four")
    assert [(kept, 0) for kept in world.kept] == left(container)
    container.close()


def test_the_back_head_is_found_by_the_length_of_old():
    world = lived(1)
    disk = MemoryDisk({PATH: world.disk.read(PATH) + bytes(5000)})
    with pytest.raises(UnlockError):
        opened(world, "one", disk=disk, from_end=True)
    container = opened(world, "one", disk=disk, from_end=True, length=SMALL_LENGTH)
    assert [(world.kept[0], 0)] == left(container)
    container.close()


def test_a_slot_that_tells_a_length_that_no_container_has_is_damaged():
    head = seal_head((b"one",), (b"\1" * 32,), 12345, kdf=CHEAP_KDF, random=seeded(5))
    disk = MemoryDisk({PATH: head + bytes(9000)})
    with pytest.raises(Damaged, match="a size that no vault has"):
        open_damaged(disk, PATH, "one", form=SMALL_FORM, from_end=False)
    disk.open(PATH, writable=True).lock(exclusive=True)  # it was let go of


def test_whoever_writes_keeps_it_from_being_read():
    world = lived(1)
    session = world.open()
    with pytest.raises(InUse):
        opened(world, "one")
    session.close()
    opened(world, "one").close()


def test_what_the_disk_refuses_is_as_good_as_missing():
    world = lived(1)
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    refused = {geometry.edge_offset(0), geometry.cell_offset(0, 0), geometry.cell_offset(1, 1)}

    class Disk:
        def open(self, path, *, writable=False):
            return File(world.disk.open(path, writable=writable))

    class File:
        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def pread(self, offset, length):
            if offset in refused:
                raise Damaged("refused")
            return self._inner.pread(offset, length)

    with pytest.raises(UnlockError):
        opened(world, "one", disk=Disk())
    refused.remove(geometry.edge_offset(0))
    container = opened(world, "one", disk=Disk())
    assert [(world.kept[0], 0)] == left(container)
    container.close()


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_damaged_block_costs_itself_and_is_counted(level):
    world = lived()
    session = world.open(writable=False)
    volume = session.volumes[level]
    gone = [(MEDIA, level, 3), (RECORD, 9, 2)]
    for namespace, object_id, number in gone:
        name = bytes([namespace]) + object_id.to_bytes(8, "big") + number.to_bytes(8, "big")
        spot = volume.where[name]
        world.disk.flip(PATH, volume.reader.offset(spot >> 16, spot & 0xFFFF) + 99)
    session.close()
    container = opened(world)
    found = left(container)
    for number, kept in enumerate(world.kept):
        expected = {
            name: data for name, data in kept.items() if number != level or name not in gone
        }
        assert (expected, 2 * (number == level)) == found[number]
    container.close()


def destroy_roots(world, rows, levels=(0, 1, 2)):
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    for row in rows:
        for level in levels:
            share = geometry.shares[level]
            for position in (*range(share.root), *range(share.blocks - share.root, share.blocks)):
                at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
                world.disk.flip(PATH, at + 30)


def test_without_the_newest_root_its_blocks_are_found_by_headers():
    world = lived()
    session = world.open(writable=False)
    newest = session.status(1).epoch - 1
    session.close()
    destroy_roots(world, [newest % 64], levels=[1])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    contents = [read_rows(one.volume).content for one in found]
    assert world.kept == contents
    assert [(False, 0), (True, 1), (False, 0)] == [(one.by_headers, one.since) for one in found]
    assert not any(one.behind for one in found)  # level 0 has a root there: it may not be damage
    container.close()


def test_rows_without_any_root_leave_every_level_behind():
    world = lived()
    session = world.open(writable=False)
    newest = session.status(1).epoch - 1
    session.close()
    destroy_roots(world, [newest % 64])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(True, 1, True)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_rows_written_without_a_level_are_counted_and_are_no_damage():
    world = lived(2)
    world.foreign_rows(3)
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(False, 0, False), (False, 3, False)] == [
        (one.by_headers, one.since, one.behind) for one in found
    ]
    container.close()


def test_without_any_root_the_newest_saves_are_still_found():
    world = lived(1)
    destroy_roots(world, range(64), levels=[0])
    container = opened(world, "one")
    (found,) = container.volumes(lambda *_: None)
    content = read_rows(found.volume).content
    assert content
    assert content.items() <= world.kept[0].items()
    assert found.by_headers
    assert found.behind
    container.close()


def test_of_random_bytes_behind_a_good_head_nothing_is_usable():
    world = World(1)
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    noise = seeded(9)(geometry.length - HEAD_SIZE)
    disk = MemoryDisk({PATH: world.disk.read(PATH)[:HEAD_SIZE] + noise})
    container = opened(world, "one", disk=disk)
    (found,) = container.volumes(lambda *_: None)
    assert not found.volume.usable
    assert (0, 0) == (found.lost, found.since)
    assert (True, True) == (found.by_headers, found.behind)
    container.close()


def test_reading_a_damaged_file_writes_nothing():
    world = lived()
    before = world.disk.read(PATH)
    container = opened(world)
    container.volumes(lambda *_: None)
    container.close()
    assert before == world.disk.read(PATH)
    open_level(world.disk, 2).close()  # the lock is gone


def test_blocks_found_by_headers_are_read_ahead_under_the_keys_they_were_sealed_with():
    world = lived(1)
    session = world.open(writable=False)
    newest = session.status(0).epoch - 1
    session.close()
    destroy_roots(world, [newest % 64], levels=[0])
    container = opened(world, "one")
    (found,) = container.volumes(lambda *_: None)
    assert found.by_headers
    content, seen = {}, []
    ReadingAhead(found.volume, all_runs(found.volume), seen.append).read(lambda _done: None)
    for run in seen:
        assert not list(run.damaged)
    for name, data in world.kept[0].items():
        assert data == found.volume.get(*name)
        content[name] = data
    assert len(content) == sum(one.run.blocks for one in seen)
    container.close()


@pytest.mark.parametrize("part", [0, 1])
def test_a_root_of_which_one_part_is_gone_in_both_copies_is_none(part):
    world = lived(1)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[0]
    row = (session.status(0).epoch - 1) % geometry.rows
    session.close()
    for start in (0, share.blocks - share.root):
        at = geometry.row_offset(row) + (share.first + start + part) * geometry.sealed
        world.disk.flip(PATH, at + 30)
    container = opened(world, "one")
    assert [(world.kept[0], 0)] == left(container)
    container.close()


def test_of_two_contents_of_one_block_the_newer_one_counts_wherever_it_stands():
    world = lived(1, commits=0)
    session = world.open()
    world.put(session, 0, {(MEDIA, 0, 3): b"newer, in the first row of the ring"})
    world.commit(session)
    session.close()
    destroy_roots(world, range(64), levels=[0])
    container = opened(world, "one")
    (found,) = container.volumes(lambda *_: None)
    assert world.kept[0] == read_rows(found.volume).content
    container.close()


def test_rows_from_before_a_volume_began_anew_are_nobodys():
    world = lived(2)
    world.foreign_rows(64)
    world.kept[1] = {}
    session = world.open(allow_altered=True)
    world.put(session, 1, {(RECORD, 1, 1): b"anew"})
    world.commit(session)
    session.close()
    container = opened(world, "two")
    assert [(kept, 0) for kept in world.kept] == left(container)
    container.close()
