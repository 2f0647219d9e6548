"""Functions that are known to need depth, learned by nets of equal size at every depth."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, generated
from dl_jax.evidence.records import Records, measured
from dl_jax.models.mlp import mlp, width_for
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import annealed_adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.depth_and_nonlinearity.functions import tents
from experiments.depth_and_nonlinearity.pieces import tent_pieces

FOLDS = 4
"""The tent map folded four times has 16 pieces."""
PARAMETERS = 2500
"""Weights and biases of every net, whatever its depth: the width that comes nearest is taken."""
EXAMPLES, LEARNING_RATES = 4096, (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1)


def learn_tent(
    depths: Sequence[int], nonlinearities: Sequence[str], seeds: Sequence[int], steps: int, context: Context
) -> Records:
    """Records of the error on the folded tent map, in units of the target's variance: that of a constant is 1.

    Metrics: `relative_squared_error`, and `error_above_best_line`, which is the same minus that of the best line.
    """

    def evaluate(run: Run):
        def error(examples):
            return jnp.mean((run.learner.model.apply(run.params, examples.x) - examples.y) ** 2)

        of_net, of_line = error(run.splits.test), error_of_line(run.splits.train, run.splits.test)
        return {
            "relative_squared_error": of_net,
            "error_above_best_line": of_net - of_line,
            "validation_accuracy": 1.0 - error(run.splits.validation),
        }

    def learner(trial):
        model = mlp((width_for(PARAMETERS, trial.depth, 1, 1),) * trial.depth, 1, trial.nonlinearity)
        return Learner(model, half_squared_error, annealed_adam(trial.learning_rate, steps))

    def trials(names, rates):
        named = choice(NONLINEARITIES, names)
        return grid(depth=static(depths), nonlinearity=named, learning_rate=rates, seed=seeds)

    # A stack of identities is one line at any learning rate, and has nothing to choose.
    parts = [trials([name], (LEARNING_RATES[1],) if name == "identity" else LEARNING_RATES) for name in nonlinearities]
    data, every = generated(tents(FOLDS), EXAMPLES), reduce(add, parts)
    return sweep(learner, data, every, steps=steps, evaluate=evaluate, context=context, task="tent")


def error_of_line(train: Examples, test: Examples) -> jax.Array:
    """The mean squared error on x_Nx1, y_Nx1 of `test` of the line that fits `train` best."""
    x_Nx1 = train.x - jnp.mean(train.x)
    slope = jnp.mean(x_Nx1 * train.y) / jnp.mean(x_Nx1**2)
    return jnp.mean((jnp.mean(train.y) + slope * (test.x - jnp.mean(train.x)) - test.y) ** 2)


def constructed_tent(depth: int) -> Records:
    """The fact `missing_pieces`: how far the tent map folded `depth` times, written as a net, is from 2^depth pieces.

    Relative; for the rectifier, and for the identity as the control.
    """
    return Records.gather(
        measured(
            {"missing_pieces": abs(1 - tent_pieces(depth, name) / 2.0**depth)},
            task="constructed",
            depth=depth,
            nonlinearity=name,
        )
        for name in ("relu", "identity")
    )
