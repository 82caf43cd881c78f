"""A vault is a dictionary for each volume, whatever is done to it and whatever it meets."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from operations import whole_lives
from operations.whole_lives import WholeLife
from vault.catalog.erasing import Erasing
from vault.container import layout, session
from vault.container.volume import Volume
from vault.errors import NotSaved, VaultError
from vault.operations import put_right, stock
from vault.operations.opened import OpenVault

if TYPE_CHECKING:
    from collections.abc import Callable

TestWholeLives = pytest.mark.slow(WholeLife.TestCase)
TestWholeLives.settings = settings(max_examples=8, stateful_step_count=30)

A_FEW = settings(  # until one notices, which most do at once
    max_examples=150, stateful_step_count=30, phases=[Phase.generate], report_multiple_bugs=False
)


# It would notice


def leave_blocks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Erasing, "reclaim", lambda *_: None)


def leave_records(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Erasing, "_erase", lambda *_: None)


def lose_an_entry(patch: pytest.MonkeyPatch) -> None:
    whole = put_right._append_all

    def all_but_the_last(vault, target, plan, progress):
        return whole(vault, target, plan._replace(entries=plan.entries[:-1]), progress)

    patch.setattr(put_right, "_append_all", all_but_the_last)


def leave_stock_above(patch: pytest.MonkeyPatch) -> None:
    whole = stock.commit_both
    patch.setattr(
        stock, "commit_both", lambda vault, target, _leave: whole(vault, target, lambda: None)
    )


def forget_a_block(patch: pytest.MonkeyPatch) -> None:
    whole = layout._fill_row

    def forgetful(volume, table, *words):
        filled = whole(volume, table, *words)
        for row in [row for row in table if row.live][:1]:
            row.live &= row.live - 1
        return filled

    patch.setattr(layout, "_fill_row", forgetful)


def overstate_the_reserve(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Volume, "reserve", Volume.free_rows)


def sync_once(patch: pytest.MonkeyPatch) -> None:
    whole = session.write_commit

    class Hasty:
        """Lets the first fsync of a commit go."""

        def __init__(self, file) -> None:
            self.__dict__.update(file=file, first=True)

        def __getattr__(self, name):
            return getattr(self.file, name)

        def fsync(self) -> None:
            if not self.first:
                self.file.fsync()
            self.first = False

    def hasty(ring, *words, **options):
        return whole(ring._replace(file=Hasty(ring.file)), *words, **options)

    patch.setattr(session, "write_commit", hasty)


def hide_failures(patch: pytest.MonkeyPatch) -> None:
    whole = OpenVault.commit

    def silent(vault) -> None:
        with suppress(NotSaved):
            whole(vault)

    patch.setattr(OpenVault, "commit", silent)


def save_on_reading(patch: pytest.MonkeyPatch) -> None:
    whole = whole_lives.log_state

    def saving(vault):
        vault.commit()
        return whole(vault)

    patch.setattr(whole_lives, "log_state", saving)


MUTANTS = {
    "an erased file keeps its blocks": leave_blocks,
    "an erased field stays in the records": leave_records,
    "putting right loses an entry": lose_an_entry,
    "what moves down stays above": leave_stock_above,
    "a commit forgets a block that it did not move": forget_a_block,
    "the reserve counts no unfinished commit": overstate_the_reserve,
    "rows are not synced before the cells": sync_once,
    "a failed save is told as done": hide_failures,
    "looking at the log saves": save_on_reading,
}


QUICK = {"a commit forgets a block that it did not move", "a failed save is told as done"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in MUTANTS],
)
def test_a_rule_taken_out_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch):
    mutate: Callable[[pytest.MonkeyPatch], None] = MUTANTS[name]
    mutate(monkeypatch)
    with pytest.raises((AssertionError, VaultError)):
        run_state_machine_as_test(WholeLife, settings=A_FEW)
