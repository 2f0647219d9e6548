"""What is measured of a pair of trainings, at every evaluation step and of the whole path."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import named
from dl_jax.models.model import Model
from dl_jax.training.programs import Run
from experiments.loss_landscape.connections import low_curve
from experiments.loss_landscape.curvature import curvature
from experiments.loss_landscape.minimum import remaining
from experiments.loss_landscape.regularized_loss import mean_cross_entropy, regularized_loss
from experiments.loss_landscape.surroundings import plane_of, segments, slices

EXAMPLES = 2000
"""Training examples over which slices and curvature are averaged, at most."""
PROBES = 4
"""Random vectors for the spectral density."""


def losses(model: Model, ridge: float, run: Run) -> dict[str, Any]:
    """The objective on the training examples, and the mean loss on the others, of the first net of a pair."""
    params = jax.tree.map(lambda w_2: w_2[0], run.params)
    w_P, unravel = ravel_pytree(params)
    other_2 = jnp.stack([mean_cross_entropy(model, params, part) for part in (run.splits.validation, run.splits.test)])
    return {
        "objective": regularized_loss(model, ridge, run.splits.train, unravel)(w_P),
        "loss": named(other_2, split=("validation", "test")),
    }


def landscape(model: Model, ridge: float, convex: bool, steps_K: Sequence[int], run: Run) -> dict[str, Any]:
    """Metrics of the path of the first net of a pair and of what surrounds it, and arrays to draw.

    convex:  whether the objective is: then there is no curve, and what remains of the way to its minimum is known.
    steps_K: of the points of the path.

    The metrics are those of `segments`, `slices`, `plane_of`, `curvature` and `way_down`. Random slices and vectors
    are the seed's own.
    """
    train = run.splits.train
    path_KxP, unravel, other = _path(run)
    key_slices, key_curve = jax.random.split(run.key)
    loss = regularized_loss(model, ridge, Examples(train.x[:EXAMPLES], train.y[:EXAMPLES]), unravel)
    random_RxP = jax.random.normal(key_slices, (2 + PROBES, path_KxP.shape[1]))
    other_P = ravel_pytree(other)[0]
    middle_P = None
    if not convex:
        loss_on = partial(regularized_loss, model, ridge, unravel=unravel)
        middle_P = low_curve(loss_on, train, path_KxP[-1], other_P, key_curve)
    across, along = slices(loss, path_KxP, unravel, random_RxP[:2]), plane_of(loss, path_KxP, steps_K)
    return {
        **segments(loss, unravel(path_KxP[0]), unravel(path_KxP[-1]), other, middle_P),
        **across,
        **along,
        "path_in_plane": [across["path_in_plane"], along["path_in_plane"]],
        **curvature(loss, path_KxP, random_RxP[2:], steps_K),
        **way_down(model, ridge, convex, run),
    }


def way_down(model: Model, ridge: float, convex: bool, run: Run) -> dict[str, Any]:
    """How far the path of the first net of a pair leads down: `remaining` where the objective is convex, else

    largest_rise: the most that the objective rises from one point of the path to the next, over what it was at first.
    """
    path_KxP, unravel, _ = _path(run)
    whole = regularized_loss(model, ridge, run.splits.train, unravel)
    if convex:
        return remaining(whole, path_KxP)
    objective_K = jax.lax.map(whole, path_KxP)
    return {"largest_rise": jnp.max(jnp.diff(objective_K)) / objective_K[0]}


def _path(run):
    """Return path_KxP of the first net of a pair, w_P -> params, and the params of the second net at the end."""
    path_Kx, other = jax.tree.map(lambda w_Kx2: w_Kx2[:, 0], run.params), jax.tree.map(lambda w: w[-1, 1], run.params)
    _, unravel = ravel_pytree(other)
    return jax.vmap(lambda params: ravel_pytree(params)[0])(path_Kx), unravel, other
