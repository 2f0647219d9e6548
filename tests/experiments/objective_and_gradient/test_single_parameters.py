"""Effects of single parameters on functions that can be worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.objective_and_gradient.single_parameters import (
    difference_quotients,
    flax_scores,
    largest_error,
    largest_jumps,
    quantized,
)

X_BxP = jnp.array([[1.0, -3.0], [0.5, 2.0]])


def scores(w_P):
    """Linear: a change of weight i changes the scores by x_i times as much."""
    return X_BxP @ w_P[:, None]


def test_the_scores_of_a_linear_model_jump_by_the_largest_input_times_the_change():
    jump_T = largest_jumps(scores, jnp.zeros(2), jnp.array([0, 1]), 8, (1, 2))
    np.testing.assert_allclose(jump_T, [0.25 * 3, 0.5 * 3], rtol=1e-6)
    np.testing.assert_allclose(largest_jumps(scores, jnp.zeros(2), jnp.array([0]), 8, (1,)), [0.25], rtol=1e-6)


def test_quantized_weights_jump_by_a_whole_spacing_however_small_the_change():
    jump_T = largest_jumps(quantized(scores, 0.5), jnp.zeros(2), jnp.array([0, 1]), 64, (1, 2, 4))
    np.testing.assert_allclose(jump_T, [1.5] * 3, rtol=1e-6)


def test_quotients_of_a_quadratic_are_its_derivative_and_half_the_curvature_times_the_change():
    with jax.enable_x64(True):
        H_PxP = jnp.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 4.0]])
        w_P, change_T = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.1, 1.0])
        quotient_TxP = difference_quotients(lambda w_P: 0.5 * w_P @ H_PxP @ w_P, w_P, change_T)
        expected = (H_PxP @ w_P)[None] + 0.5 * change_T[:, None] * jnp.diag(H_PxP)[None]
        np.testing.assert_allclose(quotient_TxP, expected, rtol=1e-12)


def test_quotients_of_more_weights_than_one_batch_takes():
    w_P = jnp.linspace(-1.0, 1.0, 150)
    np.testing.assert_allclose(difference_quotients(lambda w: jnp.sum(3 * w), w_P, jnp.array([1.0]))[0], 3, rtol=1e-3)


def test_an_error_is_relative_to_the_largest_reference():
    assert float(largest_error(jnp.array([1.0, 2.0]), jnp.array([1.5, -4.0]))) == pytest.approx(1.5)
    assert float(largest_error(jnp.array([1.0, 2.0]), jnp.array([1.0, 2.0]))) == 0


def test_flax_gives_equal_scores_with_equal_weights_and_others_with_other_weights():
    model = mlp((5, 4), 3, NONLINEARITIES["tanh"])
    x_BxD = jax.random.normal(jax.random.key(1), (6, 4))
    params = model.init(jax.random.key(0), x_BxD)
    params = jax.tree.map(lambda w: w + 0.1, params)  # initial biases are 0 and would not be compared
    np.testing.assert_allclose(flax_scores(params, x_BxD, jnp.tanh), model.apply(params, x_BxD), rtol=1e-5)
    others = params | {"layer_02": model.init(jax.random.key(2), x_BxD)["layer_02"]}
    assert float(largest_error(flax_scores(others, x_BxD, jnp.tanh), model.apply(params, x_BxD))) > 0.1
