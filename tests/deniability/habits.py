"""The unconditioned table: people with and without more, each by their own habits.

The claim is conditioned on number, size and times of commits. Here nothing is: what habits give
away is measured and published as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from deniability.designs import SHIPPED
from deniability.game import Tally, pooled
from deniability.measures import HISTOGRAM, ONE_COPY, measure
from deniability.odds import Odds, apart
from deniability.owner import Owner, Sizes
from deniability.scripts import Habit, draw
from deniability.searcher import see

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deniability.measures import Measures

ALONE = " (one copy)"
"""Ends the names of statistics of the last copy alone."""

_CALM = Habit(neglect=0, killed=0, scrub=0, large_above=0)


class Model(NamedTuple):
    """Two habits that are compared."""

    without: Habit
    more: Habit


MODELS = {
    "the same habits; saves above fit into one row": Model(_CALM, _CALM),
    "the same habits; a quarter of the saves above is large": Model(
        _CALM, _CALM._replace(large_above=0.25)
    ),
    "the same; a save above of several rows goes with one below that fills as many": Model(
        _CALM._replace(large_above=0.25, beside=True), _CALM._replace(large_above=0.25, beside=True)
    ),
    "who has nothing more seldom saves without a change": Model(
        _CALM._replace(idle=0.05, feed=0.95), _CALM._replace(idle=0.05, feed=0.3)
    ),
    "who has more saves twice as often": Model(_CALM, _CALM._replace(sessions=(6, 12))),
    "who has more never touches what is below": Model(
        _CALM._replace(private=0), _CALM._replace(private=1, feed=0)
    ),
}


def live(revealed: int, volumes: int, name: str, habit: Habit) -> Measures:
    """One world by its own habits; the program chooses the size of each commit."""
    script = draw(name, revealed, habit)
    volumes = min(volumes, revealed + script.above)
    copies = Owner(script, volumes, name, SHIPPED).live(Sizes()).copies
    measures = measure(see(copies, revealed))
    alone = measure(see(copies[-1:], revealed))
    measures |= {
        f"{name}{ALONE}": value for name, value in alone.items() if name.startswith(ONE_COPY)
    }
    return measures


def live_many(model: str, seed: str, numbers: Iterable[int]) -> Tally:
    """Worlds of both kinds, each from a seed of its own; one level is revealed."""
    tally = Tally()
    habits = MODELS[model]
    for number in numbers:
        name = f"{seed}/{model}/{number}"
        tally.add_worlds(
            live(1, 1, f"{name}/without", habits.without), live(1, 3, f"{name}/more", habits.more)
        )
    return tally


class Told(NamedTuple):
    """How well one searcher tells such people apart.

    Attributes:
        best: the statistic that told most in the pairs for training.
        odds: of that statistic, in the others.
        pooled: of the classifier, in the others.
    """

    best: str
    odds: Odds
    pooled: Odds


def tell(tally: Tally, training: Tally) -> dict[str, Told]:
    """By what a searcher has: only copies, one copy and the passphrase, or both."""
    names = list(tally.without)
    alone = [name for name in names if name.endswith(ALONE)]
    whole = [name for name in names if not name.endswith(ALONE)]
    keyless = [name for name in whole if not name.startswith("view")]
    searchers = {
        "copies, no passphrase": keyless,
        "one copy, first passphrase": alone,
        "copies, first passphrase": whole,
    }
    return {
        name: tell_by(tally.only(chosen), training.only(chosen))
        for name, chosen in searchers.items()
    }


def tell_by(tally: Tally, training: Tally) -> Told:
    """Choose the best statistic, and train, on some pairs; judge by the others."""
    single = [name for name in training.without if not name.startswith(HISTOGRAM)]
    best = max(single, key=lambda name: apart(training.without[name], training.more[name]).either)
    return Told(best, apart(tally.without[best], tally.more[best]), pooled(tally, training))
