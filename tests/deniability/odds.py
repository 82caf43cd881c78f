"""How well a statistic tells two worlds apart, and how sure that is.

AUC: the chance that a world with more shows a higher value than one without, ties counted half.
½ is guessing. Its variance is that of the placements (DeLong, DeLong and Clarke-Pearson 1988),
taken pair by pair, because the two worlds of a pair share what may be seen.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import exp, sqrt
from operator import add, mul
from statistics import NormalDist, fmean, pstdev, pvariance
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random as pseudorandom
    from collections.abc import Sequence


class Odds(NamedTuple):
    """An AUC and its standard error."""

    auc: float
    error: float

    def interval(self, certainty: float) -> tuple[float, float]:
        """Limits between which the true value lies, as far as this sample goes."""
        reach = NormalDist().inv_cdf((1 + certainty) / 2) * self.error
        return self.auc - reach, self.auc + reach

    def excludes_guessing(self, certainty: float) -> bool:
        """Whether ½ lies outside of the interval."""
        low, high = self.interval(certainty)
        return not low <= 0.5 <= high

    def bound(self, certainty: float = 0.99) -> float:
        """The most that the advantage, AUC − ½ to either side, may be."""
        low, high = self.interval(certainty)
        return max(0.5 - low, high - 0.5)

    @property
    def either(self) -> float:
        """The AUC for who may turn the statistic round."""
        return max(self.auc, 1 - self.auc)


def apart(without: Sequence[float], more: Sequence[float]) -> Odds:
    """AUC over all worlds of one kind against all of the other; the i-th ones are a pair."""
    low, high = sorted(without), sorted(more)
    count = len(low)
    below = [(bisect_left(low, one) + bisect_right(low, one)) / 2 for one in more]
    above = [count - (bisect_left(high, one) + bisect_right(high, one)) / 2 for one in without]
    # Halves of whole numbers: exact, and exactly ½ where the two are alike.
    auc = sum(below) / count / count
    placed = [(one + other) / count for one, other in zip(below, above, strict=True)]
    return Odds(auc, sqrt(pvariance(placed) / count))


def within(without: Sequence[float], more: Sequence[float]) -> Odds:
    """The same game with both worlds of a pair side by side: which of them holds more?"""
    wins = [(b > a) + (b == a) / 2 for a, b in zip(without, more, strict=True)]
    return Odds(fmean(wins), pstdev(wins) / sqrt(len(wins)))


class Classifier:
    """Logistic regression over standardised numbers and their squares, by gradient descent.

    Args:
        samples: rows of numbers.
        labels: for each, whether it is of a world with more.
        chance: order of the samples.
    """

    steps = 40_000
    rate = 0.5
    decay = 1e-3

    def __init__(
        self,
        samples: Sequence[Sequence[float]],
        labels: Sequence[bool],
        chance: pseudorandom.Random,
    ) -> None:
        columns = list(zip(*samples, strict=True))
        self._scales = [(fmean(column), pstdev(column) or 1.0) for column in columns]
        prepared = [self._prepare(sample) for sample in samples]
        self._weights = [0.0] * len(prepared[0])
        total = list(self._weights)
        for step in range(self.steps):
            index = chance.randrange(len(prepared))
            sample = prepared[index]
            pull = labels[index] - _sigmoid(sum(map(mul, self._weights, sample)))
            rate = self.rate / (len(sample) + step / 50)
            keep, push = 1 - rate * self.decay, rate * pull
            pushed = map(push.__mul__, sample)
            self._weights = list(map(add, map(keep.__mul__, self._weights), pushed))
            if step >= self.steps // 2:
                total = list(map(add, total, self._weights))
        # The sum of the later ones: steadier than the last, and as good as their mean.
        self._weights = total

    def score(self, sample: Sequence[float]) -> float:
        """Higher: more like a world with more."""
        return sum(map(mul, self._weights, self._prepare(sample)))

    def _prepare(self, sample: Sequence[float]) -> list[float]:
        # Beyond six deviations nothing more is learnt, and steps would become wild.
        plain = [
            max(-6.0, min(6.0, (value - middle) / scale))
            for value, (middle, scale) in zip(sample, self._scales, strict=True)
        ]
        return [1.0, *plain, *(value * value - 1 for value in plain)]


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, value))))
