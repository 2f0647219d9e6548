"""The step of stochastic gradient descent as section III defines it, and the library's step (statement 64)."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.measures.per_example_gradients import per_example_gradients
from dl_jax.models.model import Key, Params
from dl_jax.training.step import Learner, init_state, step

BY_DEFINITION = {"average": lambda gradient_BxP: jnp.mean(gradient_BxP, 0)}
MISTAKES = {
    "sum instead of the mean": {"average": lambda gradient_BxP: jnp.sum(gradient_BxP, 0)},
    "one example only": {"average": lambda gradient_BxP: gradient_BxP[0]},
    "along the gradient": {"average": lambda gradient_BxP: -jnp.mean(gradient_BxP, 0)},
    "gradient of the step before": BY_DEFINITION | {"delay": 1},
}
"""Options of `sgd_by_definition`: the right ones, and wrong ones as controls."""


def sgd_by_definition(
    learner: Learner,
    params: Params,
    batches: Sequence[Examples],
    learning_rate: float,
    average: Callable[[jax.Array], jax.Array],
    delay: int = 0,
) -> jax.Array:
    """Return the parameters w_P after a step w - learning_rate * average(gradient_BxP) for every batch.

    delay: steps by which the weights at which the gradient is computed lag behind; other than 0 it is a mistake.
    """
    w_P, unravel = ravel_pytree(params)
    past = [w_P] * (delay + 1)
    for batch in batches:
        _, gradient_BxP = per_example_gradients(learner, unravel(past[-1 - delay]), batch)
        past.append(past[-1] - learning_rate * average(gradient_BxP))
    return past[-1]


def sgd_error(
    key: Key, learner: Learner, data: BySeed[Splits], batch_size: int, learning_rate: float, steps: int = 3
) -> dict:
    """Return the relative error of the library's weights after a few steps against those by definition.

    The controls are the same with each of MISTAKES in the definition.

    learner: with plain SGD at this learning rate.
    data:    draws the examples of the seed.
    """
    _, key_init = jax.random.split(key)
    train = data(data_key(key)).train
    train = Examples(jnp.asarray(train.x, float), jnp.asarray(train.y))
    batches = [Examples(*(part[batch_size * t :][:batch_size] for part in train)) for t in range(steps)]
    state = init_state(learner, key_init, train.x[:1])
    init_params = state.params
    for batch in batches:
        state, _ = step(learner, state, batch)
    library_P, _ = ravel_pytree(state.params)

    def error(options):
        definition_P = sgd_by_definition(learner, init_params, batches, learning_rate, **options)
        return jnp.linalg.norm(library_P - definition_P) / jnp.linalg.norm(definition_P)

    mistaken = [named(error(options), case="control", mistake=name) for name, options in MISTAKES.items()]
    return {"sgd_error": [named(error(BY_DEFINITION), case="stated"), *mistaken]}
