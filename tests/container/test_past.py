"""What a level's rows tell of past saves, and how many rows make its reserve wide again."""

from __future__ import annotations

import pytest

from container.worlds import World, payloads
from vault.container.block import MEDIA, PAGE
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
