"""Trainings by the printed equations on digits, and with and without biases on a half-space."""

import jax
import jax.numpy as jnp
import optax

from dl_jax.data import catalog
from dl_jax.data.dataset import generated
from dl_jax.data.synthetic import planes
from dl_jax.evidence.records import Records
from dl_jax.models.backpropagation import PRINTED, UNITS, printed_net
from dl_jax.models.initializers import lecun
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.grid import choice, grid
from dl_jax.training.losses import accuracy, binary_cross_entropy, half_squared_error
from dl_jax.training.optimizers import adam, train_only
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.sweep import sweep
from experiments.fig1cd_backpropagation.mutations import FEEDBACK

BOUNDARY = 0.3 / 5**0.5
"""Distance from the origin to the boundary of `planes.half_space`."""
FAR = 1.0
"""Distance from the origin to the boundary where biases should matter."""
NETS = ("identity", "relu", "tanh")
"""Nonlinearities of the nets that learn a half-space; with the identity the net is linear."""


def train_on_digits(
    seeds: tuple[int, ...], hidden: tuple[int, ...], learning_rate: float, steps: int, context: Context
) -> Records:
    """Train by the equations, along random directions, not at all, and with random feedback (statement 7)."""

    def learner(trial):
        equations = PRINTED._replace(to_outputs_below=trial.feedback)
        model = printed_net(hidden, 10, UNITS["tanh"], lecun, equations)
        optimizer = optax.chain(step_along(trial.direction, trial.seed), optax.sgd(learning_rate))
        return Learner(model, loss, optimizer)

    def loss(y_BxC, label_B):
        return half_squared_error(y_BxC, jax.nn.one_hot(label_B, 10))

    trials = grid(seed=seeds, direction=choice(DIRECTIONS), feedback=choice(FEEDBACK, ("weights",)))
    trials += grid(seed=seeds, direction=choice(DIRECTIONS, ("gradient",)), feedback=choice(FEEDBACK, ("random",)))
    digits = catalog.load("digits").by_seed()
    return sweep(learner, digits, trials, steps=steps, evaluate=loss_removed, context=context, task="digits")


def loss_removed(run: Run) -> dict:
    """Return the share of the training loss that is removed: 1 for all of it, below 0 where the loss has grown."""
    before, after = (mean_loss(run.learner, params, run.splits.train) for params in (run.init_params, run.params))
    return {"loss_removed": 1 - after / before}


def train_on_half_space(seeds: tuple[int, ...], steps: int, context: Context) -> Records:
    """Train nets with and without biases where the boundary goes through the origin, and where it does not (84)."""

    def learner(trial):
        net = mlp((16,), 1, trial.nonlinearity)
        shift_2 = (trial.distance - BOUNDARY) * jnp.array([1.0, 2.0]) / 5**0.5
        shifted = net._replace(apply=lambda params, x_Bx2: net.apply(params, x_Bx2 + shift_2[None]))
        optimizer = train_only(adam(0.01), lambda path: trial.biases if path[-1].key == "b" else 1)
        return Learner(shifted, binary_cross_entropy, optimizer)

    return sweep(
        learner,
        generated(planes.half_space, 1024),
        grid(seed=seeds, distance=(0.0, FAR), biases=(0, 1), nonlinearity=choice(NONLINEARITIES, NETS)),
        steps=steps,
        evaluate=accuracy_of,
        context=context,
        task="half_space",
    )


def accuracy_of(run: Run) -> dict:
    """Return the share of test examples on the right side of the boundary."""
    return {"test_accuracy": accuracy(run.learner.model.apply(run.params, run.splits.test.x), run.splits.test.y)}
