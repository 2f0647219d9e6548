"""Criteria: what must be found for a statement to hold. They are data, fixed before the run."""

import inspect
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from dl_jax.evidence.records import Estimand, Records
from dl_jax.evidence.statistics import Interval, Region, mean_interval, range_interval, share_interval


class Comparison(NamedTuple):
    """An estimand, the region where the statement wants it, and the interval that says where it is."""

    estimand: Estimand
    region: Region
    interval: Callable[[np.ndarray, Region], Interval]
    seeds: int
    """Fewer seeds than this decide nothing."""


class Criterion(NamedTuple):
    """One way in which a statement can hold or fail.

    control: the same estimand in a setting where the statement must fail; a criterion that
             supports its control can tell nothing, and its verdict is ERROR.
    scope:   for what the verdict holds, in words ("digits, depth 1 to 20").
    counter: this is counter-evidence: shown beside the statement, never counted for it.
    """

    statement: int
    says: str
    holds: Comparison
    control: Estimand
    scope: str | Callable[[Records], str] = ""
    counter: bool = False


SEEDS = 5


def exceeds(estimand: Estimand, margin: float) -> Comparison:
    """The mean over seeds lies above the margin."""
    return Comparison(estimand, Region(margin, np.inf), mean_interval, SEEDS)


def below(estimand: Estimand, margin: float) -> Comparison:
    """The mean over seeds lies below the margin."""
    return Comparison(estimand, Region(-np.inf, margin), mean_interval, SEEDS)


def equals(estimand: Estimand, target: float, within: float) -> Comparison:
    """The mean over seeds is the target for all that matters: two one-sided tests at +- within."""
    return Comparison(estimand, Region(target - within, target + within), mean_interval, SEEDS)


def mostly(estimand: Estimand, share: float) -> Comparison:
    """More than `share` of the seeds succeed; the estimand is 1 for a success and 0 for a failure."""
    return Comparison(estimand, Region(share, np.inf), share_interval, SEEDS)


def seldom(estimand: Estimand, share: float) -> Comparison:
    """Fewer than `share` of the seeds succeed; the estimand is 1 for a success and 0 for a failure."""
    return Comparison(estimand, Region(-np.inf, share), share_interval, SEEDS)


def identity(estimand: Estimand, within: float) -> Comparison:
    """An exact fact: at every seed the residual is below `within`, which leaves room for rounding alone."""
    return Comparison(estimand, Region(-within, within), range_interval, 1)


def fingerprint(criteria: Iterable[Criterion]) -> str:
    """Twelve hexadecimal digits that change whenever a criterion does, down to the source of its estimands."""
    return sha256(repr([_substance(part) for criterion in criteria for part in criterion]).encode()).hexdigest()[:12]


def _substance(thing: Any) -> Any:
    """What a part of a criterion amounts to, free of addresses: values, and the source of functions."""
    if inspect.isfunction(thing):
        cells = [_substance(cell.cell_contents) for cell in thing.__closure__ or ()]
        return (inspect.getsource(thing), cells)
    if isinstance(thing, tuple | list):
        return [_substance(part) for part in thing]
    return repr(thing)
