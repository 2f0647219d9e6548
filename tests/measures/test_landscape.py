"""Slices, segments and planes of known functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.landscape import (
    barrier,
    filter_normalized,
    losses_at,
    plane_coefficients,
    principal_plane,
    reverse_hidden_units,
    segment_coefficients,
)
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(9, 3)).astype(np.float32)
NET = mlp((4, 5), 2, NONLINEARITIES["tanh"])
PARAMS = jax.tree.map(lambda w: w + 0.1, NET.init(jax.random.key(0), X_NxD))
RANDOM = jax.tree.map(lambda w: GENERATOR.normal(size=w.shape).astype(np.float32), PARAMS)


def bowl(w_P):
    return jnp.sum(jnp.array([1.0, 10.0, 0.0]) * w_P**2)


def test_normalized_directions_have_the_norms_of_the_units():
    direction = filter_normalized(RANDOM, PARAMS)
    for name, layer in PARAMS.items():
        norm = np.linalg.norm(direction[name]["w"], axis=0)
        np.testing.assert_allclose(norm, np.linalg.norm(layer["w"], axis=0), rtol=1e-5)
        assert not np.any(direction[name]["b"])
    np.testing.assert_allclose(filter_normalized(PARAMS, PARAMS)["layer_01"]["w"], PARAMS["layer_01"]["w"], rtol=1e-6)


def test_directions_scale_with_the_weights():
    larger = PARAMS | {"layer_02": jax.tree.map(lambda w: 7.0 * w, PARAMS["layer_02"])}
    direction = filter_normalized(RANDOM, larger)["layer_02"]["w"]
    np.testing.assert_allclose(direction, 7.0 * filter_normalized(RANDOM, PARAMS)["layer_02"]["w"], rtol=1e-5)


def test_losses_on_a_plane_and_a_segment_of_a_quadratic():
    vector_VxP = jnp.concatenate([jnp.array([[0.0, 0.0, 5.0], [2.0, 0.0, 0.0]]), jnp.eye(3)])
    plane_MxV = plane_coefficients(5, 0, (2, 3), jnp.array([-1.0, 0.0, 2.0]), jnp.array([0.0, 1.0]))
    loss_M = losses_at(bowl, vector_VxP, plane_MxV)
    np.testing.assert_allclose(loss_M.reshape(3, 2), [[1.0, 11.0], [0.0, 10.0], [4.0, 14.0]], rtol=1e-6)
    loss_M = losses_at(bowl, vector_VxP, segment_coefficients(5, 0, 1, 5))
    np.testing.assert_allclose(loss_M, [0.0, 0.25, 1.0, 2.25, 4.0], rtol=1e-6)


def barrier_between(loss, start_P, end_P):
    return float(barrier(losses_at(loss, jnp.stack([start_P, end_P]), segment_coefficients(2, 0, 1, 21))))


def test_a_convex_loss_has_no_barrier():
    assert barrier_between(bowl, jnp.ones(3), -2 * jnp.ones(3)) == pytest.approx(0.0, abs=1e-5)


def test_barrier_between_two_minima():
    """(w^2 - 1)^2 + 0.1 w rises by 1 above the chord from w = -1 to w = 1."""
    assert barrier_between(lambda w_P: (w_P[0] ** 2 - 1) ** 2 + 0.1 * w_P[0], -jnp.ones(1), jnp.ones(1)) == (
        pytest.approx(1.0, rel=1e-5)
    )


def test_reversed_hidden_units_compute_the_same_function():
    mirrored = reverse_hidden_units(PARAMS)
    np.testing.assert_allclose(NET.apply(mirrored, X_NxD), NET.apply(PARAMS, X_NxD), rtol=1e-4, atol=1e-6)
    assert not np.allclose(mirrored["layer_02"]["w"], PARAMS["layer_02"]["w"])
    jax.tree.map(np.testing.assert_array_equal, reverse_hidden_units(mirrored), PARAMS)


def test_without_outgoing_weights_it_is_another_function():
    outputs = NET.apply(reverse_hidden_units(PARAMS, outgoing=False), X_NxD)
    assert not np.allclose(outputs, NET.apply(PARAMS, X_NxD), atol=0.01)


def test_a_linear_model_has_no_units_to_reverse():
    linear = {"layer_01": PARAMS["layer_01"]}
    jax.tree.map(np.testing.assert_array_equal, reverse_hidden_units(linear), linear)


def test_principal_plane_agrees_with_the_svd():
    basis = np.linalg.qr(GENERATOR.normal(size=(8, 2)))[0].T.astype(np.float32)
    coordinate_Kx2 = GENERATOR.normal(size=(12, 2)).astype(np.float32) * [3.0, 1.0]
    path_KxP = jnp.asarray(coordinate_Kx2 @ basis + 2.0, jnp.float32)
    direction_2xP, found_Kx2 = principal_plane(path_KxP)
    np.testing.assert_allclose(direction_2xP @ direction_2xP.T, np.eye(2), atol=1e-4)
    np.testing.assert_allclose(found_Kx2 @ direction_2xP, path_KxP - path_KxP[-1:], atol=1e-4)
    expected_2xP = np.linalg.svd(np.asarray(path_KxP - path_KxP[-1:]))[2][:2]
    np.testing.assert_allclose(np.abs(np.sum(expected_2xP * direction_2xP, 1)), 1.0, atol=1e-4)
