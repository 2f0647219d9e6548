"""What the hidden units of a tiny net do to the input plane (figure 1a), from its weights alone."""

from collections.abc import Mapping

import numpy as np

from dl_jax.measures.half_spaces import separable
from experiments.fig1a_space_distortion.grids import bend, lattice, turned
from experiments.fig1a_space_distortion.tiny_net import (
    FUNCTIONS,
    PRINTED,
    as_printed,
    hidden_units,
    read_back,
    slopes,
    unlike,
)

GRID = lattice(81)
CHECKED = np.s_[::2, ::2]
"""Of the grid's crossings those that are computed again by the printed equations, one by one."""
FIRST = "first_"
"""Before the names of the weights as they were before training."""


def distortion(
    values: Mapping[str, float], nonlinearity: str, x_Nx2: np.ndarray, label_N: np.ndarray
) -> dict[str, float]:
    """Metrics of the net whose weights are among the values (`tiny_net.spelled`).

    separable:            1 if a hyperplane parts the two classes of points in the space of hidden units, exactly.
    grid_bend:            how far the transformed grid is from every affine image (`grids.bend`).
    grid_turned:          share of its crossings where the plane is turned over (`grids.turned`); two hidden units only.
    unlike_printed:       largest difference between the grid and what the printed equations make of it.
    unlike_printed_first: the same for the weights before training, which have no part in the grid.
    """
    net, first, f = read_back(values), read_back(values, FIRST), FUNCTIONS[nonlinearity]
    grid_KxKxW, hidden_NxW = hidden_units(net, f, GRID), hidden_units(net, f, x_Nx2)
    width = hidden_NxW.shape[1]
    found = {
        "separable": np.isfinite(hidden_NxW).all() and separable(hidden_NxW, label_N),
        "grid_bend": bend(GRID.reshape(-1, 2), grid_KxKxW.reshape(-1, width)),
    }
    if width == 2:
        found["grid_turned"] = turned(slopes(net, f, GRID))
    if nonlinearity in PRINTED:
        found["unlike_printed"] = unlike(grid_KxKxW[CHECKED], as_printed(net, PRINTED[nonlinearity], GRID[CHECKED]))
        found["unlike_printed_first"] = unlike(
            grid_KxKxW[CHECKED], as_printed(first, PRINTED[nonlinearity], GRID[CHECKED])
        )
    return {name: float(value) for name, value in found.items()}
