"""How far the knobs would turn for one example alone, beside how wrong its answer was."""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.scipy.stats import rankdata

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Params
from dl_jax.training.step import Learner, mean_loss


def per_example_gradients(learner: Learner, params: Params, examples: Examples) -> tuple[jax.Array, jax.Array]:
    """(error_N, gradient_NxP): the error of each example, and its derivative by all weights in a row."""

    def alone(x_D, label):
        one = Examples(x_D[None], label[None])
        gradient = jax.grad(mean_loss, argnums=1)(learner, params, one)
        return mean_loss(learner, params, one), ravel_pytree(gradient)[0]

    return jax.vmap(alone)(examples.x, examples.y)


def rank_correlation(a_N: jax.Array, b_N: jax.Array) -> jax.Array:
    """Spearman's: the correlation of the ranks, in -1..1; 0 where all of one are equal."""
    a_N, b_N = (rank - jnp.mean(rank) for rank in (rankdata(a_N), rankdata(b_N)))
    return jnp.sum(a_N * b_N) / jnp.maximum(jnp.sqrt(jnp.sum(a_N**2) * jnp.sum(b_N**2)), 1e-30)


def share(turn_N: jax.Array, of_N: jax.Array) -> jax.Array:
    """The part of all turning that is due to some of the examples (of_N: true or false)."""
    return jnp.sum(turn_N * of_N) / jnp.maximum(jnp.sum(turn_N), 1e-30)
