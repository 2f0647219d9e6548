"""The number of examples at which a learning curve reaches an accuracy."""

from collections.abc import Sequence

import numpy as np


def doublings(accuracy_N: Sequence[float], sizes: Sequence[int], good: float) -> float:
    """Return log2 of the number of examples at which accuracy first reaches `good`, linear between the sizes.

    That of the smallest or the largest size where it is reached at once or never: the difference between two curves
    is then at least that between the results.
    """
    log_N, accuracy_N = np.log2(sizes), np.asarray(accuracy_N)
    reached = np.flatnonzero(accuracy_N >= good)
    if not len(reached) or reached[0] == 0:
        return float(log_N[0] if len(reached) else log_N[-1])
    above = reached[0]
    part = (good - accuracy_N[above - 1]) / (accuracy_N[above] - accuracy_N[above - 1])
    return float(log_N[above - 1] + part * (log_N[above] - log_N[above - 1]))
