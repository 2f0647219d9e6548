"""What the tiny nets of figure 1a have to separate, and the points at which they are examined."""

from functools import cache

import jax
import numpy as np

from dl_jax.data.synthetic import planes

CURVES, DISK = "two_curves", "disk_and_annulus"
TASKS = {CURVES: planes.two_curves, DISK: planes.disk_and_annulus}
CASES = ((CURVES, 2), (DISK, 2), (DISK, 3))
"""(task, number of hidden units)."""
EXAMINED = 2**20
"""Folded into a seed's key: no part of a sweep uses it."""


@cache
def sample(task: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x_Nx2 and label_N of 2,048 examples that a seed draws to examine its nets; none of them is trained on."""
    key = jax.random.fold_in(jax.random.key(seed), EXAMINED)
    x_Nx2, label_N = TASKS[task](key, 2048)
    return np.asarray(x_Nx2), np.asarray(label_N)
