"""Gradient norms by layer, and how far a function is from affine."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Params
from dl_jax.training.step import Learner, mean_loss


def gradient_norms(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """norm_L: Euclidean norm of dE/dw of every layer, from the input up, with E the mean loss (figure 1d)."""
    gradient = jax.grad(mean_loss, argnums=1)(learner, params, examples)
    return jnp.stack([jnp.linalg.norm(gradient[name]["w"]) for name in sorted(gradient)])


def affine_residual(function: Callable[[jax.Array], jax.Array], x_NxD: jax.Array) -> jax.Array:
    """Deviation of a function x_NxD -> y_NxC from an affine map: 0 for an affine map, up to rounding.

    The deviation of the output at the midpoint of two inputs from the mean of their outputs, root mean square over
    pairs of inputs, relative to the root mean square difference between the two outputs.
    """
    other_NxD = jnp.roll(x_NxD, 1, 0)
    y_NxC, other_y_NxC = function(x_NxD), function(other_NxD)
    residual_NxC = function((x_NxD + other_NxD) / 2) - (y_NxC + other_y_NxC) / 2
    return jnp.sqrt(jnp.sum(residual_NxC**2) / jnp.maximum(jnp.sum((y_NxC - other_y_NxC) ** 2), 1e-30))
