"""Two histories of one file, and somebody who puts rows or cells of the other one into it.

A backup was put back and written on; there is a copy of what the file was before. What the other
history wrote costs what stood in its rows, hides nothing, and never becomes part of this one.
"""

from __future__ import annotations

import pytest

from container.key_holder import history
from container.worlds import PATH, read_all, told
from vault.container.block import PAGE, parse_name
from vault.container.geometry import CELL_UNIT
from vault.container.state import SPOT_BITS


class Histories:
    """A file that went on in two ways; the disk holds what came of the second.

    Attributes:
        before: the file when they parted.
        other: the file of the first.
        own: that of the second.
        last: row that was written last, in the first and in the second.
    """

    def __init__(self, shared: int, other: int, own: int, *, top: int = 400) -> None:
        self.world, copies = history(shared, top=top)
        self.before = copies[shared]
        self.other, last, _ = self._go_on(other, b"other")
        self.world.disk.put(PATH, self.before)
        self.own, own_last, self._places = self._go_on(own, b"own")
        self.last = last, own_last
        self.altered = self.lost = 0

    def _go_on(self, commits, text):
        session = self.world.open()
        self.world.kept = [read_all(volume).content for volume in session.volumes]
        for number in range(commits):
            for level in range(3):
                self.world.put(session, level, {(PAGE, 3, number % 20): b"%s %d" % (text, number)})
            self.world.commit(session)
        self.geometry = session.geometry
        last = (session.status(2).epoch - 1) % self.geometry.rows
        places = [
            {parse_name(name): spot >> SPOT_BITS for name, spot in volume.where.items()}
            for volume in session.volumes
        ]
        session.close()
        return self.world.disk.read(PATH), last, places

    def row_of_other(self, row: int) -> bool:
        """Put a row of the other history into the file; tell whether it is another."""
        at, end = self.geometry.row_offset(row), self.geometry.row_offset(row + 1)
        self.world.disk.put(PATH, self.own)
        self.world.disk.damage(PATH, at, self.other[at:end])
        return self.own[at:end] != self.other[at:end]

    def cells_from(self, copy: bytes) -> None:
        for end in (0, 1):
            for slot in (0, 1):
                at = self.geometry.cell_offset(end, slot)
                self.world.disk.damage(PATH, at, copy[at : at + CELL_UNIT])

    def without_roots(self, rows) -> None:
        for row in rows:
            for share in self.geometry.shares:
                ends = (0, share.blocks - share.root)
                for position in (end + part for end in ends for part in range(share.root)):
                    at = self.geometry.row_offset(row)
                    at += (share.first + position) * self.geometry.sealed
                    self.world.disk.damage(PATH, at, bytes(self.geometry.sealed))

    def check(self, row: int, levels=(0, 1, 2)) -> None:
        """All is there but what stood in a row; the loss is told, and so is the alteration."""
        session = self.world.open(writable=False)
        for level in levels:
            volume, kept = session.volumes[level], self.world.kept[level]
            hit = {name for name, place in self._places[level].items() if place == row}
            expected = {name: data for name, data in kept.items() if name not in hit}
            assert (expected, set()) == read_all(volume), level
            assert volume.findings.lost == len(hit)
            assert volume.findings.altered or not hit
            self.altered += volume.findings.altered
            self.lost += len(hit)
        session.close()


@pytest.mark.parametrize("top", [8, 400])
@pytest.mark.parametrize(
    ("shared", "other", "own"), [(5, 60, 8), (60, 9, 3), (60, 5, 3), (5, 75, 8), (60, 3, 10)]
)
def test_any_row_of_the_other_costs_what_stood_in_it(shared, other, own, top):
    both = Histories(shared, other, own, top=top)
    for row in range(both.geometry.rows):
        if row != both.last[1] and both.row_of_other(row):
            both.check(row)
    assert both.lost


@pytest.mark.parametrize("top", [8, 400])
@pytest.mark.parametrize(
    ("shared", "other", "own"),
    [(60, 3, 10), (60, 3, 30), (60, 1, 10), (10, 5, 20), (3, 67, 72)],
)
def test_its_cells_and_the_row_that_was_its_last_do_not_make_it_this_one(shared, other, own, top):
    """(3, 67, 72): behind the cells is the other history, of which hardly a row is there."""
    both = Histories(shared, other, own, top=top)
    assert both.row_of_other(both.last[0])
    both.cells_from(both.other)
    both.check(both.last[0])
    session = both.world.open(writable=False)
    assert told(session, "Volume 3: altered")
    session.close()


@pytest.mark.parametrize(("shared", "other", "own"), [(60, 9, 5), (5, 12, 8)])
def test_behind_the_cell_its_row_does_not_stand_for_a_volume_that_lags(shared, other, own):
    """It stands where a save without that volume wrote since, and holds nothing of it."""
    both = Histories(shared, other, own)
    both.world.foreign_rows(4)
    both.own = both.world.disk.read(PATH)
    row = (both.last[0] - 1) % both.geometry.rows
    assert both.last[1] < row < both.last[1] + 4
    both.row_of_other(row)
    both.check(row, levels=(1, 2))
    assert (2, 0) == (both.altered, both.lost), "both are told, neither lost a block"


@pytest.mark.parametrize(("own", "count"), [(8, 5), (20, 11)])
def test_rows_that_hold_nothing_any_more_do_not_hide_the_save_that_the_cells_name(own, count):
    both = Histories(10, own, own, top=8)
    session = both.world.open(writable=False)
    live = {row for row, known in enumerate(session.top.state.table) if known.live}
    session.close()
    rows = [row for row in range(10, 10 + own) if row not in live][:count]
    assert count == len(rows)
    for row in rows:
        at, end = both.geometry.row_offset(row), both.geometry.row_offset(row + 1)
        both.world.disk.damage(PATH, at, both.other[at:end])
    session = both.world.open(writable=False)
    both.world.check(session, levels=[2])
    assert session.top.findings.lost == 0
    session.close()


@pytest.mark.parametrize("more", [1, 2, 4])
@pytest.mark.parametrize("own", [2, 3, 4])
def test_with_cells_from_before_they_parted_a_row_of_the_other_does_not_win(own, more):
    both = Histories(70, own + more, own, top=8)
    assert both.row_of_other(both.last[0])
    both.cells_from(both.before)
    both.check(both.last[0])


def test_without_the_other_roots_of_this_one_its_blocks_are_still_none_of_this_one():
    both = Histories(5, 60, 8)
    rows = set(range(both.geometry.rows)) - {both.last[1]}
    for row in rows:
        if both.row_of_other(row):
            both.without_roots(rows - {row})
            both.check(row)
    assert both.lost
