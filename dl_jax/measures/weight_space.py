"""A machine as a point: all its weights in one vector, before training and after it."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key, Params
from dl_jax.training.batches import shuffle_bits
from dl_jax.training.step import Learner, chunk, init_state, mean_loss

STATES = ("untrained", "trained")


def before_and_after(
    learner: Learner, key: Key, train: Examples, steps: int, batch_size: int = 128
) -> dict[str, Params]:
    """The weights in each of STATES: at first, and after so many steps."""
    key_init, key_batch = jax.random.split(key)
    first = init_state(learner, key_init, train.x[:1])
    order_2xR = shuffle_bits(key_batch).astype(jnp.uint32)  # double precision would draw wider numbers
    last, _ = chunk(learner, first, jax.tree.map(jnp.asarray, train), order_2xR, steps, batch_size)
    return dict(zip(STATES, (first.params, last.params), strict=True))


def as_vector(
    learner: Learner, params: Params, examples: Examples
) -> tuple[jax.Array, Callable[[jax.Array], Params], Callable[[jax.Array], jax.Array]]:
    """(w_P, w_P -> params, w_P -> E): the weights as one vector, the way back, and the error averaged over examples."""
    w_P, unravel = ravel_pytree(params)
    return w_P, unravel, lambda w_P: mean_loss(learner, unravel(w_P), examples)
