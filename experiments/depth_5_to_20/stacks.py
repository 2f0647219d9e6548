"""Stacks of many layers on ten classes: plain, and with skip connections (limits of statement 107)."""

from collections.abc import Sequence

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Splits
from dl_jax.evidence.records import Records
from dl_jax.models.nonlinearities import NONLINEARITIES
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
"""A criterion reads the best of them on the test digits, which favours the nets that are said to fail."""
STANDARD = 3**-0.5
"""Scale of the initial weights U(-1, 1) / sqrt(fan_in), PyTorch's default."""
REMEDIES = {"none": 0.0, "skip": 1.0}
"""Weight of the path past each layer."""


def train_stacks(
    splits: Splits | BySeed,
    depths: Sequence[int],
    nonlinearities: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    context: Context,
) -> Records:
    """Records of the test accuracy of every depth, remedy and nonlinearity at each learning rate."""

    def learner(trial):
        model = plain_stack(trial.depth, WIDTH, CLASSES, trial.nonlinearity, STANDARD, skip=trial.remedy)
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
    """Test accuracy."""
    scores = run.learner.model.apply(run.params, run.splits.test.x)
    return {"test_accuracy": accuracy(scores, run.splits.test.y)}
