"""What a commit moves: read in runs, and what cannot be read is given up, in the map as well."""

from __future__ import annotations

from container.checks import in_place_after
from container.worlds import PATH, World, open_level, payloads, read_all, texts
from seam.recording import RecordingDisk
from vault.container.block import MEDIA, parse_name


def live_by_row(volume):
    """Bits of the positions where the blocks of a volume stand."""
    bits = [0] * 64
    for spot in volume.where.values():
        bits[spot >> 16] |= 1 << (spot & 0xFFFF)
    return bits


def damage(world, volume, name):
    spot = volume.where[name]
    world.disk.flip(PATH, volume.reader.offset(spot >> 16, spot & 0xFFFF) + 40)


def test_blocks_side_by_side_are_read_at_once_to_be_moved():
    world = World(3, contents=[{}, {}, payloads(11)])
    disk = RecordingDisk(world.disk)
    session = open_level(disk, 2)
    disk.clear()
    session.commit()
    assert 11 == session.top.state.table[0].count, "all moved to the first row"
    assert [11 * 1084] == [op.length for op in disk.reads]
    world.check(session)
    session.close()


def test_a_block_that_cannot_be_moved_is_live_no_more_and_costs_no_other():
    world = World(1, contents=[payloads(13)])
    session = world.open()
    volume = session.top
    gone = sorted(volume.where)[4]
    damage(world, volume, gone)
    session.commit()
    assert live_by_row(volume) == [row.live for row in volume.state.table]
    kept = {name: data for name, data in world.kept[0].items() if name != parse_name(gone)}
    assert (kept, set()) == read_all(volume)
    assert ["Volume 1: 1 blocks cannot be read any more. Run: amanat check"] == texts(session)
    for _ in range(3):
        session.commit()
    assert live_by_row(volume) == [row.live for row in volume.state.table]
    session.close()
    session = world.open()
    assert [] == session.notices
    assert (kept, set()) == read_all(session.top)
    session.close()


def test_a_damaged_block_that_is_to_be_forgotten_stops_no_save_in_place():
    """A save that only moves goes before, and gives it up; then there is nothing to forget."""
    world = World(2, contents=[{}, payloads(12)])
    world.foreign_rows(in_place_after(world))
    session = world.open()
    volume = session.top
    first = session.status(1).epoch % 64
    gone = min(name for name, spot in volume.where.items() if spot >> 16 == first)
    damage(world, volume, gone)
    world.drop(session, 1, [parse_name(gone)])
    world.put(session, 1, {(MEDIA, 5, 0): b"new"})
    world.commit(session)
    world.check(session)
    assert 12 == volume.used
    session.close()
    world.check(world.open(writable=False))
