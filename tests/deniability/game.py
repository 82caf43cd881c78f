"""The snapshot game: pairs of worlds of which one holds more, and a searcher who guesses.

Both worlds of a pair do the same as far as it may be seen: the claim is conditioned on number,
size and times of commits and on which of them changed a revealed level. The world with more
lives first; where its owner saves something above, the other makes an idle-looking commit of as
many rows.
"""

from __future__ import annotations

import random as pseudorandom
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from deniability.designs import SHIPPED, Design
from deniability.measures import HISTOGRAM, measure
from deniability.odds import Classifier, Odds, apart, within
from deniability.owner import Owner, Sizes
from deniability.scripts import Habit, draw
from deniability.searcher import see
from seam.at_once import at_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deniability.measures import Measures
    from deniability.scripts import Script

SEED = 20261122
"""Fixed before the first run, as the statistics are."""

CERTAINTY = 0.99
"""Of all intervals together."""

ADVANTAGE = 0.02
"""What the pooled bound on the advantage may be with 10,000 pairs; less with more of them."""

WITH_THREADS = 10
"""In one of so many pairs commits of several rows have their threads."""

USUAL = Habit()


class Pair(NamedTuple):
    """What came of two worlds with one script.

    Attributes:
        without: statistics of the world without more.
        more: of the other.
        same_ops: whether both did the same to the file.
        same_view: whether the revealed keys, and the program, show the same of both.
        commits: how many commits were made, those that only move included.
        alike: in how many of them the program without more would have chosen the same size.
    """

    without: Measures
    more: Measures
    same_ops: bool
    same_view: bool
    commits: int
    alike: int


def play(script: Script, seed: str, design: Design = SHIPPED) -> Pair:
    """Let both worlds live a script, and measure what the searcher sees of them."""
    sizes = Sizes()
    total = script.revealed + script.above
    more = Owner(script, total, f"{seed}/more", design).live(sizes)
    sizes.impose()
    without = Owner(script, script.revealed, f"{seed}/without", design).live(sizes)
    seen = [see(life.copies, script.revealed) for life in (without, more)]
    return Pair(
        measure(seen[0]),
        measure(seen[1]),
        without.ops == more.ops and sizes.used_up(),
        (seen[0].copies, seen[0].told) == (seen[1].copies, seen[1].told),
        len(sizes.chosen),
        sizes.alike,
    )


@dataclass
class Tally:
    """Statistics of many pairs, column by column: the i-th numbers of both are a pair.

    Attributes:
        without: name → its value in each world without more.
        more: the same of the worlds with more.
        pairs: how many.
        other_ops: in how many the operations differed.
        other_view: in how many what is shown differed.
        commits: how many commits there were.
        alike: how many of the sizes would have been chosen without more, too.
        natural: pairs in which all of them would.
    """

    without: dict[str, array[float]] = field(default_factory=dict)
    more: dict[str, array[float]] = field(default_factory=dict)
    pairs: int = 0
    other_ops: int = 0
    other_view: int = 0
    commits: int = 0
    alike: int = 0
    natural: int = 0

    def add(self, pair: Pair) -> None:
        """Take in one pair."""
        self.add_worlds(pair.without, pair.more)
        self.other_ops += not pair.same_ops
        self.other_view += not pair.same_view
        self.commits += pair.commits
        self.alike += pair.alike
        self.natural += pair.alike == pair.commits

    def add_worlds(self, without: Measures, more: Measures) -> None:
        """Take in the statistics of two worlds."""
        assert without.keys() == more.keys()
        self.pairs += 1
        for columns, world in ((self.without, without), (self.more, more)):
            for name, value in world.items():
                columns.setdefault(name, array("d")).append(value)

    def extend(self, other: Tally) -> None:
        """Take in all of another tally."""
        for columns, more in ((self.without, other.without), (self.more, other.more)):
            for name, values in more.items():
                columns.setdefault(name, array("d")).extend(values)
        for name in ("pairs", "other_ops", "other_view", "commits", "alike", "natural"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def only(self, names: Iterable[str]) -> Tally:
        """The same with some of the statistics."""
        kept = list(names)
        return Tally(
            {name: self.without[name] for name in kept},
            {name: self.more[name] for name in kept},
            self.pairs,
        )

    def samples(self) -> Iterator[tuple[float, ...]]:
        """World by world all numbers: first those without more."""
        yield from zip(*self.without.values(), strict=True)
        yield from zip(*self.more.values(), strict=True)


def play_many(
    revealed: int, seed: str, numbers: Iterable[int], design: Design = SHIPPED, habit: Habit = USUAL
) -> Tally:
    """Play pairs; each can be made again from revealed, seed and number."""
    tally = Tally()
    for number in numbers:
        name = f"{seed}/{revealed}/{number}"
        try:
            with at_once(threads=number % WITH_THREADS == 0):
                tally.add(play(draw(name, revealed, habit), name, design))
        except Exception as error:
            error.add_note(f"in pair {name}")
            raise
    return tally


class Verdict(NamedTuple):
    """What all pairs together say.

    Attributes:
        tally: the pairs.
        odds: of each statistic: over all worlds, and within the pairs.
        pooled: of the classifier, trained on other pairs.
        certainty: of each interval, so that all together have CERTAINTY.
    """

    tally: Tally
    odds: dict[str, tuple[Odds, Odds]]
    pooled: Odds
    certainty: float

    @property
    def limit(self) -> float:
        """What the pooled bound may be: as for 10,000 pairs, by the square root of their number."""
        return ADVANTAGE * (10_000 / self.tally.pairs) ** 0.5

    @property
    def telling(self) -> list[str]:
        """Statistics of which an interval excludes guessing."""
        return [
            name
            for name, both in self.odds.items()
            if any(one.excludes_guessing(self.certainty) for one in both)
        ]

    @property
    def equal(self) -> int:
        """How many statistics are equal in both worlds of every pair."""
        tally = self.tally
        return sum(tally.without[name] == tally.more[name] for name in self.odds)

    @property
    def best(self) -> tuple[str, float]:
        """What tells most: a statistic or the classifier, and its AUC."""
        singles = {name: max(one.either for one in both) for name, both in self.odds.items()}
        return max({**singles, "classifier": self.pooled.auc}.items(), key=lambda one: one[1])

    @property
    def passed(self) -> bool:
        """Whether nothing tells the worlds apart."""
        different = self.tally.other_ops or self.tally.other_view
        return not self.telling and not different and self.pooled.bound() <= self.limit


def judge(tally: Tally, training: Tally, families: int = 1) -> Verdict:
    """Odds of every statistic and of the classifier.

    Args:
        tally: the pairs to be judged.
        training: others, from which the classifier learns.
        families: games that share the certainty.
    """
    odds = {
        name: (apart(values, tally.more[name]), within(values, tally.more[name]))
        for name, values in tally.without.items()
        if not name.startswith(HISTOGRAM)
    }
    certainty = 1 - (1 - CERTAINTY) / (2 * len(odds) * families)
    return Verdict(tally, odds, pooled(tally, training), certainty)


def pooled(tally: Tally, training: Tally) -> Odds:
    """Train on all numbers of some pairs; judge others by the score."""
    labels = [False] * training.pairs + [True] * training.pairs
    classifier = Classifier(list(training.samples()), labels, pseudorandom.Random(SEED))
    scores = [classifier.score(sample) for sample in tally.samples()]
    return apart(scores[: tally.pairs], scores[tally.pairs :])
