"""Rows written by sessions that open less: lag, the reserve shown, and what is lost beyond it."""

from __future__ import annotations

import pytest

from container.crashes import fill
from container.worlds import PATH, World, payloads, read_all, told
from seam.memory import MemoryDisk
from seam.small import SMALL_LENGTH, small_geometry
from vault.container.block import PAGE, parse_name
from vault.container.state import SPOT_BITS

SMALL = small_geometry(SMALL_LENGTH)


def prepared(part: float) -> World:
    """Three volumes, filled to a part of what media may take, and closed."""
    world = World(3, disk=MemoryDisk(), seed=3)
    session = world.open()
    fill(world, session, part=part)
    for _ in range(5):
        world.stir(session, most=2)
        world.commit(session)
    session.close()
    return world


class Before:
    """What can be said before others write: the reserve shown, and which row holds what."""

    def __init__(self, world: World) -> None:
        session = world.open(writable=False)
        self.epoch = session.status(0).epoch
        self.shown = [session.status(level).reserve for level in range(3)]
        self.rows = [
            {parse_name(name): spot >> SPOT_BITS for name, spot in volume.where.items()}
            for volume in session.volumes
        ]
        session.close()

    def lost(self, level: int, rows: int) -> set[tuple[int, int, int]]:
        """Blocks that stand in the rows which others write."""
        written = {(self.epoch + ahead) % SMALL.rows for ahead in range(rows)}
        return {name for name, row in self.rows[level].items() if row in written}


@pytest.mark.parametrize("part", [0.1, 0.5, 1.0])
def test_nothing_is_lost_up_to_the_reserve_shown_and_beyond_it_exactly_the_predicted(part):
    """0 … 2S rows without the upper volumes, in steps; each looked at on a copy."""
    world = prepared(part)
    before = Before(world)
    assert all(shown > 0 for shown in before.shown)
    others = world.open(0)
    kept = world.kept
    for rows in range(2 * SMALL.rows + 1):
        if rows:
            others.commit()
        near = any(abs(rows - shown) < 6 for shown in before.shown[1:])
        if not (near or rows % 8 == 0):
            continue
        copy = World.__new__(World)
        copy.__dict__.update(world.__dict__, disk=world.disk.fork())
        session = copy.open(writable=False)
        for level in (1, 2):
            check_level(session, level, kept[level], before, rows)
        session.close()
    others.close()


def check_level(session, level, kept, before, rows):
    volume = session.volumes[level]
    if rows >= SMALL.rows:
        assert volume.findings.gone
        assert told(session, f"Volume {level + 1}: wholly overwritten")
        assert not volume.usable
        return
    lost = before.lost(level, rows)
    reading = read_all(volume)
    assert {name: data for name, data in kept.items() if name not in lost} == reading.content
    assert not reading.lost
    assert len(lost) == volume.findings.lost
    assert not volume.findings.altered
    if rows <= before.shown[level]:
        assert not lost
    assert rows == session.status(level).lag
    if rows:
        assert told(session, f"Volume {level + 1}: {rows} rows were written without it")
    if lost:
        assert told(session, f"Volume {level + 1}: {len(lost)} blocks cannot be read")


def test_an_unfinished_commit_of_others_is_within_the_reserve_shown():
    """The rows that status shows, and R/2 more that a cut commit wrote unseen."""
    world = prepared(0.6)
    before = Before(world)
    shown = min(before.shown)
    world.foreign_rows(shown)
    others = world.open(0)
    raw = bytearray(world.disk.read(PATH))
    epoch = others.status(0).epoch
    others.close()
    for ahead in range(SMALL.max_commit_rows):
        start = SMALL.row_offset((epoch + ahead) % SMALL.rows)
        raw[start : start + SMALL.pitch] = world.random(SMALL.pitch)
    world.disk.put(PATH, bytes(raw))
    world.check(world.open(), levels=[1, 2])


def test_lag_is_told_while_there_is_some_and_gone_after_a_commit():
    world = World(3, contents=[payloads(4, seed=level) for level in range(3)])
    session = world.open()
    assert not told(session, "rows were written without it")
    session.close()
    world.foreign_rows(3, level=1)
    session = world.open()
    assert [0, 0, 3] == [session.status(level).lag for level in range(3)]
    assert told(session, "Volume 3: 3 rows were written without it")
    session.commit()
    assert [0, 0, 0] == [session.status(level).lag for level in range(3)]
    session.close()
    assert [] == world.open().notices


def test_a_commit_after_lag_moves_what_is_in_danger_first():
    world = prepared(0.5)
    world.foreign_rows(min(Before(world).shown))
    session = world.open()
    assert session.status(2).reserve < SMALL.reserve
    for _ in range(40):
        session.commit()
    assert session.status(2).reserve >= SMALL.reserve // 2
    world.check(session)


def test_losses_are_told_once_and_the_next_commit_goes_on():
    world = prepared(0.5)
    before = Before(world)
    rows = before.shown[2] + SMALL.max_commit_rows + 3
    world.foreign_rows(rows)
    for level in (1, 2):
        for name in before.lost(level, rows):
            del world.kept[level][name]
    session = world.open()
    assert told(session, "cannot be read any more")
    world.put(session, 2, {(PAGE, 7, 7): b"after"})
    world.commit(session)
    world.check(session)
    session.close()
    session = world.open()
    assert [] == session.notices
    world.check(session)


def test_a_volume_wholly_overwritten_restarts_only_when_asked_for():
    world = World(2, contents=[{}, payloads(5)])
    world.foreign_rows(SMALL.rows)
    session = world.open()
    assert told(session, "Volume 2: wholly overwritten")
    assert not session.top.usable
    assert not session.top.has(PAGE, 0, 0)
    session.close()
    session = world.open(allow_altered=True)
    world.kept[1] = {}
    world.put(session, 1, {(PAGE, 0, 0): b"anew"})
    world.commit(session)
    world.check(session)
    session.close()
    session = world.open()
    assert [] == session.notices
    world.check(session)


def test_what_is_live_when_the_reserve_is_used_up_is_kept_in_place():
    """Rows in use are written over with their own content: nothing is lost without a power cut."""
    world = prepared(0.9)
    before = Before(world)
    world.foreign_rows(before.shown[2] + SMALL.max_commit_rows - 1)
    session = world.open()
    for _ in range(3 * SMALL.rows):
        world.stir(session, most=1)
        world.commit(session)
    world.check(session)
    session.close()
    world.check(world.open())


@pytest.mark.parametrize("each", [1, 2, 3, 5])
def test_others_may_write_g_rows_for_each_own_one_while_live_stays_below_the_bound(each):
    """Live ≤ D·S/(g+1), less what the last rows hold: nothing is lost, for ever."""
    bound = SMALL.shares[1].data * SMALL.rows // (each + 1)
    world = World(2, contents=[{}, payloads(bound * 3 // 4, size=9)], seed=each)
    session = world.open()
    for _ in range(80):
        session.commit()
    session.close()
    for _ in range(2 * SMALL.rows // each):
        world.foreign_rows(each)
        session = world.open()
        session.commit()
        session.close()
    session = world.open()
    assert not session.top.findings.lost
    world.check(session)
