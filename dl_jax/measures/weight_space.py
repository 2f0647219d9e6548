"""Parameters before and after a short training, and parameters as one vector."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key, Params
from dl_jax.training.batches import shuffle_bits
from dl_jax.training.step import Learner, chunk, init_state, mean_loss

STATES = ("untrained", "trained")


def params_before_and_after(
    learner: Learner, key: Key, train: Examples, steps: int, batch_size: int = 128
) -> dict[str, Params]:
    """Train for `steps` steps inside the caller's program; return the parameters in each of STATES."""
    key_init, key_batch = jax.random.split(key)
    initial = init_state(learner, key_init, train.x[:1])
    bits_2xR = shuffle_bits(key_batch).astype(jnp.uint32)  # under x64 they are 64 bits wide
    final, _ = chunk(learner, initial, jax.tree.map(jnp.asarray, train), bits_2xR, steps, batch_size)
    return dict(zip(STATES, (initial.params, final.params), strict=True))


def flatten_params(
    learner: Learner, params: Params, examples: Examples
) -> tuple[jax.Array, Callable[[jax.Array], Params], Callable[[jax.Array], jax.Array]]:
    """Return (w_P, w_P -> params, w_P -> mean loss over the examples): the parameters as one vector."""
    w_P, unravel = ravel_pytree(params)
    return w_P, unravel, lambda w_P: mean_loss(learner, unravel(w_P), examples)
