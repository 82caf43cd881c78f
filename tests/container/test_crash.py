from __future__ import annotations

from itertools import pairwise

import pytest

from container.crashes import SCENARIOS, judge, shards

STATES = 20_000
SEED = 1
PARTS = 40
AGAIN = 5
"""The power is cut once more, in what follows, in one of so many states: `prove durability` does
so in every one."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed", "count", "threads"), list(shards(STATES, SEED, PARTS)))
def test_after_a_power_cut_every_level_is_old_or_new_and_all_together(name, seed, count, threads):
    judged = judge(name, seed, count, again=AGAIN, threads=threads)
    assert count == judged.first
    assert judged.again > count // 20 or name == "creation"


def test_the_parts_are_all_the_states():
    parts = list(shards(STATES, SEED, PARTS))
    assert sum(count for _, _, count, _ in parts) == STATES
    assert {name for name, _, _, threads in parts if not threads} == set(SCENARIOS)
    assert {name for name, _, _, threads in parts if threads} >= {"mixed", "killed", "bulk"}


def test_the_scenarios_hold_what_they_are_for():
    """Commits of several rows, commits that only move, data on every level."""
    syncs = {}
    for name in ("mixed", "bulk", "crowded"):
        log, moments = SCENARIOS[name](1)
        rows, most = 0, 0
        for event in log.events:
            wrote_row = getattr(event, "data", None) is not None and len(event.data) > 4096
            rows = rows + 1 if wrote_row else 0
            most = max(most, rows)
        kinds = [type(event).__name__ for event in log.events]
        commits = list(pairwise(kinds)).count(("Write", "Sync")) // 2
        syncs[name] = (most, commits - (len(moments) - 1))
        assert all(all(contents) for contents in moments)
    assert syncs["bulk"][0] == 4
    assert syncs["crowded"][1] > 0, "no commit that only moves"
