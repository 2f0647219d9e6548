"""The usual estimands: a metric at some axes, one value for each seed, and differences of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dl_jax.evidence.axes import describe_axes
from dl_jax.evidence.records import HIDDEN, Estimand, Missing, Records


def metric(name: str, reduce: Callable | None = None, **axes: Any) -> Estimand:
    """A metric where the axes fit. Axes that are left open (depth, width, layer, ...) are reduced within each seed.

    reduce: np.mean, np.max, ...; without it exactly one row of each seed must fit, else ValueError.
    """
    return lambda records: records.by_seed(name, reduce, **axes)


def difference(first: Estimand, second: Estimand) -> Estimand:
    """The first minus the second, seed by seed; either may be a fact."""
    return lambda records: first(records) - second(records)


def final(name: str, reduce: Callable | None = None, **axes: Any) -> Estimand:
    """A metric at the last evaluation step of each training: tasks may be trained for different numbers of steps."""

    def estimand(records):
        curves = records.where(metric=name, **axes)
        last: dict[tuple, int] = {}
        for row in curves.rows:
            last[_training(row)] = max(last.get(_training(row), 0), row.get("step", 0))
        ends = tuple(row for row in curves.rows if row.get("step", 0) == last[_training(row)])
        found = Records(ends).axis("seed")
        if not ends or (found and found != records.axis("seed")):
            raise Missing(f"no {name} at {describe_axes(axes)}" + (" for every seed" if ends else ""))
        return Records(ends).by_seed(name, reduce, **{column: axes[column] for column in HIDDEN if column in axes})

    return estimand


def _training(row) -> tuple:
    """The axes that identify a training's curve."""
    return tuple(sorted((name, str(label)) for name, label in row.items() if name not in ("step", "value")))


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
