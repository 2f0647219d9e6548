"""Criteria: what the records must show for a statement to hold. They are data, fixed before the run."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from dl_jax.evidence.records import Estimand, Records
from dl_jax.evidence.statistics import Interval, Region, exact_value, median_interval, range_interval, share_interval

Role = Literal["core", "support", "limit", "contradicts"]
"""What a criterion is to its statement."""


class Comparison(NamedTuple):
    """An estimand, the region that the statement allows, and the interval that estimates it."""

    estimand: Estimand
    region: Region
    interval: Callable[[np.ndarray, Region, float], Interval]

    @property
    def exact(self) -> bool:
        """Whether nothing is sampled: an identity that holds at every seed, or a fact."""
        return self.interval in (range_interval, exact_value)

    @property
    def margin(self) -> float:
        """The size of the least effect that the statement asks for; infinite if it asks for any at all."""
        low, high = self.region
        margin = (high - low) / 2 if np.isfinite(high - low) else abs(low if np.isfinite(low) else high)
        return margin or np.inf


class Criterion(NamedTuple):
    """One way in which a statement can hold or fail.

    key:              the statement's number and a name that stays: "71.net_beats_half_space".
    title:            what is tested and in which unit, in plain words.
    test:             the comparison that supports or refutes the statement.
    control:          the same estimand in a setting where the statement must fail. Nothing is SUPPORTED unless its
                      control lies outside the region, and deeper outside than the estimand seed by seed.
    scope:            what the verdict is about ("digits, depth 1 to 20").
    role:             what it is to the statement: "core" decides it, "support" stands beside that, "limit" says where
                      the statement stops holding, "contradicts" is its direct negation. Roles follow from the sentence,
                      not from the outcome.
    """

    key: str
    title: str
    test: Comparison
    control: Estimand
    scope: str | Callable[[Records], str] = ""
    role: Role = "core"

    @property
    def statement(self) -> int:
        """The number of the statement."""
        return int(str(self.key).partition(".")[0])


def exceeds(estimand: Estimand, margin: float) -> Comparison:
    """The median seed lies above the margin."""
    return Comparison(estimand, Region(margin, np.inf), median_interval)


def below(estimand: Estimand, margin: float) -> Comparison:
    """The median seed lies below the margin."""
    return Comparison(estimand, Region(-np.inf, margin), median_interval)


def equals(estimand: Estimand, target: float, within: float) -> Comparison:
    """The median seed is equivalent to the target: two one-sided tests at +- within."""
    return Comparison(estimand, Region(target - within, target + within), median_interval)


def mostly(estimand: Estimand, share: float) -> Comparison:
    """More than `share` of the seeds succeed; the estimand is 1 for a success and 0 for a failure."""
    return Comparison(estimand, Region(share, np.inf), share_interval)


def identity(estimand: Estimand, within: float) -> Comparison:
    """An identity of algebra: at every seed the residual is below `within`, which leaves room for rounding alone."""
    return Comparison(estimand, Region(-within, within), range_interval)


def exact(estimand: Estimand, *, above: float = -np.inf, below: float = np.inf) -> Comparison:
    """A fact (a proof, a count, a constant: a row without a seed) lies between these; nothing is estimated."""
    return Comparison(estimand, Region(above, below), exact_value)
