"""The step of stochastic gradient descent as section III tells it, example by example, beside the library's."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from dl_jax.models.model import Key, Params
from dl_jax.training.step import Learner, init_state, mean_loss, step


def gradients_of_each(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """gradient_NxP: dE/dw of every example by itself, the weights as one vector."""
    w_P, unravel = ravel_pytree(params)

    def error(w_P, x_D, y):
        return mean_loss(learner, unravel(w_P), Examples(x_D[None], y[None]))

    return jax.vmap(jax.grad(error), (None, 0, 0))(w_P, examples.x, examples.y)


def steps_as_told(
    learner: Learner, params: Params, batches: Sequence[Examples], rate: float, average: Callable, late: int = 0
) -> jax.Array:
    """w_P after a step w - rate * average(gradient_BxP) for every batch, written out.

    late: the gradient is taken at the weights of so many steps ago, which is a mistake unless it is 0.
    """
    w_P, unravel = ravel_pytree(params)
    past = [w_P] * (late + 1)
    for batch in batches:
        gradient_BxP = gradients_of_each(learner, unravel(past[-1 - late]), batch)
        past.append(past[-1] - rate * average(gradient_BxP))
    return past[-1]


AS_TOLD = {"average": lambda gradient_BxP: jnp.mean(gradient_BxP, 0)}
MISTAKES = {
    "sum in place of the mean": {"average": lambda gradient_BxP: jnp.sum(gradient_BxP, 0)},
    "one example alone": {"average": lambda gradient_BxP: gradient_BxP[0]},
    "along the gradient": {"average": lambda gradient_BxP: -jnp.mean(gradient_BxP, 0)},
    "a step too late": AS_TOLD | {"late": 1},
}


def unlike_library(key: Key, learner: Learner, train: Examples, batch_size: int, rate: float, steps: int = 3) -> dict:
    """How far the weights after a few steps of the library are from those of the steps as told, and with a mistake.

    learner: with plain SGD at this rate. Relative, by norm (64).
    """
    train = Examples(jnp.asarray(train.x, float), jnp.asarray(train.y))
    batches = [Examples(*(part[batch_size * t :][:batch_size] for part in train)) for t in range(steps)]
    state = init_state(learner, key, train.x[:1])
    first = state.params
    for batch in batches:
        state, _ = step(learner, state, batch)
    reached_P, _ = ravel_pytree(state.params)

    def unlike(way):
        told_P = steps_as_told(learner, first, batches, rate, **way)
        return jnp.linalg.norm(reached_P - told_P) / jnp.linalg.norm(told_P)

    mistaken = {at("unlike_library", case="control", mistake=name): unlike(way) for name, way in MISTAKES.items()}
    return {at("unlike_library", case="stated"): unlike(AS_TOLD)} | mistaken
