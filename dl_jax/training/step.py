"""One training step: the loss on a few examples, its mean gradient, and an update against it (section III)."""

from collections.abc import Callable
from functools import partial
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
    """A model, its loss and its optimizer: everything that a step needs but the examples and the key.

    optimizer: of optax; or a `full_batch.Method`, which `sweep` can train.
    """

    model: Model
    loss: Loss
    optimizer: optax.GradientTransformation


@struct.dataclass
class State:
    """The state of a training: the weights, the optimizer's state, and the number of steps taken."""

    params: Params
    optimizer: optax.OptState
    step: jax.Array


def init_state(learner: Learner, key: Key, x_BxD: jax.Array) -> State:
    """The state before the first step."""
    params = learner.model.init(key, x_BxD)
    return State(params, learner.optimizer.init(params), jnp.zeros((), jnp.int32))


def mean_loss(learner: Learner, params: Params, examples: Examples) -> jax.Array:
    """The loss averaged over the examples, E in the paper."""
    return jnp.mean(learner.loss(learner.model.apply(params, examples.x), examples.y))


def step(learner: Learner, state: State, batch: Examples) -> tuple[State, jax.Array]:
    """Take one step against the gradient. Returns the new state and the loss before the step."""
    loss, gradient = jax.value_and_grad(mean_loss, argnums=1)(learner, state.params, batch)
    update, optimizer = learner.optimizer.update(gradient, state.optimizer, state.params)
    return State(optax.apply_updates(state.params, update), optimizer, state.step + 1), loss


def chunk(
    learner: Learner,
    state: State,
    train: Examples,
    bits_2xR: jax.Array,
    steps: int,
    batch_size: int,
    unroll: bool = False,
    shard_batch: Callable[[Examples], Examples] = lambda batch: batch,
) -> tuple[State, jax.Array]:
    """Take `steps` steps on shuffled batches, as one program. Returns the new state and the loss_T before each step.

    bits_2xR:    the random numbers of the shuffles (`shuffle_bits`).
    unroll:      write the steps out one after the other, without a loop.
    shard_batch: batch -> the same batch, constrained to lie on certain devices.
    """
    index_TxB = batch_indices(bits_2xR, state.step, steps, len(train.x), batch_size)
    return steps_on(learner, state, index_TxB, partial(_batch, train, shard_batch), unroll=unroll)


def some_of_chunk(
    learner: Learner,
    state: State,
    loss_T: jax.Array,
    train: Examples,
    bits_2xR: jax.Array,
    steps: int,
    count: jax.Array,
    batch_size: int,
    shard_batch: Callable[[Examples], Examples] = lambda batch: batch,
) -> tuple[State, jax.Array]:
    """Take the first `count` (traced) of the steps of `chunk`. Returns the new state, and loss_T with their losses set.

    loss_T: one entry for each step of the whole training.
    """
    index_TxB = batch_indices(bits_2xR, state.step, steps, len(train.x), batch_size)

    def one(t, carry):
        state, loss_T = carry
        new, loss = step(learner, state, _batch(train, shard_batch, index_TxB[t]))
        return new, loss_T.at[state.step].set(loss)

    return jax.lax.fori_loop(0, count, one, (state, loss_T))


def _batch(train, shard_batch, index_B):
    return shard_batch(Examples(train.x[index_B], train.y[index_B]))


def steps_on(
    learner: Learner,
    state: State,
    inputs_T: Any,
    batch: Callable[[Any], Examples],
    *,
    unroll: bool = False,
    monitor: Callable[[Params, Params], jax.Array] | None = None,
) -> tuple[State, Any]:
    """Take a step for each entry of `inputs_T`, on the examples that `batch` makes of it.

    Returns the new state and the loss before each step; with `monitor`, a pair of that and monitor(params before,
    params after) for each step.
    """

    def one(state, inputs):
        new, loss = step(learner, state, batch(inputs))
        return new, loss if monitor is None else (loss, monitor(state.params, new.params))

    steps = len(jax.tree.leaves(inputs_T)[0])
    return jax.lax.scan(one, state, inputs_T, unroll=steps if unroll else 1)
