"""Rows put back from an older copy of the file: they cost what stood in them, nothing newer."""

from __future__ import annotations

import pytest

from container.key_holder import history
from container.worlds import PATH, read_all, told
from vault.container.block import PAGE, parse_name
from vault.container.geometry import CELL_UNIT
from vault.container.state import SPOT_BITS
from vault.errors import RolledBack


class Rounds:
    """A container that went round the ring once; `old` is a copy from before."""

    def __init__(self) -> None:
        self.world, _ = history(2, top=400)
        session = self.world.open()
        self.old = self.world.disk.read(PATH)
        for number in range(64):
            for level in range(3):
                blocks = {(PAGE, 2, number % 20): b"round two %d" % number}
                self.world.put(session, level, blocks)
            self.world.commit(session)
        self.geometry = session.geometry
        self.newest = (session.status(2).epoch - 1) % self.geometry.rows
        self.rows = [
            {parse_name(name): spot >> SPOT_BITS for name, spot in volume.where.items()}
            for volume in session.volumes
        ]
        session.close()
        self.new = self.world.disk.read(PATH)

    def put_back(self, *rows: int) -> None:
        """The file as it is, with these rows of the older copy."""
        self.world.disk.put(PATH, self.new)
        for row in rows:
            at = self.geometry.row_offset(row)
            self.world.disk.damage(PATH, at, self.old[at : at + self.geometry.pitch])

    def put_back_cells(self, copy: bytes) -> None:
        for end in (0, 1):
            for slot in (0, 1):
                at = self.geometry.cell_offset(end, slot)
                self.world.disk.damage(PATH, at, copy[at : at + CELL_UNIT])

    def check(self, session, *rows: int) -> None:
        """All that is newest is there, but for what stood in these rows; the loss is told."""
        for volume, places in zip(session.volumes, self.rows, strict=True):
            kept = self.world.kept[volume.level]
            hit = {name for name, row in places.items() if row in rows}
            expected = {name: data for name, data in kept.items() if name not in hit}
            assert (expected, set()) == read_all(volume)
            assert volume.findings.lost == len(hit)
            assert volume.findings.altered == any(hit)
            assert told(session, f"Volume {volume.level + 1}: {len(hit)} blocks") == any(hit)
            assert session.status(volume.level).lag == 0
        assert not told(session, "rows were written without it")


@pytest.fixture(scope="module")
def rounds() -> Rounds:
    return Rounds()


def test_a_row_of_an_older_copy_costs_what_stood_in_it_and_nothing_newer(rounds):
    live = {row for places in rounds.rows for row in places.values()}
    for row in sorted(live - {rounds.newest}):
        rounds.put_back(row)
        session = rounds.world.open(writable=False)
        rounds.check(session, row)
        session.close()


def test_many_rows_of_an_older_copy_cost_what_stood_in_them(rounds):
    rows = [row for row in range(rounds.geometry.rows) if row % 3 and row != rounds.newest]
    rounds.put_back(*rows)
    session = rounds.world.open(writable=False)
    rounds.check(session, *rows)
    session.close()


def test_going_on_after_a_row_was_put_back_keeps_everything_else(rounds):
    row = sorted(set(rounds.rows[2].values()) - {rounds.newest})[-3]
    rounds.put_back(row)
    session = rounds.world.open()
    with pytest.raises(RolledBack):
        session.commit()
    session.close()
    session = rounds.world.open(allow_altered=True)
    for _ in range(rounds.geometry.rows + 6):
        session.commit()
    session.close()
    session = rounds.world.open()
    assert [] == session.notices
    for volume, places in zip(session.volumes, rounds.rows, strict=True):
        kept = rounds.world.kept[volume.level]
        expected = {name: data for name, data in kept.items() if places[name] != row}
        assert (expected, set()) == read_all(volume)
    session.close()


class SetBack(Rounds):
    """Commits after the copy whose cells are put back; `before` is that copy."""

    def __init__(self, back: int) -> None:
        super().__init__()
        session = self.world.open()
        for _ in range(back):
            session.commit()
        self.places = dict(session.top.where)
        self.last = self.newest
        self.newest = (session.status(2).epoch - 1) % self.geometry.rows
        session.close()
        self.before, self.new = self.new, self.world.disk.read(PATH)

    def check_top(self, row: int) -> None:
        """All but what stood in a row is there, and alteration is told."""
        self.put_back_cells(self.before)
        session = self.world.open(writable=False)
        kept = self.world.kept[2]
        lost = {parse_name(name) for name, spot in self.places.items() if spot >> SPOT_BITS == row}
        expected = {name: data for name, data in kept.items() if name not in lost}
        assert lost
        assert (expected, set()) == read_all(session.top)
        assert told(session, "Volume 3: altered")
        session.close()


@pytest.mark.parametrize("back", [2, 3, 7, 40])
def test_cells_and_a_row_of_older_copies_cost_that_row_only(back):
    rounds = SetBack(back)
    rows = {spot >> SPOT_BITS for spot in rounds.places.values()}
    row = min(rows - {rounds.newest})
    rounds.put_back(row)
    rounds.check_top(row)


def test_so_do_cells_from_a_whole_ring_before_and_the_row_that_was_last_then():
    rounds = SetBack(70)
    rounds.old = rounds.before
    rounds.put_back(rounds.last)
    rounds.check_top(rounds.last)


def test_no_lag_is_told_of_an_altered_volume():
    """Its newest root begins and cannot be read to its end: an older one stands in."""
    world, _ = history()
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[2]
    row = (session.status(2).epoch - 1) % geometry.rows
    session.close()
    assert share.root == 2
    for position in (1, share.blocks - 1):
        at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
        world.disk.damage(PATH, at, bytes(geometry.sealed))
    session = world.open(writable=False)
    assert told(session, "Volume 3: altered")
    assert not told(session, "rows were written without it")
    assert 0 == session.status(2).lag
    session.close()
