"""Least squares at a constant learning rate: how far above its minimum the loss remains (statement 65)."""

import jax
import jax.numpy as jnp
import optax

from dl_jax.data.dataset import Examples, generated
from dl_jax.evidence.records import Records
from dl_jax.models.linear import linear
from dl_jax.models.model import Key
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import half_squared_error
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.sweep import sweep

LEARNING_RATES = (0.01, 0.1)
EXAMPLES = 1024
INPUTS = 64
HALF, STEPS = 1000, 2000
"""Steps after each of which the loss has stopped falling."""
MINIBATCH = 16


def train_least_squares(seeds: tuple[int, ...], context: Context) -> Records:
    """Train by minibatches and by all examples, at each learning rate; the metric is `excess_loss`, at two steps."""
    return sweep(
        lambda trial: Learner(linear(1), half_squared_error, optax.sgd(trial.learning_rate)),
        generated(unrelated_targets, EXAMPLES),
        grid(batch_size=static((MINIBATCH, EXAMPLES)), learning_rate=LEARNING_RATES, seed=seeds),
        steps=STEPS,
        evaluate=excess_loss,
        eval_steps=(HALF, STEPS),
        context=context,
        batch_size=per_program(lambda trial: trial.batch_size),
    )


def unrelated_targets(key: Key, count: int) -> Examples:
    """Draw normal inputs, and targets of variance 1 that are independent of them, so that no weights fit."""
    x_NxDplus1 = jax.random.normal(key, (count, INPUTS + 1))
    return Examples(x_NxDplus1[:, :-1], x_NxDplus1[:, -1:])


def excess_loss(run: Run) -> dict:
    """Return the training loss above its minimum over all weights, in units of that minimum."""
    x_NxD, y_Nx1 = run.splits.train
    with_1_NxDplus1 = jnp.concatenate([x_NxD, jnp.ones((len(x_NxD), 1))], 1)
    best_Dplus1x1 = jnp.linalg.solve(with_1_NxDplus1.T @ with_1_NxDplus1, with_1_NxDplus1.T @ y_Nx1)
    best = {"layer_01": {"w": best_Dplus1x1[:-1], "b": best_Dplus1x1[-1]}}
    least = mean_loss(run.learner, best, run.splits.train)
    return {"excess_loss": mean_loss(run.learner, run.params, run.splits.train) / least - 1.0}
