"""A volume that cannot be used is left out, and nothing is asked of it that it does not have."""

from __future__ import annotations

import pytest

from container.worlds import PATH, World, payloads
from seam.small import SMALL_LENGTH, small_geometry
from vault.container import session as session_module
from vault.container.block import MEDIA, PAGE, BlockLost
from vault.container.layout import choose_rows
from vault.container.new_volume import NewVolume
from vault.container.past import rows_to_refill
from vault.container.recovery import _Search
from vault.container.share_io import ShareReader
from vault.container.state import Findings
from vault.errors import ContainerError, ContainerFull


@pytest.fixture
def session():
    """Level 0 was destroyed by somebody; level 1 is as it was."""
    world = World(2, contents=[payloads(8, seed=level) for level in range(2)])
    with_all = world.open()
    geometry = with_all.geometry
    world.put(with_all, 1, {(PAGE, 0, 0): b"page"})
    world.commit(with_all)
    with_all.close()
    size = geometry.shares[0].blocks * geometry.sealed
    for row in range(geometry.rows):
        world.disk.damage(PATH, geometry.row_offset(row), world.random(size))
    session = world.open()
    yield session
    session.close()


def test_it_is_counted_as_empty_and_nothing_of_it_is_read(session):
    volume = session.volumes[0]
    assert [False, True] == [one.usable for one in session.volumes]
    assert {} == volume.where
    assert not volume.is_empty  # nothing is known of it
    assert not volume.has(MEDIA, 0, 0)
    with pytest.raises(BlockLost):
        volume.get(MEDIA, 0, 0)
    with pytest.raises(ValueError, match="0"):
        volume.held  # noqa: B018
    for read in (volume.open_spots, volume.sealers):
        with pytest.raises(ValueError, match="0"):
            list(read(0, 1))
    assert (0, 64) == (volume.lag(65), volume.free_rows(65))


def test_status_and_history_say_nothing_of_it(session):
    status = session.status(0)
    assert (0, 0, 0) == (status.lag, status.refill, status.used)
    assert 0 == rows_to_refill(session.volumes[0], 65)
    assert [(0, 0, 0), (1, 1, 0)] == [tuple(one) for one in session.saves_in_file(PAGE, 0, 0)]


def test_commits_go_on_without_it(session):
    session.volumes[1].put(PAGE, 0, 0, b"other")
    session.commit()
    assert b"other" == session.volumes[1].get(PAGE, 0, 0)
    assert not session.volumes[0].usable


def test_whole_is_what_has_none_of_all_findings():
    assert Findings().whole
    assert Findings(unfinished=True).whole
    for found in (Findings(altered=True), Findings(lost=1), Findings(gone=True)):
        assert not found.whole


# What does not fit


def test_more_than_one_step_can_save_is_refused_and_nothing_is_written():
    world = World(1)
    session = world.open()
    limit = session.top.batch_limit()
    world.put(session, 0, {(MEDIA, 0, number): b"x" for number in range(limit + 1)})
    before = world.disk.read(PATH)
    with pytest.raises(ContainerError) as caught:
        session.commit()
    assert (limit + 1, limit) == (caught.value.values["blocks"], caught.value.values["limit"])
    assert before == world.disk.read(PATH)
    session.volumes[0].drop(MEDIA, 0, 0)
    world.staged[0][MEDIA, 0, 0] = None
    world.commit(session)
    world.check(session)
    session.close()


def test_moving_what_is_there_ends_after_two_rounds(monkeypatch):
    world = World(1, contents=[payloads(9)])
    session = world.open()

    def nothing_fits(volumes, geometry, epoch, *, carry):
        return None if carry else choose_rows(volumes, geometry, epoch, carry=False)

    monkeypatch.setattr(session_module, "choose_rows", nothing_fits)
    world.put(session, 0, {(PAGE, 0, 0): b"new"})
    before = session.status(0).epoch
    with pytest.raises(ContainerFull):
        session.commit()
    assert 2 * 64 < session.status(0).epoch - before <= 2 * 64 + 4
    session.close()
    monkeypatch.undo()
    world.forget()
    world.check(world.open())


# Volumes to come, and roots that do not fit


def test_a_volume_to_come_without_an_old_one_has_nothing_to_open():
    geometry = small_geometry(SMALL_LENGTH)
    world = World(1)
    volume = NewVolume(world.disk.open(PATH), geometry, 0, b"k" * 32)
    assert [] == list(volume.open_spots(0, 3))
    volume.leave_out([b"x" * 17])
    assert {} == volume.where
    assert isinstance(volume.source, ShareReader)


def test_an_old_root_is_not_taken_where_too_much_had_to_be_opened():
    world = World(2, contents=[payloads(30, seed=level) for level in range(2)])
    session = world.open()
    world.put(session, 1, {(PAGE, 0, 0): b"page"})
    world.commit(session)
    session.close()
    world.foreign_rows(60)
    session = world.open(writable=False)
    search = _Search(session.volumes[1].reader, session._cell)
    # What stood in rows that were written since is looked for block by block.
    assert search.newest(Findings())
    search._to_open = 0
    assert search.newest(Findings()) is None
    session.close()
