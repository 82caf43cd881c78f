"""What is left of a damaged container, room by room; whole rescues are tests/operations."""

from __future__ import annotations

import pytest

from container.checks import in_place_after
from container.key_holder import KeyHolder, history
from container.worlds import PATH, World, open_level, payloads, read_rows
from seam.memory import MemoryDisk
from seam.small import CHEAP_KDF, SMALL_FORM, SMALL_LENGTH, seeded, small_geometry
from vault.container import salvage
from vault.container.block import MEDIA, RECORD
from vault.container.cell import Cell
from vault.container.geometry import CELL_UNIT, HEAD_SIZE
from vault.container.head import seal_head
from vault.container.reading_ahead import ReadingAhead, all_runs
from vault.container.root import Row
from vault.container.salvage import open_damaged
from vault.container.standing import Sealers
from vault.errors import Damaged, InUse, UnlockError

SMALL = small_geometry(SMALL_LENGTH)


def lived(volumes=3, commits=4, blocks=20):
    world = World(volumes, contents=[payloads(blocks, seed=level) for level in range(volumes)])
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
    assert all(one.volume.findings.whole for one in found)
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


def test_two_may_read_it_at_once():
    world = lived(1)
    first, second = opened(world, "one"), opened(world, "one")
    assert [(world.kept[0], 0)] == left(first) == left(second)
    first.close()
    second.close()


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


def block_offset(row, level, position):
    return SMALL.row_offset(row) + (SMALL.shares[level].first + position) * SMALL.sealed


def destroy_roots(world, rows, levels=(0, 1, 2), parts=(0, 1)):
    for row in rows:
        for level in levels:
            share = SMALL.shares[level]
            assert 2 == share.root
            for part in parts:
                for position in (part, share.blocks - share.root + part):
                    world.disk.flip(PATH, block_offset(row, level, position) + 30)


def destroy_cells(world, ends=(0, 1), slots=(0, 1)):
    for end in ends:
        for slot in slots:
            world.disk.damage(PATH, SMALL.cell_offset(end, slot), bytes(CELL_UNIT))


def cut_off(world, level, blocks, whole=0, torn=()):
    """A commit of this level that never finished.

    Args:
        world: on which, and as it stands.
        level: the most secret one open.
        blocks: staged in it.
        whole: rows that were written, from the first on.
        torn: blocks of the first row that were written, where none was whole; from its start.

    Returns:
        How many rows it was to write.
    """
    before = bytearray(world.disk.read(PATH))
    session = world.open(level)
    for name, data in blocks.items():
        session.top.put(*name, data)
    first = session.status(0).epoch
    session.commit()
    rows = session.status(0).epoch - first
    session.close()
    after = world.disk.read(PATH)
    for number in range(first, first + whole):
        start = SMALL.row_offset(number % SMALL.rows)
        before[start : start + SMALL.pitch] = after[start : start + SMALL.pitch]
    for block in torn:
        start = SMALL.row_offset(first % SMALL.rows) + block * SMALL.sealed
        before[start : start + SMALL.sealed] = after[start : start + SMALL.sealed]
    world.disk.put(PATH, bytes(before))
    return rows


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
    assert found.volume.findings.gone
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


@pytest.mark.parametrize("commits", [3, 4, 5])
@pytest.mark.parametrize("gone", [(), (0,), (1,)])
def test_while_a_cell_of_each_slot_is_left_the_next_row_may_be_damaged(commits, gone):
    """They say for sure how many rows there are, whichever end of the file they stand at."""
    world = lived(commits=commits)
    destroy_cells(world, ends=gone)
    destroy_roots(world, [commits])
    container = opened(world)
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_a_damaged_row_leaves_levels_behind_though_the_next_one_is_as_it_was():
    world = lived(commits=4)
    destroy_cells(world, slots=[1])  # that of commit 3: it may have been of commit 5
    destroy_roots(world, [3])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert [(1, True)] * 3 == [(one.since, one.behind) for one in found]
    container.close()


@pytest.mark.parametrize("cells", [(0, 1), (0,), (1,)])
def test_a_commit_that_never_finished_gives_nothing(cells):
    world = lived(commits=4)
    assert 1 == cut_off(world, 2, {(RECORD, 9, 0): b"changed", (RECORD, 9, 9): b"new"}, whole=1)
    destroy_cells(world, ends={0, 1}.difference(cells))
    container = opened(world)
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_a_first_commit_that_never_finished_says_itself_how_many_rows_there_are():
    """Slot 1 was never written; a row that still is as it was made tells that this is no damage."""
    world = lived(commits=0)
    blocks = {(RECORD, 9, number): b"new" for number in range(30)}
    assert 3 == cut_off(world, 2, blocks, whole=1)
    destroy_roots(world, [1])
    container = opened(world)
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_without_any_cell_the_newest_root_below_stands_in():
    world = lived()
    destroy_cells(world)
    container = opened(world)
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * 3 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_the_root_that_stands_in_for_cells_is_of_the_lowest_level_whatever_is_above():
    world = lived(commits=3)
    before = world.kept
    session = world.open()
    for level in range(3):
        world.put(session, level, {(RECORD, 9, 1): b"changed"})
    world.commit(session)
    session.close()
    destroy_cells(world)
    destroy_roots(world, [3], levels=[0])
    container = opened(world)
    assert [(kept, 0) for kept in before] == left(container)
    # Those above still have the root of what is left out: they are told that there was more.
    assert [True] * 3 == [one.behind for one in container.volumes(lambda *_: None)]
    container.close()


@pytest.mark.parametrize("slots", [(0,), (1,), (0, 1)])
def test_a_share_lost_with_the_cells_is_told(slots):
    """The row is there by the root of the level below; what stood above in it is not."""
    world = lived(2, commits=4)
    destroy_cells(world, slots=slots)
    row = SMALL.row_offset(3) + SMALL.shares[1].first * SMALL.sealed
    world.disk.damage(PATH, row, bytes(SMALL.shares[1].blocks * SMALL.sealed))
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert [(0, False), (1, False)] == [(one.since, one.behind) for one in found]
    container.close()


def test_a_newest_cell_that_is_left_tells_what_its_rows_hold():
    world = lived(2, commits=4)
    destroy_cells(world, slots=[1])
    destroy_roots(world, [3], levels=[0, 1])
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(True, 1, True)] * 2 == [(one.by_headers, one.since, one.behind) for one in found]
    container.close()


def test_a_level_whose_roots_are_gone_is_found_by_what_newest_tables_below_say():
    """Row 1 has no root of either; only tables of later commits know under which id it stands."""
    world = lived(2, blocks=60)  # so many that no save moves what the others wrote
    destroy_roots(world, [1], levels=[0, 1])
    destroy_roots(world, [2, 3], levels=[1])
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(False, 0), (True, 3)] == [(one.by_headers, one.since) for one in found]
    container.close()


def test_what_a_row_held_before_an_unfinished_commit_is_told_by_the_table_before_it():
    """Its own table, in two rows, tells of three: the third still bears what level 1 has there."""
    world = World(2, contents=[{}, payloads(23, seed=1)])
    world.foreign_rows(in_place_after(world))
    blocks = {(MEDIA, 0, number): b"below" for number in range(13)}
    assert 3 == cut_off(world, 0, blocks, whole=2)
    destroy_roots(world, range(64), levels=[1])
    destroy_roots(world, [63], levels=[0])
    container = opened(world, "two")
    below, above = container.volumes(lambda *_: None)
    assert {} == read_rows(below.volume).content
    expected = {name: data for name, data in world.kept[1].items() if name[2] >= 18}
    assert expected == read_rows(above.volume).content
    assert above.by_headers
    container.close()


def test_of_two_roots_in_a_torn_row_each_is_read_for_what_it_says():
    """The first copy is of old, the second of a commit that never finished: no other is left."""
    world = lived(2, blocks=60)  # so many that no save moves what the others wrote
    share = SMALL.shares[0]
    assert 1 == cut_off(world, 0, {}, torn=range(share.root, share.blocks))
    destroy_roots(world, {*range(64)} - {4}, levels=[0])
    destroy_roots(world, range(64), levels=[1])
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [True, True] == [one.volume.findings.altered or one.by_headers for one in found]
    container.close()


def test_the_older_root_of_a_torn_row_tells_under_which_id_the_rest_of_it_stands():
    """Where no table is left, and level 1 has no root at all."""
    world = World(2, contents=[{}, payloads(12, seed=1)])
    world.foreign_rows(in_place_after(world))
    assert 1 == cut_off(world, 0, {}, torn=range(SMALL.shares[0].root))
    destroy_roots(world, range(64), levels=[0], parts=[1])
    destroy_roots(world, range(64), levels=[1])
    container = opened(world, "two")
    _below, above = container.volumes(lambda *_: None)
    assert world.kept[1] == read_rows(above.volume).content
    container.close()


@pytest.mark.parametrize("cut", [11, 14, 17, 20])
def test_a_row_torn_while_it_was_written_over_in_place_costs_nothing(cut):
    world = World(2, contents=[{}, payloads(12, seed=1)])
    world.foreign_rows(in_place_after(world))
    assert 2 == cut_off(world, 1, {}, torn=range(cut))  # in place first, and then what it holds
    container = opened(world, "two")
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [False, False] == [one.by_headers for one in found]
    container.close()


def test_a_share_is_looked_at_to_its_end_however_few_blocks_are_read_at_once(monkeypatch):
    monkeypatch.setattr(salvage, "RUN", 4)
    world = lived()
    container = opened(world)
    assert [(kept, 0) for kept in world.kept] == left(container)
    container.close()


def test_cells_tell_the_ids_of_the_rows_of_their_commits_and_of_no_others():
    cells = [Cell(3, 200, 2, b"c" * 16), Cell(2, 198, 100, b"b" * 16)]
    known = Sealers(SMALL, cells).before(None)
    expected = {epoch % 64: [(epoch, b"b" * 16)] for epoch in range(134, 198)}
    expected[6].insert(0, (198, b"c" * 16))
    expected[7].insert(0, (199, b"c" * 16))
    assert [expected[row] for row in range(64)] == known


def test_a_row_is_tried_under_the_four_newest_ids_before_the_cell():
    cells = [Cell(turn, 64 * turn + 1, 1, bytes([turn]) * 16) for turn in (3, 1, 5, 2, 4, 6)]
    ids = [(64 * turn, bytes([turn]) * 16) for turn in (6, 5, 4, 3, 2, 1)]
    sealers = Sealers(SMALL, cells)
    assert ids[:4] == sealers.before(None)[0]
    assert ids[1:5] == sealers.before(Cell(6, 64 * 6, 1, bytes(16)))[0]
    assert ids[0:4] == sealers.before(Cell(6, 64 * 6 + 1, 1, bytes(16)))[0]
    assert ids[4:] == sealers.before(Cell(3, 64 * 3, 1, bytes(16)))[0]


@pytest.mark.parametrize("lacking", [0, 1])
@pytest.mark.parametrize("slots", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("volumes", [1, 3])
def test_what_a_save_left_that_never_finished_does_not_hide_the_one_after_it(
    volumes, slots, lacking
):
    """It has the number of the one that came instead, and rows beyond it."""
    world = lived(volumes, commits=4)
    many = {(RECORD, 8, number): b"unfinished" for number in range(19)}
    rows = cut_off(world, volumes - 1, many, whole=(4 if volumes == 1 else 2) - lacking)
    assert rows == (4 if volumes == 1 else 2)
    session = world.open()
    for level in range(volumes):
        world.put(session, level, {(RECORD, 9, 50): b"acknowledged"})
    world.commit(session)
    session.close()
    destroy_cells(world, slots=slots)
    container = opened(world, ["one", "two", "three"][volumes - 1])
    assert [(kept, 0) for kept in world.kept] == left(container)
    found = container.volumes(lambda *_: None)
    assert [(False, 0, False)] * volumes == [
        (one.by_headers, one.since, one.behind) for one in found
    ]
    container.close()


@pytest.mark.parametrize("level", [None, 1])
def test_a_root_lost_of_several_of_one_save_is_no_later_save(level):
    world = lived(commits=4)
    session = world.open()
    world.put(session, 2, {(RECORD, 8, number): b"x" for number in range(19)})
    first = session.status(0).epoch
    world.commit(session)
    last = session.status(0).epoch - 1
    assert 2 == last - first + 1
    session.close()
    destroy_cells(world, slots=[1])
    destroy_roots(world, [last % 64], levels=[] if level is None else [level])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(0, False)] * 3 == [(one.since, one.behind) for one in found]
    container.close()


def test_a_root_that_stands_in_for_cells_vouches_for_all_rows_of_its_save():
    world = lived(commits=4)
    session = world.open()
    world.put(session, 2, {(RECORD, 8, number): b"x" for number in range(19)})
    world.commit(session)
    last = session.status(0).epoch - 1
    session.close()
    destroy_cells(world, slots=[1])
    destroy_roots(world, [last % 64], levels=[0, 1])
    destroy_roots(world, [last % 64, (last - 1) % 64], levels=[2])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(False, 0), (False, 0), (True, 2)] == [(one.by_headers, one.since) for one in found]
    container.close()


def test_a_root_that_gives_no_row_to_its_own_save_stops_nobody():
    """Who holds the key of level 0 wrote it."""
    world, _ = history()
    holder = KeyHolder(world)
    row = (holder.cell.epoch - 1) % 64
    head = holder.reader.root(row).head
    table = [Row(one.epoch, b"z" * 16, one.live) for one in holder.state.table]
    holder.leave()
    holder.break_cells()
    holder.write_root(row, head, table)
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert world.kept[1:] == [read_rows(one.volume).content for one in found[1:]]
    container.close()


def saved_over_an_unfinished_one():
    """A world, and the row in which a save came instead of one of which all rows were there."""
    world = lived(1, commits=4)
    many = {(RECORD, 8, number): b"unfinished" for number in range(19)}
    assert 4 == cut_off(world, 0, many, whole=4)
    session = world.open()
    world.put(session, 0, {(RECORD, 9, 50): b"acknowledged"})
    world.commit(session)
    row = (session.status(0).epoch - 1) % 64
    session.close()
    return world, row


def test_a_save_that_came_instead_of_an_unfinished_one_and_lost_its_root_is_suspected():
    """All rows of the unfinished one are there but the first, of which nobody can say more."""
    world, row = saved_over_an_unfinished_one()
    destroy_cells(world, slots=[1])
    destroy_roots(world, [row], levels=[0])
    container = opened(world, "one")
    [found] = container.volumes(lambda *_: None)
    assert (RECORD, 9, 50) not in read_rows(found.volume).content
    assert found.behind
    container.close()


@pytest.mark.parametrize(("commits", "slot"), [(4, 0), (4, 1), (0, 0)])
def test_a_save_below_that_came_instead_of_an_unfinished_one_leaves_nobody_behind(commits, slot):
    world = lived(2, commits=commits)
    many = {(RECORD, 8, number): b"unfinished" for number in range(19)}
    assert 3 == cut_off(world, 1, many, whole=3)
    world.foreign_rows(1)
    destroy_cells(world, slots=[slot])
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [(0, False), (1, False)] == [(one.since, one.behind) for one in found]
    container.close()


SHARES = SMALL.shares
ROW = range(SHARES[2].first + SHARES[2].blocks)


@pytest.mark.parametrize("commits", [0, 4])
@pytest.mark.parametrize(
    "torn",
    [
        *(ROW[:end] for end in (4, SHARES[1].first, SHARES[1].first + 1, SHARES[2].first, 29)),
        ROW[SHARES[1].first :],
        ROW[SHARES[2].first :],
        [*ROW[: SHARES[1].first], *ROW[SHARES[2].first :]],
    ],
)
def test_a_save_torn_within_a_row_is_no_damage_without_its_slot(commits, torn):
    world = lived(commits=commits)
    assert 1 == cut_off(world, 2, {(RECORD, 9, 1): b"changed"}, torn=torn)
    if commits:
        destroy_cells(world, slots=[1])
    container = opened(world)
    found = container.volumes(lambda *_: None)
    assert [(0, False)] * 3 == [(one.since, one.behind) for one in found]
    old, new = world.kept[2], {**world.kept[2], (RECORD, 9, 1): b"changed"}
    contents = [read_rows(one.volume).content for one in found]
    assert world.kept[:2] == contents[:2]
    assert contents[2] in (old, new)
    container.close()


def test_a_cell_refutes_what_was_left_under_its_number():
    """All rows of a save that never finished; of the one that came instead the root is lost."""
    world, row = saved_over_an_unfinished_one()
    destroy_cells(world, slots=[0])
    destroy_roots(world, [row], levels=[0])
    container = opened(world, "one")
    (found,) = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(found.volume).content]
    assert (1, True) == (found.since, found.behind)
    container.close()


def test_a_row_without_any_root_is_told_whatever_else_is_known_to_be_unfinished():
    world = lived(2, commits=4)
    before = world.disk.read(PATH)
    many = {(RECORD, 8, number): b"unfinished" for number in range(19)}
    assert 3 == cut_off(world, 1, many, whole=3)
    for row in (5, 6):  # the share of level 0 was not written there
        start = SMALL.row_offset(row)
        end = start + SMALL.shares[1].first * SMALL.sealed
        world.disk.damage(PATH, start, before[start:end])
    destroy_roots(world, [4], levels=[0, 1])
    destroy_cells(world, slots=[1])
    container = opened(world, "two")
    found = container.volumes(lambda *_: None)
    assert world.kept == [read_rows(one.volume).content for one in found]
    assert [True, True] == [one.behind for one in found]
    container.close()
