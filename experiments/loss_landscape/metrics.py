"""What is measured of a pair of trainings, at every evaluation step and of the whole path."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.models.model import Model
from dl_jax.training.programs import Run
from experiments.loss_landscape.curvature import curvature
from experiments.loss_landscape.minimum import remaining
from experiments.loss_landscape.regularized_loss import mean_cross_entropy, regularized_loss
from experiments.loss_landscape.surroundings import plane_of, segments, slices

EXAMPLES = 2000
"""Training examples over which slices and curvature are averaged, at most."""
PROBES = 4
"""Random vectors for the spectral density."""
KEY = 0
"""Random slices and vectors are the same at every seed: it is the nets that differ."""


def losses(model: Model, ridge: float, run: Run) -> dict[str, Any]:
    """The objective on the training examples, and the mean loss on the others, of the first net of a pair."""
    params = jax.tree.map(lambda w_2: w_2[0], run.params)
    w_P, unravel = ravel_pytree(params)
    other_2 = jnp.stack([mean_cross_entropy(model, params, part) for part in (run.splits.validation, run.splits.test)])
    return {
        "objective": regularized_loss(model, ridge, run.splits.train, unravel)(w_P),
        "loss": named(other_2, split=("validation", "test")),
    }


def landscape(
    model: Model, ridge: float, steps_K: Sequence[int], minimum_P: np.ndarray | None, run: Run
) -> dict[str, Any]:
    """Metrics of the path of the first net of a pair and of what surrounds it, and arrays to draw.

    steps_K:   of the points of the path.
    minimum_P: the weights at the minimum of a convex objective; None leaves `remaining` out.

    The metrics are those of `segments`, `slices`, `plane_of`, `curvature` and `remaining`, and
    largest_rise: the most that the objective rises from one point of the path to the next, over what it was at first.
    """
    train = run.splits.train
    path_Kx, other = jax.tree.map(lambda w_Kx2: w_Kx2[:, 0], run.params), jax.tree.map(lambda w: w[-1, 1], run.params)
    path_KxP, end = jax.vmap(lambda params: ravel_pytree(params)[0])(path_Kx), jax.tree.map(lambda w: w[-1], path_Kx)
    _, unravel = ravel_pytree(end)
    loss = regularized_loss(model, ridge, Examples(train.x[:EXAMPLES], train.y[:EXAMPLES]), unravel)
    whole = regularized_loss(model, ridge, train, unravel)
    random_RxP = jax.random.normal(jax.random.key(KEY), (2 + PROBES, path_KxP.shape[1]))
    objective_K = jax.lax.map(whole, path_KxP)
    across, along = slices(loss, path_KxP, unravel, random_RxP[:2]), plane_of(loss, path_KxP, steps_K)
    return {
        "largest_rise": jnp.max(jnp.diff(objective_K)) / objective_K[0],
        **segments(loss, end, other),
        **across,
        **along,
        "path_in_plane": [across["path_in_plane"], along["path_in_plane"]],
        **curvature(loss, path_KxP, random_RxP[2:], steps_K, run.key),
        **({} if minimum_P is None else remaining(whole, path_KxP, minimum_P)),
    }
