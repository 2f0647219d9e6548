"""The usual estimands: a metric at some axes, one value for each seed, and differences of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dl_jax.evidence.axes import describe_axes
from dl_jax.evidence.records import Estimand, Missing


def metric(name: str, reduce: Callable = np.mean, **axes: Any) -> Estimand:
    """A metric where the axes fit; axes that are left open (depth, width, layer, ...) are reduced within each seed."""
    return lambda records: records.by_seed(name, reduce, **axes)


def difference(first: Estimand, second: Estimand) -> Estimand:
    """The first minus the second, seed by seed; either may be a fact."""
    return lambda records: first(records) - second(records)


def final(name: str, reduce: Callable = np.mean, **axes: Any) -> Estimand:
    """A metric at the last evaluation step."""
    return lambda records: records.by_seed(name, reduce, step=max(records.axis("step")), **axes)


def first_step(name: str, at_least: float, **axes: Any) -> Estimand:
    """The first evaluation step at which a metric is `at_least` this high, where the axes fit; infinite without one."""

    def estimand(records):
        curves = records.where(metric=name, **axes)
        if not curves.rows:
            raise Missing(f"no {name} at {describe_axes(axes)}")
        reached = [
            [row["step"] for row in curves.where(seed=seed).rows if row["value"] >= at_least]
            for seed in records.axis("seed")
        ]
        return np.asarray([min(steps, default=np.inf) for steps in reached], float)

    return estimand
