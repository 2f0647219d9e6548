"""Nets that differ in depth alone, trained to distinguish two kinds of animal (or of digit) in scenes that vary."""

from collections.abc import Sequence
from functools import partial

from dl_jax.data.by_seed import BySeed
from dl_jax.evidence.records import Records
from dl_jax.measures.canids import Pictures, picture_metrics
from dl_jax.measures.selectivity import ORIGINAL, OTHER_CLASS, OTHER_SCENE
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import evenly, sweep
from experiments.depth_5_to_20.equal_parameters import equal_parts

TASK = "kinds"
NAMED_NUISANCES = ("pose", "illumination", "background", "objects")
"""The nuisances that statement 109 names."""
UNITS, WIDTH = 120, 16
"""Hidden units in all, and the width of the stream that passes them."""
LEARNING_RATES = {"relu": (1e-3, 6e-3, 4e-2), "identity": (3e-3,)}
OTHER_RATES = (5e-4, 3e-3, 2e-2)
"""Learning rates by nonlinearity; wide apart, since accuracies hardly differ from 1e-3 to 1e-2, and a choice among
near ones would be one of noise. Linear nets end alike at any of them."""
BATCH_SIZE, EVALUATIONS = 128, 4


def train_by_depth(
    pictures: BySeed[Pictures],
    depths: Sequence[int],
    nonlinearities: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    context: Context,
    **axes: str,
) -> Records:
    """Records of `picture_metrics` at EVALUATIONS steps, of each depth and nonlinearity at each of its learning rates.

    pictures: from `worlds.pictures_by_seed`. axes: further columns.
    """
    side = pictures.shapes.test.x.shape[2]

    def learner(trial):
        model = equal_parts(UNITS, trial.depth, WIDTH, 2, trial.nonlinearity, side, side)
        return Learner(model, cross_entropy, adam(trial.learning_rate))

    first, *rest = [
        grid(
            depth=static(depths),
            nonlinearity=choice(NONLINEARITIES, [name]),
            learning_rate=LEARNING_RATES.get(name, OTHER_RATES),
            seed=seeds,
        )
        for name in nonlinearities
    ]
    return sweep(
        learner,
        pictures,
        sum(rest, first),
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        eval_steps=evenly(steps, EVALUATIONS),
        task=TASK,
        **axes,
    )


def evaluate(run: Run):
    """Accuracy, and the response to the kind over that to each nuisance that the paper names and to all at once."""
    judged = (ORIGINAL, OTHER_CLASS, OTHER_SCENE, *NAMED_NUISANCES)
    variants = {name: x for name, x in run.splits.matched_variants.items() if name in judged}
    pictures = run.splits._replace(matched_variants=variants)
    return picture_metrics(partial(run.learner.model.apply, run.params), pictures)
