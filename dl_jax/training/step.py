"""One turn of the knobs: show a few examples, compute the error, its mean gradient, and adjust (section III)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import struct

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key, Model, Params
from dl_jax.training.objectives import Objective


class Learner(NamedTuple):
    """Who learns and how: everything a step needs but the examples and the key."""

    model: Model
    objective: Objective
    optimizer: optax.GradientTransformation


@struct.dataclass
class State:
    """Where a training stands: the weights, the optimizer's memory, and how many steps were taken."""

    params: Params
    optimizer: optax.OptState
    step: jax.Array


def begin(learner: Learner, key: Key, x_BxD: jax.Array) -> State:
    """The state before the first step."""
    params = learner.model.init(key, x_BxD)
    return State(params, learner.optimizer.init(params), jnp.zeros((), jnp.int32))


def mean_error(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """E, the objective averaged over the examples."""
    return jnp.mean(learner.objective(learner.model.apply(params, examples.x), examples.y))


def step(learner: Learner, state: State, batch: Examples) -> tuple[State, jax.Array]:
    """One step against the gradient. Returns the new state and the error before the step."""
    error, gradient = jax.value_and_grad(mean_error, argnums=1)(learner, state.params, batch)
    update, optimizer = learner.optimizer.update(gradient, state.optimizer, state.params)
    return State(optax.apply_updates(state.params, update), optimizer, state.step + 1), error


def batch_indices(key: Key, first_step: jax.Array, steps: int, examples: int, batch_size: int) -> jax.Array:
    """Which examples each step sees, index_TxB: every epoch a fresh shuffle, cut into batches.

    A function of (key, step) alone, however the training is cut into calls; examples that
    do not fill a last batch wait for the next shuffle.
    """
    size = min(batch_size, examples)
    per_epoch = examples // size
    first_epoch = first_step // per_epoch

    def shuffled(epoch):
        order_N = jnp.argsort(jax.random.bits(jax.random.fold_in(key, epoch), (examples,)))
        return order_N[: per_epoch * size].reshape(per_epoch, size)

    epochs = first_epoch + jnp.arange((steps + per_epoch - 2) // per_epoch + 1)
    index_SxB = jax.lax.map(shuffled, epochs).reshape(-1, size)
    return jax.lax.dynamic_slice_in_dim(index_SxB, first_step - first_epoch * per_epoch, steps)


def chunk(learner: Learner, state: State, train: Examples, key: Key, steps: int, batch_size: int):
    """`steps` steps as one program. Returns the new state and the errors E_T before each step."""
    index_TxB = batch_indices(key, state.step, steps, len(train.x), batch_size)

    def one(state, index_B):
        return step(learner, state, Examples(train.x[index_B], train.y[index_B]))

    return jax.lax.scan(one, state, index_TxB)
