"""Which save counts where cells are missing: each rule of docs/format/container.md, "Rescue", 2."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vault.container.cell import Cell
from vault.container.root import Root, RootHead, Row, empty_table
from vault.container.standing import standing_cell, sure_cell

ROWS = 8
A, B, C, Z = (bytes(15) + bytes([number]) for number in (1, 2, 3, 9))


class Level:
    """A level's roots in a ring of eight rows."""

    def __init__(self) -> None:
        self.heads: list[RootHead] = []
        self._roots: dict[RootHead, Root | None] = {}
        self.geometry = SimpleNamespace(rows=ROWS)

    def add(self, commit_id, commit, *epochs, there=None, whole=True):
        """Add a save of these rows; of its roots only those that are there."""
        table = empty_table(self.geometry)
        for epoch in epochs:
            table[epoch % ROWS] = Row(epoch, commit_id)
        for epoch in epochs if there is None else there:
            head = RootHead(epoch, commit_id, commit + 1, commit, b"")
            self.heads.append(head)
            self._roots[head] = Root(head, table) if whole else None
        return self

    def root(self, row, head):
        assert row == head.epoch % ROWS
        return self._roots[head]

    def standing(self, cells=(), below=None):
        return standing_cell(self, self.heads, cells, below)


def test_the_newest_whole_root_stands_in_with_all_rows_of_its_save():
    level = Level().add(A, 2, 9).add(B, 3, 10, 11)
    assert (Cell(3, 12, 2, B), set()) == level.standing()


def test_all_rows_of_a_save_count_though_only_one_of_its_roots_is_left():
    assert (Cell(3, 12, 2, B), set()) == Level().add(A, 2, 9).add(
        B, 3, 10, 11, there=[10]
    ).standing()


def test_a_root_whose_table_gives_it_no_row_stands_for_its_own():
    level = Level().add(B, 3, there=[10])
    assert (Cell(3, 11, 1, B), set()) == level.standing()


def test_a_root_that_is_not_whole_is_passed_over():
    level = Level().add(A, 2, 9).add(B, 3, 10, whole=False)
    assert (Cell(2, 10, 1, A), set()) == level.standing()


def test_a_save_of_which_a_row_bears_an_older_root_never_finished():
    level = Level().add(Z, 1, 4).add(A, 2, 9).add(B, 3, 10, 11, 12, there=[10, 11])
    assert (Cell(2, 10, 1, A), {B}) == level.standing()


def test_where_nothing_finished_nothing_stands_in():
    level = Level().add(B, 3, 10).add(C, 3, 10)
    assert (None, {B, C}) == level.standing()


def test_the_cell_that_is_left_counts_where_no_root_is_of_a_later_save():
    cell = Cell(3, 12, 2, B)
    level = Level().add(A, 2, 9).add(B, 3, 10, 11)
    assert (cell, set()) == level.standing([Cell(1, 9, 1, Z), cell])


@pytest.mark.parametrize(("epoch", "never"), [(11, set()), (12, {C}), (13, {C})])
def test_what_lies_beyond_the_cell_with_its_number_or_a_lower_one_never_finished(epoch, never):
    """The save that the cell tells of came instead; a later one is looked for all the same."""
    cell = Cell(3, 12, 2, B)
    assert (cell, never) == Level().add(C, 3, epoch).standing([cell])
    later = Level().add(C, 2, epoch).add(A, 4, 10)
    assert (Cell(4, 11, 1, A), never) == later.standing([cell])


def test_what_counts_below_counts_here():
    below = Cell(3, 12, 2, B)
    whole = Level().add(Z, 1, 3, 5).add(B, 3, 10, 11)  # row 3 was written over since
    whole.heads = [head for head in whole.heads if head.epoch != 3]
    assert (below, set()) == whole.standing([], below)
    others = Level().add(Z, 1, 5)
    assert (below, set()) == others.standing([], below)


def test_a_level_whose_roots_of_the_save_are_damaged_was_reached_by_it():
    level = Level().add(A, 2, 9).add(B, 3, 10, 11, whole=False)
    below = Cell(3, 12, 2, B)
    assert (below, set()) == level.standing([], below)


def test_a_level_that_a_save_did_not_reach_has_its_own_newest_before():
    below = Cell(3, 12, 2, B)
    level = Level().add(Z, 1, 3).add(A, 2, 9).add(B, 3, 10, 11, there=[10]).add(C, 4, 12)
    assert (Cell(2, 10, 1, A), {B}) == level.standing([], below)


def test_a_row_that_still_bears_an_older_root_was_not_reached_though_no_other_says_so():
    below = Cell(3, 11, 1, B)
    level = Level().add(Z, 1, 2).add(A, 2, 9).add(C, 4, 11)
    assert (Cell(2, 10, 1, A), set()) == level.standing([], below)


def test_rows_that_others_wrote_before_count_as_written():
    below = Cell(5, 12, 2, B)
    level = Level().add(Z, 1, 3).add(A, 2, 6, 7).add(B, 5, 10, 11, there=[10])
    assert (Cell(2, 10, 4, A), {B}) == level.standing([], below)


def test_a_cell_that_can_be_read_is_not_refuted_by_an_older_root():
    below = Cell(3, 11, 1, B)
    level = Level().add(Z, 1, 2).add(A, 2, 9)
    assert (below, set()) == level.standing([below], below)


def test_a_save_of_which_an_earlier_row_was_not_reached_does_not_count_here():
    below = Cell(3, 12, 2, B)
    level = Level().add(Z, 1, 2).add(A, 2, 9).add(B, 3, 10, 11, there=[11])
    assert (Cell(2, 10, 1, A), {B}) == level.standing([], below)


def test_a_level_that_has_nothing_before_has_nothing():
    below = Cell(3, 11, 1, B)
    level = Level().add(Z, 1, 2, whole=False)
    assert (None, set()) == level.standing([], below)


@pytest.mark.parametrize(
    ("commits", "sure"), [([], None), ([3], None), ([3, 3], None), ([3, 2], 3), ([2, 3, 3], 3)]
)
def test_a_cell_of_each_slot_is_needed_to_be_sure(commits, sure):
    cells = [Cell(commit, commit + 9, 1, A) for commit in commits]
    found = sure_cell(cells)
    assert sure == (found and found.commit)
