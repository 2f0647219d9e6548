"""The loss and the gradient of every example by itself, and how two per-example quantities relate.

N examples, D inputs, P parameters.
"""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.scipy.stats import rankdata

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Params
from dl_jax.training.step import Learner, mean_loss


def per_example_gradients(learner: Learner, params: Params, examples: Examples) -> tuple[jax.Array, jax.Array]:
    """(loss_N, gradient_NxP): the loss of every example, and its gradient by all parameters as one row."""

    def of_example(x_D, label):
        example = Examples(x_D[None], label[None])
        gradient = jax.grad(mean_loss, argnums=1)(learner, params, example)
        return mean_loss(learner, params, example), ravel_pytree(gradient)[0]

    return jax.vmap(of_example)(examples.x, examples.y)


def rank_correlation(a_N: jax.Array, b_N: jax.Array) -> jax.Array:
    """Spearman's rank correlation, in -1..1; 0 where all values of a or of b are equal."""
    a_N, b_N = (rank - jnp.mean(rank) for rank in (rankdata(a_N), rankdata(b_N)))
    return jnp.sum(a_N * b_N) / jnp.maximum(jnp.sqrt(jnp.sum(a_N**2) * jnp.sum(b_N**2)), 1e-30)


def gradient_share(norm_N: jax.Array, selected_N: jax.Array) -> jax.Array:
    """Share of the sum of the gradient norms that belongs to the selected examples (a mask)."""
    return jnp.sum(norm_N * selected_N) / jnp.maximum(jnp.sum(norm_N), 1e-30)
