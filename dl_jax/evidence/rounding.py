"""Exact facts that computers keep up to rounding: errors in units of what rounding may do, and their criteria."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dl_jax.evidence.criteria import Criterion, identity
from dl_jax.evidence.records import Estimand

EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
"""The spacing of numbers at 1, by precision: what one rounding may change."""
ROUNDING = 20
"""Units of eps; a larger relative error is not rounding."""
DIFFERENCES = 1000
"""Units of eps^(2/3), about the relative error of the best central difference, that such a difference may err."""
CENTRAL = 2 / 3
STATED, CONTROL = {"case": "stated"}, {"case": "control"}


def in_eps(name: str, reduce: Callable, power: float = 1, **axes: Any) -> Estimand:
    """Relative errors in units of eps^power of their precision; precisions and what is left open are reduced."""

    def estimand(records):
        errors = [records.by_seed(name, reduce, precision=p, **axes) / eps**power for p, eps in EPS.items()]
        return reduce(errors, axis=0)

    return estimand


def least(name: str, power: float = 1, **axes: Any) -> Estimand:
    """The least such error at any seed, for every seed: a mistake may not hide even at one of them."""

    def estimand(records):
        error_S = in_eps(name, np.min, power, **axes)(records)
        return np.full(len(error_S), np.min(error_S, initial=np.inf))

    return estimand


def exact(
    statement: int,
    says: str,
    name: str,
    *,
    stated: dict[str, Any] = STATED,
    control: dict[str, Any] = CONTROL,
    scope: str = "float32 and float64",
    by_differences: bool = False,
) -> Criterion:
    """The relative error `name` is rounding at the axes `stated`, and at `control`, where something is wrong, is not.

    by_differences: it is held against central differences, and may err as much as they do.
    """
    within, power, unit = (
        (DIFFERENCES, CENTRAL, "eps^(2/3) of central differences") if by_differences else (ROUNDING, 1, "eps")
    )
    holds = identity(in_eps(name, np.max, power, **stated), within)
    return Criterion(statement, f"{says}: largest error, in {unit}", holds, least(name, power, **control), scope)
