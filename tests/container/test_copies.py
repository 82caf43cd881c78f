"""What stands twice: a damaged copy costs nothing, and is counted."""

from __future__ import annotations

import pytest

from container.key_holder import KeyHolder
from container.worlds import PATH, World, payloads
from seam.memory import MemoryDisk
from vault.container.block import MEDIA
from vault.container.cell import Cell, seal_cell
from vault.container.copies import check_copies, damaged_cells
from vault.container.geometry import CELL_UNIT
from vault.errors import Damaged


def lived(commits=3, volumes=3):
    world = World(volumes, contents=[payloads(20, seed=level) for level in range(volumes)])
    session = world.open()
    for number in range(commits):
        for level in range(volumes):
            world.put(session, level, {(MEDIA, 9, number): b"%d" % number})
        world.commit(session)
    session.close()
    return world


def checked(world, level=1, opened_with=None):
    session = world.open(opened_with, writable=False, allow_altered=True)
    found = session.check_copies(level)
    session.close()
    return found


def damage_root(world, level, row, position):
    """Damage one block of a row's share."""
    session = world.open(writable=False)
    geometry = session.geometry
    at = geometry.row_offset(row) + (geometry.shares[level].first + position) * geometry.sealed
    session.close()
    world.disk.flip(PATH, at + 20)


def rows_looked_at(world, level=1):
    """All but the empty ones among those that the next commits may write."""
    session = world.open(writable=False)
    geometry, epoch = session.geometry, session.status(level).epoch
    table = session.volumes[level].state.table
    reach = {(epoch + ahead) % geometry.rows for ahead in range(geometry.max_commit_rows)}
    session.close()
    return [row for row in range(geometry.rows) if table[row].live or row not in reach]


def test_a_sound_file_is_whole():
    world = lived()
    found = checked(world)
    assert (0, 0, len(rows_looked_at(world))) == found
    assert found.whole


def test_in_rows_that_the_next_save_may_write_roots_count_where_something_stands():
    world = World(2, contents=[{}, payloads(400, seed=1)])
    world.foreign_rows(17)
    session = world.open(writable=False)
    geometry, epoch = session.geometry, session.status(1).epoch
    reach = [(epoch + ahead) % geometry.rows for ahead in range(geometry.max_commit_rows + 1)]
    live = [bool(session.volumes[1].state.table[row].live) for row in reach]
    session.close()
    assert {True, False} == set(live[:-1])  # and the row after them is out of reach
    for count, row in enumerate(reach):
        damage_root(world, 1, row, 0)
        expected = sum(live[: count + 1]) if count + 1 < len(reach) else sum(live[:-1]) + 1
        assert expected == checked(world).roots


@pytest.mark.parametrize("copy", ["first", "last"])
@pytest.mark.parametrize("part", [0, 1])
def test_each_copy_of_a_root_counts_in_each_part(copy, part):
    world = lived()
    session = world.open(writable=False)
    share, newest = session.geometry.shares[1], (session.status(1).epoch - 1) % 64
    session.close()
    assert 2 == share.root
    start = 0 if copy == "first" else share.blocks - share.root
    damage_root(world, 1, newest, start + part)
    found = checked(world)
    assert (1, 0) == found[:2]
    assert not found.whole
    assert checked(world, 0).whole
    assert checked(world, 2).whole


def test_both_copies_of_both_parts_are_two_copies():
    world = lived()
    session = world.open(writable=False)
    share, newest = session.geometry.shares[1], (session.status(1).epoch - 2) % 64
    session.close()
    for position in (0, 1, share.blocks - 2, share.blocks - 1):
        damage_root(world, 1, newest, position)
    assert (2, 0) == checked(world)[:2]


def test_damage_of_other_blocks_is_none_of_the_roots():
    world = lived()
    session = world.open(writable=False)
    share, newest = session.geometry.shares[1], (session.status(1).epoch - 1) % 64
    session.close()
    for position in range(share.root, share.blocks - share.root):
        damage_root(world, 1, newest, position)
    assert checked(world).whole


def test_rows_written_without_the_level_are_not_looked_at():
    world = lived(volumes=2)
    before = checked(world).rows
    world.foreign_rows(5)
    found = checked(world)
    assert found.whole
    assert before - 5 <= found.rows < before


def test_a_root_of_another_save_is_no_copy():
    world = lived(volumes=1)
    session = world.open(writable=False)
    newest = session.status(0).epoch - 1
    session.close()
    for other in ("epoch", "commit_id"):
        copied = World.__new__(World)
        copied.__dict__ |= world.__dict__
        copied.disk = MemoryDisk({PATH: world.disk.read(PATH)})
        holder = KeyHolder(copied)
        row = (newest - 3) % 64
        head = holder.reader.root(row).head
        head = head._replace(epoch=head.epoch + 64) if other == "epoch" else head
        head = head._replace(commit_id=bytes(16)) if other == "commit_id" else head
        holder.write_root(row, head, holder.state.table)
        holder.leave()
        session = copied.open(writable=False, allow_altered=True)
        cell = session._cell
        # By what the newest root says of the row.
        found = check_copies(session.volumes[0], session._ring.file, cell, session._ring.cell_key)
        assert 2 == found.roots
        session.close()


# Cells


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("slot", [0, 1])
def test_each_cell_counts(end, slot):
    world = lived()
    session = world.open(writable=False)
    at = session.geometry.cell_offset(end, slot)
    session.close()
    world.disk.flip(PATH, at + 40)
    found = checked(world)
    assert (0, 1) == found[:2]
    assert not found.whole


def test_a_new_file_has_two_cells_of_the_four():
    world = World(1)
    assert (0, 0) == checked(world, 0)[:2]
    session = world.open(writable=False)
    other, own = (session.geometry.cell_offset(1, slot) for slot in (1, 0))
    session.close()
    world.disk.flip(PATH, other + 40)
    assert 0 == checked(world, 0).cells
    world.disk.flip(PATH, own + 40)
    assert 1 == checked(world, 0).cells


def test_after_the_first_save_there_are_four():
    world = lived(commits=1, volumes=1)
    session = world.open(writable=False)
    at = session.geometry.cell_offset(1, 1)
    session.close()
    assert 0 == checked(world, 0).cells
    world.disk.flip(PATH, at + 40)
    assert 1 == checked(world, 0).cells


@pytest.mark.parametrize("end", [0, 1])
def test_the_newest_cell_must_stand_in_both_places(end):
    world = lived()
    session = world.open(writable=False)
    geometry, newest = session.geometry, session._cell
    at = geometry.cell_offset(end, newest.commit % 2)
    session.close()
    holder = KeyHolder(world)
    older = Cell(newest.commit - 2, newest.epoch - 2, 1, bytes(16))
    world.disk.damage(PATH, at, sealed_cell(holder, older, end))
    holder.leave()
    assert (0, 1) == checked(world)[:2]


def sealed_cell(holder, cell, end):
    return seal_cell(cell, holder.key, end=end, slot=cell.commit % 2, random=holder.random)


def test_the_other_slot_may_hold_any_older_commit():
    world = lived()
    session = world.open(writable=False)
    file, geometry, key = session._ring.file, session.geometry, session._ring.cell_key
    newest = session._cell
    assert 0 == damaged_cells(file, geometry, newest, key)
    assert 2 == damaged_cells(file, geometry, newest._replace(epoch=newest.epoch + 1), key)
    assert 2 == damaged_cells(file, geometry, newest._replace(commit=newest.commit + 1), key)
    session.close()


def test_a_cell_that_the_disk_refuses_counts():
    world = lived()
    session = world.open(writable=False)
    refused = session.geometry.cell_offset(0, 1)

    class Refusing:
        def __getattr__(self, name):
            return getattr(session._ring.file, name)

        def pread(self, offset, length):
            if offset == refused:
                raise Damaged("no")
            assert CELL_UNIT == length
            return session._ring.file.pread(offset, length)

    found = damaged_cells(Refusing(), session.geometry, session._cell, session._ring.cell_key)
    assert 1 == found
    session.close()


def test_of_a_volume_that_cannot_be_used_only_the_cells_are_looked_at():
    world = lived()
    session = world.open(writable=False)
    volume = session.volumes[0]
    volume.state = None
    assert (0, 0, 0) == session.check_copies(0)
    session.close()
