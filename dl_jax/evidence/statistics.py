"""Intervals for what was measured at several seeds, and how surely they lie in a region.

Nothing is assumed about the distribution over seeds: trainings that sometimes fail, accuracies near 1 and discrete
values are what trained nets give, and Student's interval does not hold for them.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

ALPHA = 0.005
"""The risk of a wrong decision on a criterion, both directions together (Benjamin et al. 2018)."""
FIRST, SECOND = 0.7 * ALPHA, 0.3 * ALPHA
"""How a study of two rounds spends ALPHA. With 13 seeds, one may fail in the first round (p = 0.0034)."""
POWER = 0.8
"""The chance with which the least detectable effect is detected."""


class Region(NamedTuple):
    """The values that a statement allows: low < value < high."""

    low: float
    high: float

    def depth(self, value_S: np.ndarray) -> np.ndarray:
        """How far inside the values lie: the distance from the nearest edge, negative outside."""
        return np.minimum(np.asarray(value_S) - self.low, self.high - np.asarray(value_S))

    def outside(self, value_S: np.ndarray) -> np.ndarray:
        """Whether each value lies outside or on an edge. What is not a number lies outside."""
        return ~(self.depth(value_S) > 0)


class Interval(NamedTuple):
    """An estimate from n seeds, with p-values for "the truth lies in the region" and "it lies outside".

    Each is the smallest alpha at which the (1 - alpha) interval would lie wholly inside, or wholly outside; so at the
    interval's own alpha the p-values and [low, high] say the same.
    """

    estimate: float
    low: float
    high: float
    n: int
    p_inside: float
    p_outside: float


def median_interval(value_S: np.ndarray, region: Region, alpha: float = ALPHA) -> Interval:
    """The median seed, with the exact interval between two order statistics (Thompson 1936): the sign test's.

    It holds for any distribution over seeds. A value that is not a number counts as the worst that there is.
    """
    worst = -np.inf if np.isfinite(region.low) else np.inf
    value_S = np.sort(np.where(np.isnan(value_S), worst, value_S))
    n = len(value_S)
    rank = _rank(n, alpha)
    low, high = (value_S[rank - 1], value_S[n - rank]) if rank else (-np.inf, np.inf)
    above, below = (int(np.sum(value_S > region.low)), int(np.sum(value_S < region.high)))
    inside, outside = (
        [sign_p(hits, n) for hits, edge in zip(counts, region, strict=True) if np.isfinite(edge)]
        for counts in ((above, below), (n - above, n - below))
    )
    with np.errstate(invalid="ignore"):
        median = np.median(value_S)
    return Interval(float(median), float(low), float(high), n, max(inside, default=0.0), min(outside, default=1.0))


def sign_p(hits: int, n: int) -> float:
    """The two-sided p-value of the sign test: 2 P(at least `hits` of n), if each has a chance of one half."""
    return min(1.0, 2 * float(special.bdtrc(hits - 1, n, 0.5))) if hits else 1.0


def _rank(n, alpha) -> int:
    """The largest k for which the k-th smallest and k-th largest of n enclose the median with 1 - alpha; 0 for none."""
    return max((k for k in range(1, n // 2 + 1) if 2 * special.bdtr(k - 1, n, 0.5) <= alpha), default=0)


def share_interval(value_S: np.ndarray, region: Region, alpha: float = ALPHA) -> Interval:
    """The share of seeds with value 1, with the exact interval of Clopper and Pearson (1934).

    ValueError if a value is neither 1 nor 0, or not a number, which counts as 0: then there is no share to speak of.
    """
    value_S = np.where(np.isnan(value_S), 0.0, value_S)
    if not np.isin(value_S, (0, 1)).all():
        raise ValueError(f"a share is of seeds that succeed (1) or fail (0), not {list(value_S)}")
    hits, n = int(np.sum(value_S)), len(value_S)
    low, high = share_bounds(hits, n, alpha)

    def above(edge):
        return 2 * float(special.bdtrc(hits - 1, n, edge)) if hits else 1.0

    def below(edge):
        return 2 * float(special.bdtr(hits, n, edge))

    inside, outside = [], []
    for edge, inward, outward in ((region.low, above, below), (region.high, below, above)):
        if np.isfinite(edge):
            inside.append(inward(edge))
            outside.append(outward(edge))
    return Interval(hits / n, low, high, n, min(1.0, max(inside, default=0.0)), min([1.0, *outside]))


def share_bounds(hits: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """The exact interval of Clopper and Pearson for a share of which `hits` of n were seen."""
    low = float(special.betaincinv(hits, n - hits + 1, alpha / 2)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, n - hits, 1 - alpha / 2)) if hits < n else 1.0
    return low, high


def range_interval(value_S: np.ndarray, region: Region, alpha: float = ALPHA) -> Interval:
    """For identities: no sampling, so all values must lie in the region. The interval is their range."""
    low, high = float(np.min(value_S)), float(np.max(value_S))
    inside = not region.outside(value_S).any()
    worst = low if abs(low) > abs(high) else high
    return Interval(worst, low, high, len(value_S), 0.0 if inside else 1.0, 1.0 if inside else 0.0)


def exact_value(value_1: np.ndarray, region: Region, alpha: float = ALPHA) -> Interval:
    """For facts: one value without a seed, and no interval. ValueError if there are several values.

    n is 0: nothing was sampled.
    """
    if len(value_1) != 1:
        raise ValueError(f"a fact is one value without a seed, and these are {len(value_1)}")
    value = float(value_1[0])
    inside = region.low < value < region.high
    return Interval(value, value, value, 0, 0.0 if inside else 1.0, 1.0 if inside else 0.0)


def least_effect(value_S: np.ndarray, alpha: float = ALPHA) -> float:
    """How far from an edge the median must lie, for these seeds to detect it with probability POWER.

    The sign test detects it where a share q of the seeds lies beyond the edge, q from its binomial power; the distance
    is that between the sample's median and its (1 - q) quantile, on the side where that is larger. Infinite if no
    number of successes of so few seeds would do.
    """
    n = len(value_S)
    needed = next((hits for hits in range(n + 1) if sign_p(hits, n) <= alpha), None)
    if needed is None or not np.isfinite(value_S).all():
        return np.inf
    share = float(special.betaincinv(needed, n - needed + 1, POWER))
    low, median, high = np.quantile(value_S, [1 - share, 0.5, share])
    return float(max(median - low, high - median))
