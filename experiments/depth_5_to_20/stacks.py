"""Stacks of many layers on ten classes: plain, and with each of three remedies (statement 107)."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Splits
from dl_jax.evidence.records import Records
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES, Nonlinearity
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.depth_5_to_20.plain_stack import plain_stack

TASK = "digits"
WIDTH, CLASSES, BATCH_SIZE = 32, 10, 64
LEARNING_RATES = (0.01, 0.1)
STANDARD = 3**-0.5
"""Scale of the initial weights U(-1, 1) / sqrt(fan_in), PyTorch's default."""


class Remedy(NamedTuple):
    """What a stack has beyond a plain one. Each may be traced.

    preserves_variance: initial weights at the gain of the nonlinearity, in place of STANDARD.
    normalizes:         layer normalization of the total inputs.
    skip:               weight of the path past each layer.
    """

    preserves_variance: bool | jax.Array = False
    normalizes: bool | jax.Array = False
    skip: float | jax.Array = 0.0


REMEDIES = {
    "none": Remedy(),
    "variance_preserving": Remedy(preserves_variance=True),
    "layer_norm": Remedy(normalizes=True),
    "skip": Remedy(skip=1.0),
}


def stack(depth: int, width: int, classes: int, nonlinearity: Nonlinearity, remedy: Remedy) -> Model:
    """Return a stack of equal layers with a remedy."""
    scale = jnp.where(remedy.preserves_variance, nonlinearity.gain, STANDARD)
    return plain_stack(depth, width, classes, nonlinearity, scale, remedy.normalizes, remedy.skip)


def train_stacks(
    splits: Splits,
    depths: Sequence[int],
    nonlinearities: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    context: Context,
) -> Records:
    """Records of validation and test accuracy of every depth, remedy and nonlinearity at each learning rate."""

    def learner(trial):
        model = stack(trial.depth, WIDTH, CLASSES, trial.nonlinearity, trial.remedy)
        return Learner(model, cross_entropy, sgd(trial.learning_rate))

    return sweep(
        learner,
        splits,
        grid(
            depth=static(depths),
            remedy=choice(REMEDIES),
            nonlinearity=choice(NONLINEARITIES, nonlinearities),
            learning_rate=LEARNING_RATES,
            seed=seeds,
        ),
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        task=TASK,
    )


def evaluate(run: Run):
    """Validation and test accuracy."""

    def accuracy_on(examples):
        return accuracy(run.learner.model.apply(run.params, examples.x), examples.y)

    return {
        "validation_accuracy": accuracy_on(run.splits.validation),
        "test_accuracy": accuracy_on(run.splits.test),
    }
