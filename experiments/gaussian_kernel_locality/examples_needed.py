"""How many examples it takes: where a learning curve becomes good."""

from collections.abc import Sequence

import numpy as np


def doublings(right_N: Sequence[float], counts: Sequence[int], good: float) -> float:
    """log2 of the number of examples at which accuracy first reaches `good`, by straight lines between the counts.

    The fewest or the most of the counts, where it is reached at once or never: what a curve gains from there is at
    least the difference.
    """
    log_N, right_N = np.log2(counts), np.asarray(right_N)
    reached = np.flatnonzero(right_N >= good)
    if not len(reached) or reached[0] == 0:
        return float(log_N[0] if len(reached) else log_N[-1])
    above = reached[0]
    part = (good - right_N[above - 1]) / (right_N[above] - right_N[above - 1])
    return float(log_N[above - 1] + part * (log_N[above] - log_N[above - 1]))
