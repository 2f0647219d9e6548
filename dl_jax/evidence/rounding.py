"""Criteria for statements that are exact: a relative error is at most what rounding explains."""

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
"""Units of eps^(2/3), about the relative error of the best central difference; a larger one is not the difference's."""
CENTRAL = 2 / 3
STATED, CONTROL = {"case": "stated"}, {"case": "control"}


def in_eps(name: str, reduce: Callable, power: float = 1, **axes: Any) -> Estimand:
    """Relative errors in units of eps^power of their precision, reduced over precisions and open axes."""

    def estimand(records):
        errors = [records.by_seed(name, reduce, precision=p, **axes) / eps**power for p, eps in EPS.items()]
        return reduce(errors, axis=0)

    return estimand


def smallest(name: str, power: float = 1, **axes: Any) -> Estimand:
    """The smallest such error over all seeds, repeated for every seed: a control must fail at each one."""

    def estimand(records):
        error_S = in_eps(name, np.min, power, **axes)(records)
        return np.full(len(error_S), np.min(error_S, initial=np.inf))

    return estimand


def within_rounding(
    key: str,
    title: str,
    name: str,
    *,
    stated: dict[str, Any] = STATED,
    control: dict[str, Any] = CONTROL,
    scope: str = "float32 and float64",
    by_differences: bool = False,
) -> Criterion:
    """Return the criterion that the relative error `name` is rounding at the axes `stated`, and larger at `control`.

    The rows need the column "precision". The unit is added to the title.

    by_differences: the reference is a central difference, whose own error is allowed for.
    """
    within, power, unit = (
        (DIFFERENCES, CENTRAL, "eps^(2/3), as large as that of central differences")
        if by_differences
        else (ROUNDING, 1, "eps")
    )
    test = identity(in_eps(name, np.max, power, **stated), within)
    return Criterion(key, f"{title}: largest relative error, in {unit}", test, smallest(name, power, **control), scope)
