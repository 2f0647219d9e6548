"""What arrives of the error's derivative at each layer."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Params
from dl_jax.training.step import Learner, mean_loss


def gradient_norms(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """norm_L: the Euclidean norm of dE/dw of every layer, the input's side first (figure 1d)."""
    gradient = jax.grad(mean_loss, argnums=1)(learner, params, examples)
    return jnp.stack([jnp.linalg.norm(gradient[name]["w"]) for name in sorted(gradient)])


def affine_residual(function, x_NxD: jax.Array) -> jax.Array:
    """How far a function is from being linear (with an offset): 0 if it is, but for rounding.

    The scores at the midpoint of two inputs against the mean of their scores, relative to how far
    the two scores lie apart; the root mean square over pairs of examples.
    """
    other_NxD = jnp.roll(x_NxD, 1, 0)
    here_NxC, there_NxC = function(x_NxD), function(other_NxD)
    miss_NxC = function((x_NxD + other_NxD) / 2) - (here_NxC + there_NxC) / 2
    return jnp.sqrt(jnp.sum(miss_NxC**2) / jnp.maximum(jnp.sum((here_NxC - there_NxC) ** 2), 1e-30))
