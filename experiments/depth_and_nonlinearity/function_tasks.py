"""Functions that are known to need depth, learned by nets of equal size at every depth."""

from collections.abc import Sequence

import jax.numpy as jnp

from dl_jax.data.dataset import generated
from dl_jax.data.synthetic.planes import parity
from dl_jax.evidence.records import Records, measured
from dl_jax.models.mlp import mlp, width_for
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, grid, static
from dl_jax.training.losses import accuracy, cross_entropy, half_squared_error
from dl_jax.training.optimizers import adam
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.depth_and_nonlinearity.functions import tents
from experiments.depth_and_nonlinearity.pieces import tent_pieces

FOLDS, BITS = 4, 8
"""The tent map folded four times (16 pieces), and the parity of eight bits."""
PARAMETERS = 2500
"""Weights and biases of every net, whatever its depth: the width that comes nearest is taken."""
EXAMPLES, LEARNING_RATES = 4096, (1e-3, 3e-3, 1e-2)


def learn_tent(
    depths: Sequence[int], nonlinearities: Sequence[str], seeds: Sequence[int], steps: int, context: Context
) -> Records:
    """Records of `relative_squared_error`, in units of the target's variance: that of a constant is 1."""

    def evaluate(run: Run):
        def error(examples):
            return jnp.mean((run.learner.model.apply(run.params, examples.x) - examples.y) ** 2)

        return {
            "relative_squared_error": error(run.splits.test),
            "validation_accuracy": 1.0 - error(run.splits.validation),
        }

    def learner(trial):
        model = mlp((width_for(PARAMETERS, trial.depth, 1, 1),) * trial.depth, 1, trial.nonlinearity)
        return Learner(model, half_squared_error, adam(trial.learning_rate))

    data, trials = generated(tents(FOLDS), EXAMPLES), _grid(depths, nonlinearities, seeds)
    return sweep(learner, data, trials, steps=steps, evaluate=evaluate, context=context, task="tent")


def learn_parity(
    depths: Sequence[int], nonlinearities: Sequence[str], seeds: Sequence[int], steps: int, context: Context
) -> Records:
    """Records of `test_accuracy`, which is one half by chance."""

    def evaluate(run: Run):
        def accuracy_on(examples):
            return accuracy(run.learner.model.apply(run.params, examples.x), examples.y)

        return {
            "test_accuracy": accuracy_on(run.splits.test),
            "validation_accuracy": accuracy_on(run.splits.validation),
        }

    def learner(trial):
        model = mlp((width_for(PARAMETERS, trial.depth, BITS, 2),) * trial.depth, 2, trial.nonlinearity)
        return Learner(model, cross_entropy, adam(trial.learning_rate))

    data, trials = generated(parity(BITS), EXAMPLES), _grid(depths, nonlinearities, seeds)
    return sweep(learner, data, trials, steps=steps, evaluate=evaluate, context=context, task="parity")


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


def _grid(depths, nonlinearities, seeds):
    return grid(
        depth=static(depths),
        nonlinearity=choice(NONLINEARITIES, nonlinearities),
        learning_rate=LEARNING_RATES,
        seed=seeds,
    )
