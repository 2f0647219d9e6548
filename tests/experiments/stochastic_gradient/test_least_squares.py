"""Least squares without a fit: the targets, and the loss above its minimum."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Splits
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.least_squares import INPUTS, excess_loss, unrelated_targets

TRAIN = unrelated_targets(jax.random.key(0), 4000)
LEARNER = Learner(linear(1), half_squared_error, optax.sgd(0.1))


def excess(params):
    splits = Splits(TRAIN, TRAIN, TRAIN)
    return float(excess_loss(Run(LEARNER, params, params, splits, None, None))["excess_loss"])


def test_targets_have_variance_1_and_are_independent_of_the_inputs():
    assert TRAIN.x.shape == (4000, INPUTS)
    assert float(jnp.var(TRAIN.y)) == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(TRAIN.x.T @ TRAIN.y / 4000, 0, atol=0.08)


def test_the_excess_is_0_at_the_least_squares_solution_and_known_elsewhere():
    with_1_NxP = np.concatenate([np.asarray(TRAIN.x, float), np.ones((4000, 1))], 1)
    best_Px1, (residual,), *_ = np.linalg.lstsq(with_1_NxP, np.asarray(TRAIN.y, float))
    best = {"layer_01": {"w": jnp.asarray(best_Px1[:-1], float), "b": jnp.asarray(best_Px1[-1], float)}}
    assert excess(best) == pytest.approx(0, abs=1e-5)
    zero = jax.tree.map(jnp.zeros_like, best)
    assert excess(zero) == pytest.approx(float(jnp.sum(TRAIN.y**2)) / residual - 1, rel=1e-3)
