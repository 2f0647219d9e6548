"""Functions that are known to need depth, learned by nets of equal size at every depth."""

from collections.abc import Iterable, Iterator

import jax.numpy as jnp

from dl_jax.data.dataset import generated
from dl_jax.data.synthetic.planes import parity
from dl_jax.evidence.records import Row
from dl_jax.models.mlp import mlp, width_for
from dl_jax.models.nonlinearities import one_of
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy, half_squared_error
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from experiments.depth_and_nonlinearity.functions import tents
from experiments.depth_and_nonlinearity.pieces import tent_pieces

FOLDS, BITS = 4, 8
"""The tent map folded four times (16 pieces), and the parity of eight bits."""
PARAMETERS = 2500
"""Weights and biases of every net, whatever its depth: the width that comes nearest is taken."""
EXAMPLES, RATES = 4096, (1e-3, 3e-3, 1e-2)
TOGETHER = {"cpu": 1, "gpu": 64, "tpu": 64}


def learn_tent(
    depth: int, nonlinearities: tuple[str, ...], seeds: Iterable[int], steps: int, context: Context
) -> list[Row]:
    """Rows of `test_error`, the mean squared error in units of the target's variance: a constant has 1."""

    def error(learner, params, examples):
        return jnp.mean((learner.model.apply(params, examples.x) - examples.y) ** 2)

    def look(learner, first, last, splits):
        fit = 1.0 - error(learner, last, splits.validation)
        return {"test_error": error(learner, last, splits.test), "validation_accuracy": fit}

    draw = generated(tents(FOLDS), EXAMPLES)
    return _learn("tent", draw, 1, 1, half_squared_error, look, depth, nonlinearities, seeds, steps, context)


def learn_parity(
    depth: int, nonlinearities: tuple[str, ...], seeds: Iterable[int], steps: int, context: Context
) -> list[Row]:
    """Rows of `test_accuracy`, of which chance is a half."""

    def look(learner, first, last, splits):
        scores = {name: learner.model.apply(last, getattr(splits, name).x) for name in ("test", "validation")}
        return {f"{name}_accuracy": accuracy(scores[name], getattr(splits, name).y) for name in scores}

    draw = generated(parity(BITS), EXAMPLES)
    return _learn("parity", draw, BITS, 2, cross_entropy, look, depth, nonlinearities, seeds, steps, context)


def constructed_tent(depth: int, seeds: Iterable[int]) -> Iterator[Row]:
    """Rows of `missing_pieces`: how far the tent map folded `depth` times, written as a net, is from 2^depth pieces.

    Relative; for the rectifier, and for the identity as the control. Nothing is trained or drawn,
    so all seeds are alike.
    """
    for name in ("relu", "identity"):
        missing = abs(1 - tent_pieces(depth, name) / 2.0**depth)
        at = {
            "trial": 0,
            "task": "constructed",
            "depth": depth,
            "hidden": ",".join(["2"] * depth),
            "nonlinearity": name,
        }
        yield from ({**at, "seed": seed, "metric": "missing_pieces", "value": missing} for seed in seeds)


def _learn(task, draw, inputs, outputs, loss, look, depth, nonlinearities, seeds, steps, context):
    width = width_for(PARAMETERS, depth, inputs, outputs)

    def learner(trial):
        model = mlp((width,) * depth, outputs, one_of(nonlinearities, trial["nonlinearity"]))
        return Learner(model, loss, adam(trial["learning_rate"]))

    trials = grid(nonlinearity=nonlinearities, learning_rate=RATES, seed=seeds)
    axes = {"task": task, "depth": depth, "hidden": ",".join([str(width)] * depth)}
    return sweep(
        learner, draw, trials, steps=steps, look=look, context=context, together=TOGETHER[context.kind], **axes
    )
