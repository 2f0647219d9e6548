"""Trainings along the gradient and along random directions, by minibatches and by all examples."""

import jax.numpy as jnp
import optax

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.grid import choice, grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.sweep import sweep

UNITS = ("relu", "tanh", "logistic")
"""Names of the nonlinearities."""
MINIBATCH, FULL_BATCH = "minibatch", "full batch"
"""Values of the axis `method`."""
ALONG, RANDOM = "gradient", "random direction"
"""Values of the axis `direction`."""
BATCH_SIZE, FEW = 32, 256
"""Examples of a minibatch, and of a full batch."""
VALIDATION = "minus_validation_loss"
"""The metric that chooses the learning rate."""


def train(
    data: BySeed[Splits],
    classes: int,
    *,
    depths: tuple[int, ...],
    width: int,
    learning_rates: tuple[float, ...],
    seeds: tuple[int, ...],
    steps: int,
    context: Context,
) -> Records:
    """Train nets along the gradient: by minibatches at every depth, and one layer of tanh units by all of FEW examples.

    Tanh units at the least depth are trained along random directions too, at the learning rate of the training that
    they are compared with: that of the lowest validation loss along the gradient.
    """
    axes = {"learning_rate": learning_rates, "seed": seeds}

    def trials(method, depth, nonlinearities, *directions):
        return grid(
            method=static((method,)),
            depth=static((depth,)),
            nonlinearity=choice(NONLINEARITIES, nonlinearities),
            direction=choice(DIRECTIONS, directions),
            **axes,
        )

    every = trials(FULL_BATCH, 1, ("tanh",), ALONG, RANDOM)
    every += trials(MINIBATCH, min(depths), ("tanh",), RANDOM)
    for depth in depths:
        every += trials(MINIBATCH, depth, UNITS, ALONG)

    def learner(trial):
        model = mlp((width,) * trial.depth, classes, trial.nonlinearity)
        optimizer = optax.chain(step_along(trial.direction, trial.seed), optax.sgd(trial.learning_rate))
        return Learner(model, cross_entropy, optimizer)

    def evaluate(run: Run):
        return {
            "above_chance": accuracy_on(run, run.splits.test) - 1 / classes,
            VALIDATION: -mean_loss(run.learner, run.params, run.splits.validation),
            "loss_removed": loss_removed(run),
        }

    records = sweep(
        learner,
        per_program(lambda trial: data if trial.method == MINIBATCH else few(data)),
        every,
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=per_program(lambda trial: BATCH_SIZE if trial.method == MINIBATCH else FEW),
        state="trained",
    )
    # Without their validation loss, random directions have no say in the choice.
    rows = (row for row in records if row["metric"] != VALIDATION or row["direction"] == ALONG)
    within = ("method", "depth", "nonlinearity")
    return select(Records(tuple(rows)), over="learning_rate", by=VALIDATION, within=within)


def few(data: BySeed[Splits]) -> BySeed[Splits]:
    """Return the same data with the first FEW of the training examples."""
    return data.map(lambda splits: splits._replace(train=Examples(splits.train.x[:FEW], splits.train.y[:FEW])))


def accuracy_on(run, split):
    """The accuracy of the trained net."""
    return accuracy(run.learner.model.apply(run.params, split.x), split.y)


def loss_removed(run):
    """The share of the training loss that is removed; -1 where it has doubled or is not finite."""
    after, before = (mean_loss(run.learner, params, run.splits.train) for params in (run.params, run.init_params))
    return 1 - jnp.minimum(2.0, jnp.nan_to_num(after / before, nan=jnp.inf))
