"""Intervals for what was measured at several seeds, and how surely they lie in a region."""

from typing import NamedTuple

import numpy as np
from scipy import special

ALPHA = 0.05
"""Intervals cover the truth in 1 - ALPHA of all studies."""


class Region(NamedTuple):
    """The values that a statement allows: low < value < high."""

    low: float
    high: float


class Interval(NamedTuple):
    """An estimate from n seeds, with p-values for "the truth lies in the region" and "it lies outside".

    Each is the smallest alpha at which the (1 - alpha) interval would lie wholly inside, or wholly
    outside; so at ALPHA the p-values and the interval [low, high] say the same.
    """

    estimate: float
    low: float
    high: float
    n: int
    p_inside: float
    p_outside: float


def mean_interval(value_S: np.ndarray, region: Region) -> Interval:
    """The mean over the seeds, with Student's t interval. One seed gives the whole line."""
    mean, n = float(np.mean(value_S)), len(value_S)
    if n < 2:
        return Interval(mean, -np.inf, np.inf, n, 1.0, 1.0)
    rounding = 8 * np.finfo(float).eps * float(np.max(np.abs(value_S)))  # seeds that all agree still have a width
    error = max(float(np.std(value_S, ddof=1)) / np.sqrt(n), rounding)
    half = float(special.stdtrit(n - 1, 1 - ALPHA / 2)) * error
    error = max(error, 1e-300)  # seeds that are all exactly 0 have none, and are divided by it
    return _placed(
        Interval(mean, mean - half, mean + half, n, 0.0, 0.0),
        region,
        p_above=lambda edge: 2 * float(special.stdtr(n - 1, (edge - mean) / error)),
        p_below=lambda edge: 2 * float(special.stdtr(n - 1, (mean - edge) / error)),
    )


def share_interval(value_S: np.ndarray, region: Region) -> Interval:
    """The share of seeds with value 1, with the exact interval of Clopper and Pearson (1934).

    ValueError if a value is neither 1 nor 0: then there is no share to speak of.
    """
    if not np.isin(value_S, (0, 1)).all():
        raise ValueError(f"a share is of seeds that succeed (1) or fail (0), not {list(value_S)}")
    hits, n = int(np.sum(value_S)), len(value_S)
    low = float(special.betaincinv(hits, n - hits + 1, ALPHA / 2)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, n - hits, 1 - ALPHA / 2)) if hits < n else 1.0
    return _placed(
        Interval(hits / n, low, high, n, 0.0, 0.0),
        region,
        p_above=lambda edge: 2 * float(special.bdtrc(hits - 1, n, edge)),
        p_below=lambda edge: 2 * float(special.bdtr(hits, n, edge)),
    )


def range_interval(value_S: np.ndarray, region: Region) -> Interval:
    """For identities: no sampling, so all values must lie in the region. The interval is their range."""
    low, high = float(np.min(value_S)), float(np.max(value_S))
    inside = region.low < low and high < region.high
    worst = low if abs(low) > abs(high) else high
    return Interval(worst, low, high, len(value_S), 0.0 if inside else 1.0, 1.0 if inside else 0.0)


def exact_value(value_1: np.ndarray, region: Region) -> Interval:
    """For facts: one value without a seed, and no interval. ValueError if there are several values.

    n is 0: nothing was sampled.
    """
    if len(value_1) != 1:
        raise ValueError(f"a fact is one value without a seed, and these are {len(value_1)}")
    value = float(value_1[0])
    inside = region.low < value < region.high
    return Interval(value, value, value, 0, 0.0 if inside else 1.0, 1.0 if inside else 0.0)


def _placed(interval, region, p_above, p_below):
    """The interval with its p-values. Only the finite edges of the region can be crossed."""
    inside = [p_above(region.low)] if np.isfinite(region.low) else []
    inside += [p_below(region.high)] if np.isfinite(region.high) else []
    outside = [p_below(region.low)] if np.isfinite(region.low) else []
    outside += [p_above(region.high)] if np.isfinite(region.high) else []
    return interval._replace(p_inside=min(1.0, max(inside, default=0.0)), p_outside=min([1.0, *outside]))


def holm(p: list[float], alpha: float = ALPHA) -> list[bool]:
    """Which of several findings stand together: Holm's step-down correction (1979)."""
    stands, still = [False] * len(p), True
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        still = still and p[index] <= alpha / (len(p) - rank)
        stands[index] = still
    return stands
