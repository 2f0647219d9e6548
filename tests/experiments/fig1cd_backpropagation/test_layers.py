"""Nets whose layers depend on the layer below alone, and nets with connections that skip it, worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.fig1cd_backpropagation.layers import leak_past_first_layer, net, orthogonal_part, recomputation_error

W_2x1, W_1x1 = jnp.array([[1.0], [0.0]]), jnp.array([[1.0]])
SKIP_2x1 = jnp.array([[0.0], [1.0]])
"""The first layer depends on x_1 alone; the skip adds x_2 to the second layer."""
X_1x2 = jnp.array([[1.0, 2.0]])


def identity(z):
    return z


def test_outputs_of_a_linear_net_without_and_with_a_skip():
    outputs, with_skip = net((W_2x1, W_1x1), identity), net((W_2x1, W_1x1), identity, (SKIP_2x1,))
    assert [y.tolist() for y in outputs(X_1x2)] == [[[1, 2]], [[1]], [[1]]]
    assert [y.tolist() for y in with_skip(X_1x2)] == [[[1, 2]], [[1]], [[3]]]


def test_recomputation_from_the_layer_below_fails_by_what_the_skip_adds():
    weights = (W_2x1, W_1x1)
    assert float(recomputation_error(net(weights, identity)(X_1x2), weights, identity)) == 0
    with_skip = net(weights, identity, (SKIP_2x1,))(X_1x2)
    assert float(recomputation_error(with_skip, weights, identity)) == pytest.approx(2 / 3)


def test_the_orthogonal_part_is_invisible_to_the_weights():
    np.testing.assert_allclose(orthogonal_part(X_1x2, W_2x1), [[0, 2]], atol=1e-6)
    w_6x4, v_5x6 = (jax.random.normal(jax.random.key(0), shape) for shape in ((6, 4), (5, 6)))
    part_5x6 = orthogonal_part(v_5x6, w_6x4)
    np.testing.assert_allclose(part_5x6 @ w_6x4, 0, atol=1e-6)
    np.testing.assert_allclose(orthogonal_part(part_5x6, w_6x4), part_5x6, atol=1e-6)
    assert float(jnp.linalg.norm(part_5x6)) > 0.1


def test_a_change_that_the_first_layer_does_not_transmit_leaks_through_a_skip_only():
    """x_2 goes from 2 to 5: with the skip the second layer goes from 3 to 6."""
    change_1x2, weights = jnp.array([[0.0, 3.0]]), (W_2x1, W_1x1)
    assert float(leak_past_first_layer(net(weights, identity), X_1x2, change_1x2)) == 0
    with_skip = net(weights, identity, (SKIP_2x1,))
    assert float(leak_past_first_layer(with_skip, X_1x2, change_1x2)) == pytest.approx(1.0)
