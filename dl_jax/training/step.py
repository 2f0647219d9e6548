"""One turn of the knobs: show a few examples, compute the error, its mean gradient, and adjust (section III)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import struct

from dl_jax.data.dataset import Examples
from dl_jax.models.model import Key, Model, Params
from dl_jax.training.batches import batch_indices
from dl_jax.training.losses import Loss


class Learner(NamedTuple):
    """Who learns and how: everything a step needs but the examples and the key."""

    model: Model
    loss: Loss
    optimizer: optax.GradientTransformation


@struct.dataclass
class State:
    """Where a training stands: the weights, the optimizer's memory, and how many steps were taken."""

    params: Params
    optimizer: optax.OptState
    step: jax.Array


def init_state(learner: Learner, key: Key, x_BxD: jax.Array) -> State:
    """The state before the first step."""
    params = learner.model.init(key, x_BxD)
    return State(params, learner.optimizer.init(params), jnp.zeros((), jnp.int32))


def mean_loss(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """E, the objective averaged over the examples."""
    return jnp.mean(learner.loss(learner.model.apply(params, examples.x), examples.y))


def step(learner: Learner, state: State, batch: Examples) -> tuple[State, jax.Array]:
    """One step against the gradient. Returns the new state and the error before the step."""
    error, gradient = jax.value_and_grad(mean_loss, argnums=1)(learner, state.params, batch)
    update, optimizer = learner.optimizer.update(gradient, state.optimizer, state.params)
    return State(optax.apply_updates(state.params, update), optimizer, state.step + 1), error


def chunk(
    learner: Learner,
    state: State,
    train: Examples,
    order: jax.Array,
    steps: int,
    batch_size: int,
    unroll: bool = False,
    shard_batch: Callable[[Examples], Examples] = lambda batch: batch,
):
    """`steps` steps as one program. Returns the new state and the errors E_T before each step.

    order:     which examples each step sees (`shuffle_bits`).
    unroll:    write the steps out one after the other, with no loop.
    share_out: batch -> the same batch, perhaps told on which devices its parts shall lie.
    """
    index_TxB = batch_indices(order, state.step, steps, len(train.x), batch_size)

    def batch(index_B):
        return shard_batch(Examples(train.x[index_B], train.y[index_B]))

    return steps_on(learner, state, index_TxB, batch, unroll)


def steps_on(
    learner: Learner, state: State, shown_T: Any, batch: Callable[[Any], Examples], unroll: bool = False
) -> tuple[State, jax.Array]:
    """A step for each entry of `shown_T`, on the examples that `batch` makes of it."""

    def one(state, shown):
        return step(learner, state, batch(shown))

    steps = len(jax.tree.leaves(shown_T)[0])
    return jax.lax.scan(one, state, shown_T, unroll=steps if unroll else 1)
