"""The usual estimands: a metric at some axes, one value for each seed, and differences of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dl_jax.evidence.records import Estimand


def metric(name: str, reduce: Callable = np.mean, **axes: Any) -> Estimand:
    """A metric where the axes fit; what is left open (depth, width, layer, ...) is reduced within each seed."""
    return lambda records: records.by_seed(name, reduce, **axes)


def gain(first: Estimand, second: Estimand) -> Estimand:
    """By how much the first exceeds the second, seed by seed."""
    return lambda records: first(records) - second(records)
