"""What the tiny nets of figure 1a have to separate, and the points at which they are examined."""

import jax
import numpy as np

from dl_jax.data.synthetic import planes

CURVES, DISK = "two_curves", "disk_and_annulus"
TASKS = {CURVES: planes.two_curves, DISK: planes.disk_and_annulus}
CASES = ((CURVES, 2), (DISK, 2), (DISK, 3))
"""(task, number of hidden units)."""


def sample(task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x_Nx2 and label_N of 2,048 examples, the same for every net; none of them is trained on."""
    x_Nx2, label_N = TASKS[task](jax.random.key(1), 2048)
    return np.asarray(x_Nx2), np.asarray(label_N)
