"""A training loop in the style of the flax examples: a linen module, a TrainState, a jitted step for each batch.

Written for speed: the data is on the device, the batch is gathered inside the step, the state is donated, the module
and the optimizer are created once per architecture so that no seed compiles again, and no step is waited for.
"""

import time
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen
from flax.training.train_state import TrainState

from tests.benchmarks.tasks import GAINS, MOMENTUM

NONLINEARITIES = {"relu": linen.relu, "tanh": linen.tanh, "logistic": linen.sigmoid, "identity": lambda z: z}


class MLP(linen.Module):
    """Hidden layers of equal width, and a linear layer of scores."""

    depth: int
    width: int
    classes: int
    nonlinearity: Callable
    gain: float

    @linen.compact
    def __call__(self, x_BxD):
        init = partial(linen.initializers.variance_scaling, mode="fan_in", distribution="normal")
        for _ in range(self.depth):
            x_BxD = self.nonlinearity(linen.Dense(self.width, kernel_init=init(self.gain**2))(x_BxD))
        return linen.Dense(self.classes, kernel_init=init(1.0))(x_BxD)


@partial(jax.jit, donate_argnums=0)
def train_step(state, x_NxD, y_N, index_B):
    """Take a step on the examples with these indices. Returns the state and the loss before the step."""

    def loss_of(params):
        scores_BxC = state.apply_fn({"params": params}, x_NxD[index_B])
        return optax.softmax_cross_entropy_with_integer_labels(scores_BxC, y_N[index_B]).mean()

    loss, gradients = jax.value_and_grad(loss_of)(state.params)
    return state.apply_gradients(grads=gradients), loss


@jax.jit
def evaluate(state, x_NxD, y_N):
    """Return the accuracy."""
    return jnp.mean(state.apply_fn({"params": state.params}, x_NxD).argmax(1) == y_N)


@partial(jax.jit, static_argnames=("examples", "size"))
def shuffled(key, examples, size):
    """Return the batches of an epoch, index_TxB."""
    steps = examples // size
    return jax.random.permutation(key, examples)[: steps * size].reshape(steps, size)


def reference_sweep(task):
    """Run the trainings of the reference sweep one after the other."""
    train, test = jax.device_put(task.data())
    compile_s, run_s, cells = 0.0, dict.fromkeys(task.depths, 0.0), []
    programs = {}
    for depth, nonlinearity, seed in task.cells():
        if (depth, nonlinearity) not in programs:
            net = MLP(depth, task.width, task.classes, NONLINEARITIES[nonlinearity], GAINS[nonlinearity])
            programs[depth, nonlinearity] = net, jax.jit(net.init), optax.sgd(task.learning_rate, MOMENTUM)
            began = time.perf_counter()
            train_one(*programs[depth, nonlinearity], seed, train, test, task, steps=1)
            compile_s += time.perf_counter() - began
        began = time.perf_counter()
        metrics = train_one(*programs[depth, nonlinearity], seed, train, test, task, task.steps)
        run_s[depth] += time.perf_counter() - began
        cells.append({"depth": depth, "nonlinearity": nonlinearity, "seed": seed} | metrics)
    parts = [{"depth": depth, "run_s": seconds} for depth, seconds in run_s.items()]
    totals = {"programs": train_step._cache_size(), "compile_s": compile_s, "run_s": sum(run_s.values())}
    return totals | {"parts": parts, "cells": cells}


def train_one(net, init, optimizer, seed, train, test, task, steps):
    """Train from initial weights. Returns the mean loss of the last twentieth of the steps, and the test accuracy."""
    key_init, key_batch = jax.random.split(jax.random.key(seed))
    params = init(key_init, train[0][:1])["params"]
    state = TrainState.create(apply_fn=net.apply, params=params, tx=optimizer)
    losses = []
    for epoch in range(-(-steps // (task.examples // task.batch_size))):
        index_TxB = np.asarray(shuffled(jax.random.fold_in(key_batch, epoch), task.examples, task.batch_size))
        for index_B in index_TxB[: steps - len(losses)]:
            state, loss = train_step(state, *train, index_B)
            losses.append(loss)
    accuracy = evaluate(state, *test)
    return {"train_loss": float(np.mean(losses[-max(1, steps // 20) :])), "test_accuracy": float(accuracy)}
