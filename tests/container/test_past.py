"""What a level's rows tell of past saves, and how many rows make its reserve wide again."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.worlds import PATH, World, payloads
from vault.container.block import MEDIA, PAGE, block_name
from vault.container.past import rows_to_refill

WATCHED = (PAGE, 0, 0)


def lived(fill=120):
    return World(3, contents=[payloads(fill, seed=level) for level in range(3)])


def at_best(session, volume):
    live = len(volume.where)
    return session.geometry.rows - 1 - -(-live // volume.row_blocks)


@pytest.mark.parametrize("fill", [0, 1, 40, 150])
@pytest.mark.parametrize("without", [0, 5, 30])
def test_so_many_rows_bring_the_reserve_to_its_best_and_no_fewer(fill, without):
    world = World(2, contents=[payloads(fill, seed=level) for level in range(2)])
    below = world.open(0)
    for number in range(without):
        world.put(below, 0, {(PAGE, 0, number % 3): b"%d" % number})
        world.commit(below)
    below.close()
    session = world.open()
    volume = session.top
    epoch = session.status(1).epoch
    refill = session.status(1).refill
    before = volume.free_rows(epoch)
    assert refill == 0 or before < at_best(session, volume)
    while (left := rows_to_refill(volume, session.status(1).epoch)) > 0:
        assert volume.free_rows(session.status(1).epoch) < at_best(session, volume)
        session.commit()
        assert rows_to_refill(volume, session.status(1).epoch) == left - 1
        refill -= 1
    assert 0 == refill
    assert at_best(session, volume) <= volume.free_rows(session.status(1).epoch)
    session.close()


def test_saves_that_change_a_level_are_told_from_those_that_do_not():
    world = lived()
    session = world.open()
    for number in range(6):
        world.put(session, 1, {WATCHED: b"%d" % number})
        world.commit(session)
        world.put(session, 2, {(MEDIA, 9, number): b"x"})
        world.commit(session)
    found = session.saves_in_file(*WATCHED)
    assert [(0, 12, 12), (1, 12, 6), (2, 12, 12)] == [tuple(one) for one in found]
    session.close()


def test_a_block_that_is_only_moved_is_no_change():
    world = lived(100)
    session = world.open()
    world.put(session, 0, {WATCHED: b"once"})
    world.commit(session)
    for _ in range(80):
        session.commit()
    (found, *_) = session.saves_in_file(*WATCHED)
    assert 1 >= found.seen - found.unchanged
    assert 30 < found.seen
    session.close()


def test_the_making_of_the_file_is_no_save():
    session = lived().open()
    assert [(0, 0, 0), (1, 0, 0), (2, 0, 0)] == [
        tuple(one) for one in session.saves_in_file(*WATCHED)
    ]
    session.close()


def test_saves_made_without_a_level_are_not_among_its_own():
    world = lived()
    below = world.open(0)
    for number in range(4):
        world.put(below, 0, {WATCHED: b"%d" % number})
        world.commit(below)
    below.close()
    session = world.open()
    assert [(4, 0), (0, 0), (0, 0)] == [
        (one.seen, one.unchanged) for one in session.saves_in_file(*WATCHED)
    ]
    session.close()


def test_a_save_of_several_rows_is_one_and_those_rows_may_hold_nothing_of_what_is_watched():
    world = lived(0)
    session = world.open()
    rows = []
    for changes in ({}, {}, {WATCHED: b"1"}, {}, {WATCHED: b"2"}, {}):
        blocks = {(MEDIA, 9, block): b"x" for block in range(12)}
        world.put(session, 0, blocks | changes)
        before = session.status(0).epoch
        world.commit(session)
        rows.append(session.status(0).epoch - before)
    assert [3] * 6 == rows
    assert (0, 6, 4) == tuple(session.saves_in_file(*WATCHED)[0])
    session.close()


def test_a_block_that_cannot_be_read_is_no_change_and_stops_nothing():
    world = lived(0)
    session = world.open()
    for number in range(5):
        world.put(session, 1, {WATCHED: b"%d" % number})
        world.commit(session)
        if number == 2:
            spot = session.volumes[1].where[block_name(*WATCHED)]
    assert (1, 5, 0) == tuple(session.saves_in_file(*WATCHED)[1])
    world.disk.flip(PATH, session.volumes[1].reader.offset(spot >> 16, spot & 0xFFFF) + 40)
    assert (1, 5, 1) == tuple(session.saves_in_file(*WATCHED)[1])
    session.close()


def written_by_hand(counts, data):
    """Write row after row of a ring that is known; tell after how many enough ahead are empty."""
    ahead = list(counts)
    wanted = len(counts) - 1 - math.ceil(sum(counts) / data)
    for written in range(len(counts) + 1):
        empty = next((at for at, count in enumerate(ahead) if count), len(ahead))
        if empty >= wanted:
            return written
        room = data - ahead.pop(0)
        for at, count in enumerate(ahead):
            moved = min(room, count)
            ahead[at] -= moved
            room -= moved
    raise AssertionError


@given(
    st.integers(1, 5).flatmap(
        lambda data: st.tuples(
            st.just(data), st.lists(st.integers(0, data) | st.just(0), min_size=1, max_size=12)
        )
    ),
    st.integers(0, 30),
)
def test_rows_are_counted_as_when_they_are_written_one_by_one(ring, epoch):
    data, counts = ring
    table = [
        SimpleNamespace(count=counts[(row - epoch) % len(counts)]) for row in range(len(counts))
    ]
    volume = SimpleNamespace(
        state=SimpleNamespace(table=table),
        reader=SimpleNamespace(
            geometry=SimpleNamespace(rows=len(counts)), share=SimpleNamespace(data=data)
        ),
    )
    assert written_by_hand(counts, data) == rows_to_refill(volume, epoch)
