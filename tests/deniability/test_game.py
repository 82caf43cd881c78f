"""A slice of `python3 dev.py prove deniability`: few pairs, and what is equal in each of them."""

from __future__ import annotations

import random as pseudorandom
import subprocess
import sys
from pathlib import Path

import pytest

from deniability import files, game, habits, measures, odds, unlocking
from deniability.designs import SEEN_IN_COPIES, SHIPPED
from deniability.game import Tally, judge, play_many
from deniability.measures import HISTOGRAM
from deniability.owner import Owner, Sizes, wrapped
from deniability.scripts import Commit, Habit, Script, Visit
from deniability.searcher import see
from vault.container import session as session_module
from vault.container.block import MEDIA, PAGE

BUSY = Habit(sessions=(3, 4), private=0.8, feed=0.3, large_above=0.4, neglect=0, killed=0, full=0.6)
SCRUBBED = Habit(sessions=(1, 2), private=1, neglect=0, killed=0, scrub=1)
BYTES = ("chi-square", "compressibility", HISTOGRAM)


@pytest.mark.parametrize("revealed", [1, 2])
def test_both_worlds_of_a_pair_do_and_show_the_same(revealed):
    tally = play_many(revealed, "suite", range(2))
    tally.extend(play_many(revealed, "suite", range(2, 3), habit=SCRUBBED))
    assert (3, 0, 0) == (tally.pairs, tally.other_ops, tally.other_view)
    for name, values in tally.without.items():
        if not name.startswith(BYTES):
            assert values == tally.more[name], name


def test_threads_change_nothing_that_is_measured(monkeypatch):
    tallies = []
    for every in (1, 1_000_000):
        monkeypatch.setattr(game, "WITH_THREADS", every)
        tallies.append(play_many(1, "suite", range(1, 3)))
    assert tallies[0] == tallies[1]


TELLING = {
    "partial row": ("coverage: mean part of a touched row", 1),
    "zero filler": ("count: of them in the share of level 1", 1),
    "count of what is above in a revealed root": (
        "view: level 0, counter less number of commits",
        1,
    ),
    "cover around blocks in use": ("recency: part overwritten of the quarter written last", -1),
    "commits above are not idle below": ("view: level 0, rows without a root", 1),
}


@pytest.mark.parametrize("name", TELLING)
def test_a_design_that_is_wrong_is_told_by_a_statistic(name):
    statistic, sign = TELLING[name]
    tally = play_many(1, "suite", range(2), SEEN_IN_COPIES[name], BUSY)
    assert 0 < sign * (sum(tally.more[statistic]) - sum(tally.without[statistic]))


def test_the_long_run_finds_its_parts():
    script = Path(__file__).resolve().parents[1] / "prove" / "deniability.py"
    ran = subprocess.run(
        [sys.executable, "-B", script, "--help"], capture_output=True, check=False, text=True
    )
    assert (0, "") == (ran.returncode, ran.stderr)
    assert "--pairs" in ran.stdout


def test_every_design_that_is_wrong_has_its_statistic():
    assert SEEN_IN_COPIES.keys() == TELLING.keys()


def test_an_extra_fsync_and_a_copied_head_are_seen():
    assert files.extra_fsync_is_seen("suite", 1)
    assert files.copied_head_is_seen("suite")


def test_one_derivation_and_every_slot_whatever_is_tried():
    assert 0 == unlocking.other_work(60, "suite")


def test_the_time_of_the_slots_is_measured_without_the_derivation():
    times = unlocking.slot_times(20, "suite")
    assert times.error > 0


def test_a_wrapped_function_must_exist_and_be_called():
    with pytest.raises(AttributeError), wrapped(session_module, "gone", lambda one: one):
        pass
    with pytest.raises(AssertionError), wrapped(session_module, "choose_rows", lambda one: one):
        pass
    assert "choose_rows" == session_module.choose_rows.__name__


def test_commits_that_bring_nothing_and_rows_too_many_are_counted_from_below():
    """An idle one; one of a block; one of two rows; and one that moves and erases only."""
    large = [((MEDIA, 9, index), b"%d" % index) for index in range(10)]
    saved = [[], [((PAGE, 0, 0), b"page")], large, [((MEDIA, 9, 0), None)]]
    visits = [Visit(0, [Commit([changes], [])]) for changes in saved]
    visits[-1] = visits[-1]._replace(copied=True)
    script = Script(1, 1, [{}, {}], visits, copied_new=False)
    seen = see(Owner(script, 1, "suite", SHIPPED).live(Sizes()).copies, 1)
    assert (2, 0) == measures.births(seen.copies, 0)
    values = measures.measure(seen)
    assert 4 + 1 == seen.copies[0].cell[1] - measures.GEOMETRY.rows
    assert 10 == values["view: level 0, blocks in use"]


def test_habits_without_conditions_tell_what_they_tell():
    model = "who has more never touches what is below"
    tally = habits.live_many(model, "suite", range(2))
    name = "view: level 0, commits that bring nothing"
    assert sum(tally.without[name]) < sum(tally.more[name])


# The arithmetic of odds


def test_auc_counts_pairs_and_ties_half():
    assert (1.0, 0.0) == odds.apart([1, 2], [3, 4])
    assert (0.0, 0.0) == odds.apart([3, 4], [1, 2])
    assert (0.5, 0.0) == odds.apart([1, 5, 1], [1, 5, 1])
    assert 0.75 == odds.apart([1, 2], [2, 2]).auc
    assert (0.5, pytest.approx(0.125**0.5)) == odds.within([1, 2], [2, 1])
    assert 0.75 == odds.within([1, 2], [1, 3]).auc


def test_the_error_of_an_auc_is_that_of_samples_drawn_again():
    """Of uniform numbers it is 1/√(6n) where the two worlds of a pair have nothing in common."""
    chance = pseudorandom.Random(1)
    drawn = [[chance.random() for _ in range(300)] for _ in range(80)]
    found = [odds.apart(one, two) for one, two in zip(drawn[::2], drawn[1::2], strict=True)]
    for one in found:
        assert one.error == pytest.approx(1 / 1800**0.5, rel=0.15)
    assert 36 <= sum(not one.excludes_guessing(0.99) for one in found) <= 40


def numbers(chance: pseudorandom.Random, shift: float, spread: float) -> Tally:
    """Pairs of worlds with one number, which differ in mean and spread."""
    tally = Tally()
    for _ in range(300):
        tally.add_worlds({"x": chance.gauss(0, 1)}, {"x": chance.gauss(shift, spread)})
    return tally


@pytest.mark.parametrize(("shift", "spread", "least"), [(2, 1, 0.85), (0, 5, 0.8)])
def test_the_classifier_learns_from_means_and_from_spreads(monkeypatch, shift, spread, least):
    monkeypatch.setattr(odds.Classifier, "steps", 3000)
    chance = pseudorandom.Random(2)
    tally, training = numbers(chance, shift, spread), numbers(chance, shift, spread)
    verdict = judge(tally, training)
    assert least < verdict.pooled.auc
    assert not verdict.passed


def test_a_game_of_equals_is_passed(monkeypatch):
    monkeypatch.setattr(odds.Classifier, "steps", 3000)
    chance = pseudorandom.Random(3)
    verdict = judge(numbers(chance, 0, 1), numbers(chance, 0, 1))
    assert [] == verdict.telling
    assert verdict.passed
    assert not verdict._replace(tally=verdict.tally.only(["x"])).equal
