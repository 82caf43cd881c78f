"""Damage of bytes: detected, costs its block, the rest readable."""

from __future__ import annotations

import pytest

from container.worlds import PATH, World, payloads, read_all, told
from seam.memory import MemoryDisk
from vault.container.block import PAGE, BlockLost


def made() -> World:
    contents = [payloads(12, seed=level) for level in range(3)]
    world = World(3, disk=MemoryDisk(), contents=contents)
    session = world.open()
    for number in range(3):
        for level in range(3):
            world.put(session, level, {(PAGE, 0, number): b"page %d" % number})
        world.commit(session)
    session.close()
    return world


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_bit_of_a_data_block_counts_and_costs_that_block(level):
    world = made()
    session = world.open(writable=False)
    volume = session.volumes[level]
    spot = volume.where[bytes([PAGE]) + bytes(16)]
    at = volume.reader.offset(spot >> 16, spot & 0xFFFF)
    for bit in range(0, 8 * session.geometry.sealed, 7):
        world.disk.flip(PATH, at + bit // 8, 1 << bit % 8)
        with pytest.raises(BlockLost) as caught:
            volume.get(PAGE, 0, 0)
        assert (PAGE, 0, 0) == (
            caught.value.namespace,
            caught.value.object_id,
            caught.value.number,
        )
        assert b"page 1" == volume.get(PAGE, 0, 1)
        world.disk.flip(PATH, at + bit // 8, 1 << bit % 8)
    world.check(session)
    session.close()


@pytest.mark.parametrize("copy", ["first", "last"])
def test_one_copy_of_the_newest_root_is_enough(copy):
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    row = (session.status(2).epoch - 1) % geometry.rows
    session.close()
    for share in geometry.shares:
        first = 0 if copy == "first" else share.blocks - share.root
        at = geometry.row_offset(row) + (share.first + first) * geometry.sealed
        world.disk.damage(PATH, at, bytes(share.root * geometry.sealed))
    session = world.open()
    assert [] == session.notices
    world.check(session)


def test_a_root_is_put_together_from_the_readable_parts_of_both_copies():
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    row = (session.status(2).epoch - 1) % geometry.rows
    session.close()
    for share in geometry.shares:
        assert share.root == 2
        for position in (0, share.blocks - 1):  # part 0 of the first copy, part 1 of the last
            at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
            world.disk.damage(PATH, at, bytes(geometry.sealed))
    session = world.open()
    assert [] == session.notices
    world.check(session)


def destroy_root(world: World, row: int) -> None:
    """Both copies of all levels' roots in a row."""
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    for share in geometry.shares:
        for position in (*range(share.root), *range(share.blocks - share.root, share.blocks)):
            at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
            world.disk.damage(PATH, at, bytes(geometry.sealed))


def test_without_the_root_of_a_row_its_blocks_headers_name_them():
    world = made()
    session = world.open(writable=False)
    newest = (session.status(2).epoch - 1) % session.geometry.rows
    rows = {spot >> 16 for volume in session.volumes for spot in volume.where.values()} - {newest}
    session.close()
    assert rows
    for row in sorted(rows):
        destroy_root(world, row)
    session = world.open()
    assert [] == session.notices
    world.check(session)
    session.commit()
    world.check(session)
    session.close()
    world.check(world.open())


def test_without_the_newest_root_the_state_before_stands_and_it_is_told():
    world = made()
    session = world.open(writable=False)
    newest = (session.status(2).epoch - 1) % session.geometry.rows
    session.close()
    destroy_root(world, newest)
    session = world.open()
    for volume in session.volumes:
        reading = read_all(volume)
        assert b"page 1" == reading.content[PAGE, 0, 1]
        assert (PAGE, 0, 2) not in reading.content
        assert told(session, f"Volume {volume.level + 1}: 1 rows were written without it")
    session.close()


@pytest.mark.parametrize("length", [1, 4096, 100_000])
def test_a_zeroed_range_costs_what_stood_there_and_nothing_else(length):
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    spots = {
        (volume.level, name): volume.reader.offset(spot >> 16, spot & 0xFFFF)
        for volume in session.volumes
        for name, spot in volume.where.items()
    }
    newest = geometry.row_offset((session.status(2).epoch - 1) % geometry.rows)
    session.close()
    raw = world.disk.read(PATH)
    for start in range(geometry.row_offset(55), geometry.tail_offset - length, 61_001):
        if start < newest + geometry.pitch and newest < start + length:
            continue
        world.disk.put(PATH, raw)
        world.disk.damage(PATH, start, bytes(length))
        hit = {
            key for key, at in spots.items() if at < start + length and start < at + geometry.sealed
        }
        session = world.open(writable=False)
        for volume in session.volumes:
            names = {name for level, name in hit if level == volume.level}
            reading = read_all(volume)
            kept = world.kept[volume.level]
            assert len(kept) - len(names) == len(reading.content)
            assert reading.content.items() <= kept.items()
        session.close()


def test_damage_between_the_units_is_not_even_noticed():
    """Filler, unused slots, the random tail: nothing reads them."""
    world = made()
    session = world.open()
    geometry = session.geometry
    session.close()
    blocks = sum(share.blocks for share in geometry.shares)
    for row in range(geometry.rows):
        start = geometry.row_offset(row) + blocks * geometry.sealed
        world.disk.damage(PATH, start, bytes(geometry.pitch - blocks * geometry.sealed))
    session = world.open()
    assert [] == session.notices
    world.check(session)


def test_all_back_cells_and_the_back_head_may_be_gone():
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    world.disk.damage(PATH, geometry.edge_offset(1), bytes(geometry.edge))
    session = world.open()
    assert [] == session.notices
    world.check(session)


def test_front_cells_gone_the_back_ones_stand_in_silently():
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    world.disk.damage(PATH, geometry.cell_offset(0, 0), bytes(4096))
    world.disk.damage(PATH, geometry.cell_offset(0, 1), bytes(4096))
    session = world.open()
    assert not told(session, "cannot be read")
    world.check(session)
