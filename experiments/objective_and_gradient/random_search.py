"""A rival that descends without the gradient: random steps, of which those that lower the loss are kept."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import named
from dl_jax.measures.weight_space import flatten_params
from dl_jax.models.model import Key
from dl_jax.training.step import Learner, init_state
from experiments.objective_and_gradient.learning import few

RANDOM_SEARCH = "random search"
"""Its value on the axis `method`."""
TRIES = ("once", "again")
"""From the same weights, with other random steps."""
EVALUATIONS = 3
"""How often the loss is evaluated for each step of gradient descent: a gradient costs a forward pass and two more."""
LONGER, SHORTER = np.exp(0.8), np.exp(-0.2)
"""Factors on the length of a step, after one that was kept and after one that was not: a fifth are kept in balance."""


def random_search(loss: Callable, w_P: jax.Array, key: Key, evaluations: int) -> jax.Array:
    """Return the loss that the (1 + 1) evolution strategy with the one-fifth rule reaches from w_P (Rechenberg 1973).

    Its first steps have a tenth of the length of w_P, and lengths follow from success.
    """

    def attempt(state, key):
        w_P, value, length = state
        new_P = w_P + length * jax.random.normal(key, w_P.shape) / jnp.sqrt(w_P.size)
        new = loss(new_P)
        lower = new < value
        factor = jnp.where(lower, LONGER, SHORTER)
        return (jnp.where(lower, new_P, w_P), jnp.where(lower, new, value), length * factor), None

    first = (w_P, loss(w_P), 0.1 * jnp.linalg.norm(w_P))
    (_, value, _), _ = jax.lax.scan(attempt, first, jax.random.split(key, evaluations))
    return value


def removed_by_random_search(key: Key, learner: Learner, data: BySeed[Splits], steps: int) -> dict:
    """Return the share of the training loss that each of TRIES removes, at the cost of `steps` gradients.

    data: draws the examples of the seed, of which the training uses a few as full-batch gradient descent does.
    """
    _, key_init, *keys_search = jax.random.split(key, 2 + len(TRIES))
    train = few(data)(data_key(key)).train
    params = init_state(learner, key_init, train.x[:1]).params
    w_P, _, loss = flatten_params(learner, params, train)
    after_2 = jax.lax.map(lambda key: random_search(loss, w_P, key, EVALUATIONS * steps), jnp.stack(keys_search))
    return {"loss_removed": named(1 - after_2 / loss(w_P), method=RANDOM_SEARCH, tried=TRIES)}
