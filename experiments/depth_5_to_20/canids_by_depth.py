"""Nets that differ in depth alone, trained to classify Samoyeds and white wolves, with evaluations on the way."""

from collections.abc import Sequence
from functools import partial

from dl_jax.evidence.records import Records
from dl_jax.measures.canids import Pictures, picture_metrics
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import evenly, sweep
from experiments.depth_5_to_20.equal_parameters import equal_parts

TASK = "canids"
UNITS, WIDTH, PATCH, STRIDE = 120, 32, 12, 6
"""Hidden units in all, width of the stream, side of the patches of pixels and their distance."""
LEARNING_RATES = (1e-3, 3e-3)
BATCH_SIZE, EVALUATIONS = 32, 4


def train_by_depth(
    pictures: Pictures,
    depths: Sequence[int],
    nonlinearities: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    context: Context,
) -> Records:
    """Records of `picture_metrics` at EVALUATIONS steps, of each depth and nonlinearity at each learning rate."""

    def learner(trial):
        model = equal_parts(UNITS, trial.depth, WIDTH, 2, trial.nonlinearity, PATCH, STRIDE)
        return Learner(model, cross_entropy, adam(trial.learning_rate))

    def evaluate(run: Run):
        return picture_metrics(partial(run.learner.model.apply, run.params), run.splits)

    return sweep(
        learner,
        pictures,
        grid(
            depth=static(depths),
            nonlinearity=choice(NONLINEARITIES, nonlinearities),
            learning_rate=LEARNING_RATES,
            seed=seeds,
        ),
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        eval_steps=evenly(steps, EVALUATIONS),
        task=TASK,
    )
