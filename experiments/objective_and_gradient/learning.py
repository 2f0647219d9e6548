"""Trainings along the gradient and along random directions, by minibatches and by all examples."""

import jax.numpy as jnp
import optax

from dl_jax.data.dataset import Splits
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


def train(
    splits: Splits,
    classes: int,
    *,
    depths: tuple[int, ...],
    width: int,
    learning_rates: tuple[float, ...],
    seeds: tuple[int, ...],
    steps: int,
    context: Context,
) -> Records:
    """Train nets by minibatches at every depth, and one hidden layer of tanh units by all examples at each step.

    The learning rate is selected by the validation accuracy.
    """
    axes = {
        "direction": choice(DIRECTIONS, ("gradient", "random direction")),
        "learning_rate": learning_rates,
        "seed": seeds,
    }
    trials = grid(method=static((MINIBATCH,)), depth=static(depths), nonlinearity=choice(NONLINEARITIES, UNITS), **axes)
    trials += grid(
        method=static((FULL_BATCH,)), depth=static((1,)), nonlinearity=choice(NONLINEARITIES, ("tanh",)), **axes
    )

    def learner(trial):
        model = mlp((width,) * trial.depth, classes, trial.nonlinearity)
        optimizer = optax.chain(step_along(trial.direction, trial.seed), optax.sgd(trial.learning_rate))
        return Learner(model, cross_entropy, optimizer)

    def evaluate(run: Run):
        return {
            "above_chance": accuracy_on(run, run.splits.test) - 1 / classes,
            "validation_accuracy": accuracy_on(run, run.splits.validation),
            "loss_removed": loss_removed(run),
        }

    records = sweep(
        learner,
        splits,
        trials,
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=per_program(lambda trial: 128 if trial.method == MINIBATCH else len(splits.train.x)),
        state="trained",
    )
    within = ("method", "depth", "nonlinearity", "direction")
    return select(records, over="learning_rate", by="validation_accuracy", within=within)


def accuracy_on(run, split):
    """The accuracy of the trained net."""
    return accuracy(run.learner.model.apply(run.params, split.x), split.y)


def loss_removed(run):
    """The share of the training loss that is removed; -1 where it has doubled or is not finite."""
    after, before = (mean_loss(run.learner, params, run.splits.train) for params in (run.params, run.init_params))
    return 1 - jnp.minimum(2.0, jnp.nan_to_num(after / before, nan=jnp.inf))
