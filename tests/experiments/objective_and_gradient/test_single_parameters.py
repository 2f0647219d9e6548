"""Knobs and derivatives against machines that can be worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.objective_and_gradient.single_parameters import (
    catching,
    growth,
    largest_jumps,
    largest_miss,
    scores_elsewhere,
)

X_BxP = jnp.array([[1.0, -3.0], [0.5, 2.0]])


def scores(w_P):
    """Linear: a turn of weight i moves the scores by x_i."""
    return X_BxP @ w_P[:, None]


def test_a_linear_machine_jumps_by_its_largest_input_times_the_turn():
    jump_T = largest_jumps(scores, jnp.zeros(2), jnp.array([0, 1]), 8, (1, 2))
    np.testing.assert_allclose(jump_T, [0.25 * 3, 0.5 * 3], rtol=1e-6)
    np.testing.assert_allclose(largest_jumps(scores, jnp.zeros(2), jnp.array([0]), 8, (1,)), [0.25], rtol=1e-6)


def test_knobs_in_notches_jump_by_a_whole_notch_however_fine_the_turn():
    jump_T = largest_jumps(catching(scores, 0.5), jnp.zeros(2), jnp.array([0, 1]), 64, (1, 2, 4))
    np.testing.assert_allclose(jump_T, [1.5] * 3, rtol=1e-6)


def test_growth_of_a_quadratic_is_its_derivative_and_half_the_curvature_times_the_step():
    with jax.enable_x64(True):
        H_PxP = jnp.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 4.0]])
        w_P, step_T = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.1, 1.0])
        found_TxP = growth(lambda w_P: 0.5 * w_P @ H_PxP @ w_P, w_P, step_T)
        expected = (H_PxP @ w_P)[None] + 0.5 * step_T[:, None] * jnp.diag(H_PxP)[None]
        np.testing.assert_allclose(found_TxP, expected, rtol=1e-12)


def test_growth_takes_more_weights_than_are_turned_at_once():
    w_P = jnp.linspace(-1.0, 1.0, 150)
    np.testing.assert_allclose(growth(lambda w_P: jnp.sum(3 * w_P), w_P, jnp.array([1.0]))[0], 3, rtol=1e-3)


def test_a_miss_is_in_units_of_the_largest():
    assert float(largest_miss(jnp.array([1.0, 2.0]), jnp.array([1.5, -4.0]))) == pytest.approx(1.5)
    assert float(largest_miss(jnp.array([1.0, 2.0]), jnp.array([1.0, 2.0]))) == 0


def test_other_code_scores_alike_with_the_same_weights_and_not_with_others():
    model = mlp((5, 4), 3, NONLINEARITIES["tanh"])
    x_BxD = jax.random.normal(jax.random.key(1), (6, 4))
    params = model.init(jax.random.key(0), x_BxD)
    params = jax.tree.map(lambda w: w + 0.1, params)  # or the biases would be 0 and prove nothing
    np.testing.assert_allclose(scores_elsewhere(params, x_BxD, jnp.tanh), model.apply(params, x_BxD), rtol=1e-5)
    others = params | {"layer_02": model.init(jax.random.key(2), x_BxD)["layer_02"]}
    assert float(largest_miss(scores_elsewhere(others, x_BxD, jnp.tanh), model.apply(params, x_BxD))) > 0.1
