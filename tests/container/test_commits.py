"""What a commit writes, how many rows it takes, and when it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from container.crashes import fill
from container.worlds import PATH, World, open_level, payloads, read_all, told
from seam.memory import MemoryDisk
from seam.recording import RecordingDisk
from seam.small import SMALL_LENGTH, small_geometry
from vault.container import commit, layout
from vault.container.block import MEDIA, PAGE, RECORD, BlockLost, block_name
from vault.container.layout import choose_rows, clean_rows
from vault.container.state import SPOT_BITS
from vault.errors import ContainerError, ContainerFull

SMALL = small_geometry(SMALL_LENGTH)


def epochs(session) -> int:
    return session.status(0).epoch


def test_what_is_committed_is_there_after_reopening():
    world = World(3)
    session = world.open()
    for level in range(3):
        world.put(session, level, {(PAGE, 0, 0): b"page", (RECORD, 0, level): b""})
    world.commit(session)
    world.check(session)
    session.close()
    world.check(world.open())


def test_what_is_staged_is_seen_at_once_and_forgotten_by_rollback():
    world = World(1, contents=[{(PAGE, 0, 0): b"old", (PAGE, 0, 1): b"kept"}])
    session = world.open()
    session.top.put(PAGE, 0, 0, b"new")
    session.top.put(PAGE, 0, 5, b"five")
    session.top.drop(PAGE, 0, 1)
    assert b"new" == session.top.get(PAGE, 0, 0)
    assert [0, 5] == session.top.numbers(PAGE, 0)
    assert not session.top.has(PAGE, 0, 1)
    assert [1, 2, 3, 4] == list(session.top.absent(PAGE, 0, 6))
    with pytest.raises(BlockLost):
        session.top.get(PAGE, 0, 1)
    session.rollback()
    world.check(session)
    assert (0, 2) == (session.top.pending_blocks(), session.top.used)


def test_what_is_staged_is_gone_when_the_session_is_closed():
    world = World(1)
    session = world.open()
    session.top.put(PAGE, 0, 0, b"never committed")
    session.close()
    world.check(world.open())


def test_an_idle_commit_writes_one_row_and_keeps_everything():
    world = World(3, contents=[payloads(4, seed=level) for level in range(3)])
    session = world.open()
    for _ in range(70):
        before = epochs(session)
        session.commit()
        assert before + 1 == epochs(session)
    world.check(session)
    session.close()
    world.check(world.open())


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_k_is_the_fewest_rows_that_hold_what_is_staged(rows):
    world = World(3)
    session = world.open()
    share = SMALL.shares[2].data
    for count in (share * (rows - 1) + 1, share * rows):
        before = epochs(session)
        world.put(session, 2, {(MEDIA, 0, number): b"x" for number in range(count)})
        world.commit(session)
        assert before + rows == epochs(session)
    world.check(session)


def test_one_commit_carries_half_the_reserve_in_rows_and_no_more():
    world = World(1)
    session = world.open()
    limit = session.top.batch_limit()
    assert SMALL.reserve // 2 * SMALL.shares[0].data == limit
    world.put(session, 0, {(MEDIA, 0, number): b"x" for number in range(limit)})
    world.commit(session)
    session.close()
    session = world.open()
    before = epochs(session)
    for number in range(limit + 1):
        session.top.put(MEDIA, 0, number, b"y")
    with pytest.raises(ContainerError) as caught:
        session.commit()
    assert {"blocks": limit + 1, "limit": limit} == caught.value.values
    assert before == epochs(session)
    session.rollback()
    world.check(session)
    session.commit()
    world.check(session)


def test_a_larger_share_needs_fewer_rows_and_the_smallest_decides():
    world = World(3)
    session = world.open()
    before = epochs(session)
    world.put(session, 2, {(MEDIA, 0, number): b"x" for number in range(11)})
    world.put(session, 0, {(MEDIA, 0, number): b"x" for number in range(11)})
    world.commit(session)
    assert before + 3 == epochs(session)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_rows_are_never_more_than_the_clean_ones_ahead(data):
    """And never more than R/2; without clean rows it is one."""
    world = World(2, contents=[{}, payloads(data.draw(st.integers(0, 120)))])
    world.foreign_rows(data.draw(st.integers(0, 63)))
    session = world.open()
    count = data.draw(st.integers(0, session.top.batch_limit()))
    for number in range(min(count, session.top.room(media=False))):
        session.top.put(RECORD, 0, number, b"x")
    clean = clean_rows(session.volumes, epochs(session))
    for carry in (True, False):
        rows = choose_rows(session.volumes, SMALL, epochs(session), carry=carry)
        assert carry or rows is not None
        if rows is not None:
            assert 1 <= rows <= min(SMALL.max_commit_rows, max(clean, 1))


def test_live_blocks_of_the_next_rows_are_placed_before_new_ones():
    world = World(2, contents=[{}, payloads(18)])
    world.foreign_rows(59)
    session = world.open()
    assert session.top.free_rows(epochs(session)) == 3
    world.put(session, 1, {(PAGE, 0, 0): b"new"})
    world.commit(session)
    order = sorted(session.top.where, key=session.top.where.__getitem__)
    assert [
        *(block_name(MEDIA, 0, number) for number in range(18)),
        block_name(PAGE, 0, 0),
    ] == order
    assert session.top.free_rows(epochs(session)) >= SMALL.reserve
    world.check(session)


def test_working_ahead_fills_every_row_while_there_is_something_to_move(monkeypatch):
    world = World(1, contents=[payloads(60)])
    session = world.open()
    share = SMALL.shares[0].data
    for _ in range(SMALL.rows):
        row = epochs(session) % SMALL.rows
        session.commit()
        assert session.top.state.table[row].count == share
    # Sixty blocks in full rows of five stand in the twelve newest rows.
    assert SMALL.rows - 60 // share == session.top.free_rows(epochs(session))


def test_evacuation_skips_what_the_commit_replaces():
    """A replaced block is not moved as well: its name stands once, with the new content."""
    world = World(1, contents=[payloads(5)])
    session = world.open()
    names = list(world.kept[0])
    world.put(session, 0, dict.fromkeys(names, b"new"))
    world.commit(session)
    rows = {spot >> SPOT_BITS for spot in session.top.where.values()}
    assert {0} == rows
    assert sum(row.count for row in session.top.state.table) == 5
    world.check(session)


def test_a_dropped_block_is_not_moved():
    world = World(1, contents=[payloads(5)])
    session = world.open()
    world.drop(session, 0, list(world.kept[0])[:3])
    world.commit(session)
    assert sum(row.count for row in session.top.state.table) == 2
    world.check(session)


def crowded(part: float = 0.6) -> tuple[World, object]:
    world = World(3)
    session = world.open()
    fill(world, session, part=part)
    return world, session


@pytest.fixture
def saves(monkeypatch):
    """What was chosen for each save, and what was written: whether it carries, and its rows."""
    chosen, written = [], []
    choose, write = layout.choose_rows, commit.write_commit

    def noted(volumes, geometry, epoch, *, carry):
        rows = choose(volumes, geometry, epoch, carry=carry)
        if rows:
            chosen.append((carry, rows))
        return rows

    def noting(ring, cell, volumes, rows, *, carry):
        written.append((carry, rows))
        return write(ring, cell, volumes, rows, carry=carry)

    monkeypatch.setattr("vault.container.session.choose_rows", noted)
    monkeypatch.setattr("vault.container.session.write_commit", noting)
    return chosen, written


def test_commits_that_only_move_go_before_where_room_is_lacking(saves):
    world, session = crowded()
    chosen, written = saves
    for _ in range(14):
        for volume in session.volumes:
            held = sorted(world.kept[volume.level])
            names = world.rng.sample(held, volume.batch_limit())
            world.put(session, volume.level, dict.fromkeys(names, b"new"))
        world.commit(session)
        world.check(session)
        assert not told(session, "reserve is used up")
    assert chosen == written
    assert {False, True} == {carry for carry, _ in written}


@pytest.mark.parametrize("clean", [2, 3])
def test_they_write_as_many_rows_as_are_clean_where_few_are(saves, clean):
    world = World(2, contents=[{}, payloads(200)])
    session = world.open()
    beyond = session.volumes[1].free_rows(session.status(1).epoch)
    session.close()
    world.foreign_rows(beyond - clean, level=0)
    chosen, written = saves
    chosen.clear()
    written.clear()
    session = world.open()
    world.put(session, 1, payloads(session.top.batch_limit(), seed=7))
    world.commit(session)
    world.check(session)
    assert chosen == written
    assert (False, clean) in written


def test_media_fill_three_quarters_and_the_rest_seven_eighths():
    world = World(1)
    session = world.open()
    capacity = (64 - 8) * 5
    assert capacity * 3 // 4 == session.top.room(media=True)
    assert capacity * 7 // 8 == session.top.room(media=False)
    fill(world, session, part=1.0)
    assert session.top.room(media=True) == 0
    with pytest.raises(ContainerFull):
        session.top.put(MEDIA, 1, 0, b"one more")
    for number in range(session.top.room(media=False)):
        world.put(session, 0, {(RECORD, 0, number): b"r"})
        if session.top.pending_blocks() == session.top.batch_limit():
            world.commit(session)
    with pytest.raises(ContainerFull):
        session.top.put(RECORD, 1, 0, b"one more")
    world.commit(session)
    world.check(session)
    status = session.status(0)
    assert (0, 0) == (status.media_room, status.other_room)


def test_a_full_volume_can_be_changed_and_emptied():
    world = World(1)
    session = world.open()
    fill(world, session, part=1.0)
    name = next(iter(world.kept[0]))
    for turn in range(100):
        world.put(session, 0, {name: b"%d" % turn})
        world.commit(session)
    world.drop(session, 0, [one for one in world.kept[0] if one != name])
    world.commit(session)
    assert session.top.used == 1
    assert (64 - 8) * 5 * 3 // 4 - 1 == session.top.room(media=True)
    world.check(session)


def test_room_counts_what_is_staged():
    session = World(1, contents=[{(MEDIA, 0, 0): b"", (MEDIA, 0, 1): b""}]).open()
    top = session.top
    start = top.room(media=True)
    top.put(MEDIA, 0, 2, b"")
    top.put(MEDIA, 0, 2, b"again")
    assert start - 1 == top.room(media=True)
    top.put(MEDIA, 0, 0, b"replaced")
    assert start - 1 == top.room(media=True)
    top.drop(MEDIA, 0, 2)
    top.drop(MEDIA, 0, 2)
    assert start == top.room(media=True)
    top.drop(MEDIA, 0, 0)
    assert start + 1 == top.room(media=True)
    top.put(MEDIA, 0, 0, b"back")
    assert start == top.room(media=True)
    top.drop(MEDIA, 9, 9)
    assert start == top.room(media=True)


def test_status_at_a_level_is_the_same_whatever_is_above():
    seen = []
    for volumes in (1, 2, 3):
        above = [payloads(100, seed=level) for level in range(1, volumes)]
        world = World(volumes, contents=[payloads(20), *above])
        session = world.open(0)
        for number in range(5):
            session.top.put(PAGE, 0, number, b"x")
            session.commit()
        seen.append((session.status(0), session.notices, read_all(session.top)))
    assert seen[0] == seen[1] == seen[2]


def test_a_payload_of_exactly_one_block_fits_and_one_byte_more_does_not():
    session = World(1).open()
    session.top.put(PAGE, 0, 0, b"x" * 1024)
    session.commit()
    assert b"x" * 1024 == session.top.get(PAGE, 0, 0)
    with pytest.raises(ValueError, match="1025"):
        session.top.put(PAGE, 0, 0, b"x" * 1025)


def test_a_run_is_read_in_order_across_rows_and_staged_blocks():
    world = World(1, contents=[payloads(40)])
    session = world.open()
    session.top.put(MEDIA, 0, 7, b"staged")
    expected = [world.kept[0][MEDIA, 0, number] for number in range(40)]
    expected[7] = b"staged"
    assert expected == [bytes(part) for part in session.top.read_run(MEDIA, 0, 0, 40)]
    assert expected[5:9] == [bytes(part) for part in session.top.read_run(MEDIA, 0, 5, 4)]
    with pytest.raises(BlockLost) as caught:
        list(session.top.read_run(MEDIA, 0, 38, 5))
    assert caught.value.number == 40


def test_objects_and_numbers_are_ascending_and_count_what_is_staged():
    session = World(
        1, contents=[{(MEDIA, 5, 2): b"", (MEDIA, 5, 1): b"", (PAGE, 0, 9): b""}]
    ).open()
    session.top.put(MEDIA, 3, 4, b"")
    session.top.drop(MEDIA, 5, 1)
    assert [3, 5] == session.top.objects(MEDIA)
    assert [2] == session.top.numbers(MEDIA, 5)
    assert [] == session.top.numbers(MEDIA, 6)
    assert [9] == session.top.numbers(PAGE, 0)


def test_a_session_for_reading_refuses_to_commit():
    session = World(1).open(writable=False)
    session.top.put(PAGE, 0, 0, b"x")
    with pytest.raises(ContainerError):
        session.commit()


def test_reading_writes_nothing():
    memory = MemoryDisk()
    world = World(3, disk=memory, contents=[payloads(9, seed=level) for level in range(3)])
    before = memory.read(PATH)
    for level in range(3):
        disk = RecordingDisk(memory)
        session = open_level(disk, level, writable=False)
        world.check(session)
        session.status(level)
        list(session.top.read_run(MEDIA, level, 0, 9))
        session.rollback()
        session.close()
        assert ["open-read", "lock-shared", "close"] == [op.op for op in disk.ops]
    assert before == memory.read(PATH)
