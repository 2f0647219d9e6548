"""Metrics of what the hidden units of a tiny net do to the input plane (figure 1a), from its weights alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dl_jax.evidence.named import named
from dl_jax.measures.half_spaces import separable
from dl_jax.models.model import Params
from experiments.fig1a_space_distortion.grids import affine_residual, folded_share, lattice
from experiments.fig1a_space_distortion.tiny_net import (
    FUNCTIONS,
    PRINTED,
    as_printed,
    hidden_units,
    largest_difference,
    slopes,
)

GRID = lattice(81)
CHECKED = np.s_[::2, ::2]
"""Crossings of the grid that are computed again by the printed equations."""


def distortion(
    states: Mapping[str, Params], nonlinearity: str, x_Nx2: np.ndarray, label_N: np.ndarray
) -> dict[str, Any]:
    """Return the metrics of a trained net.

    separable:     1 if a hyperplane separates the two classes of points in the space of the hidden units, exactly.
    grid_bend:     how far the transformed grid is from every affine image (`grids.affine_residual`).
    grid_folded:   share of its crossings at which the plane is folded over (`grids.folded_share`); of two units only.
    printed_error: largest difference between the grid and the grid by the printed equations with the weights of each
                   state; those of another state than "trained" do not belong to the grid, and are the control.

    states: weights by the state of the net, among them "trained".
    """
    net, f = states["trained"], FUNCTIONS[nonlinearity]
    grid_KxKxW, hidden_NxW = hidden_units(net, f, GRID), hidden_units(net, f, x_Nx2)
    width = hidden_NxW.shape[1]
    metrics: dict[str, Any] = {
        "separable": np.isfinite(hidden_NxW).all() and separable(hidden_NxW, label_N),
        "grid_bend": affine_residual(GRID.reshape(-1, 2), grid_KxKxW.reshape(-1, width)),
    }
    if width == 2:
        metrics["grid_folded"] = folded_share(slopes(net, f, GRID))
    if nonlinearity in PRINTED:
        metrics["printed_error"] = [
            named(
                largest_difference(grid_KxKxW[CHECKED], as_printed(params, PRINTED[nonlinearity], GRID[CHECKED])),
                state=state,
            )
            for state, params in states.items()
        ]
    return metrics
