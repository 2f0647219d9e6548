"""Slices, segments and planes of landscapes that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.landscape import (
    barrier,
    filter_normalised,
    losses_at,
    mirrored,
    on_plane,
    on_segment,
    principal_plane,
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


def test_directions_are_as_long_as_each_units_weights():
    direction = filter_normalised(RANDOM, PARAMS)
    for name, layer in PARAMS.items():
        length = np.linalg.norm(direction[name]["w"], axis=0)
        np.testing.assert_allclose(length, np.linalg.norm(layer["w"], axis=0), rtol=1e-5)
        assert not np.any(direction[name]["b"])
    other = filter_normalised(PARAMS, PARAMS)
    assert not np.allclose(other["layer_01"]["w"], direction["layer_01"]["w"])


def test_they_scale_with_the_net_so_that_slices_of_one_function_look_alike():
    larger = PARAMS | {"layer_02": jax.tree.map(lambda w: 7.0 * w, PARAMS["layer_02"])}
    found = filter_normalised(RANDOM, larger)["layer_02"]["w"]
    np.testing.assert_allclose(found, 7.0 * filter_normalised(RANDOM, PARAMS)["layer_02"]["w"], rtol=1e-5)


def test_a_plane_and_a_segment_of_a_bowl():
    vector_VxP = jnp.concatenate([jnp.array([[0.0, 0.0, 5.0], [2.0, 0.0, 0.0]]), jnp.eye(3)])
    places_MxV = on_plane(5, 0, (2, 3), jnp.array([-1.0, 0.0, 2.0]), jnp.array([0.0, 1.0]))
    found_M = losses_at(bowl, vector_VxP, places_MxV)
    np.testing.assert_allclose(found_M.reshape(3, 2), [[1.0, 11.0], [0.0, 10.0], [4.0, 14.0]], rtol=1e-6)
    error_T = losses_at(bowl, vector_VxP, on_segment(5, 0, 1, 5))
    np.testing.assert_allclose(error_T, [0.0, 0.25, 1.0, 2.25, 4.0], rtol=1e-6)


def rise(error, start_P, end_P):
    return float(barrier(losses_at(error, jnp.stack([start_P, end_P]), on_segment(2, 0, 1, 21))))


def test_only_what_is_not_convex_rises_above_its_chord():
    assert rise(bowl, jnp.ones(3), -2 * jnp.ones(3)) == pytest.approx(0.0, abs=1e-5)

    def two_valleys(w_P):
        return (w_P[0] ** 2 - 1) ** 2 + 0.1 * w_P[0]

    assert rise(two_valleys, -jnp.ones(1), jnp.ones(1)) == pytest.approx(1.0, rel=1e-5)


def test_a_mirrored_net_is_the_same_function_of_other_weights():
    np.testing.assert_allclose(NET.apply(mirrored(PARAMS), X_NxD), NET.apply(PARAMS, X_NxD), rtol=1e-4, atol=1e-6)
    assert not np.allclose(mirrored(PARAMS)["layer_02"]["w"], PARAMS["layer_02"]["w"])
    other = NET.apply(mirrored(PARAMS, outgoing=False), X_NxD)
    assert not np.allclose(other, NET.apply(PARAMS, X_NxD), atol=0.01)
    jax.tree.map(np.testing.assert_array_equal, mirrored(mirrored(PARAMS)), PARAMS)
    linear = {"layer_01": PARAMS["layer_01"]}
    jax.tree.map(np.testing.assert_array_equal, mirrored(linear), linear)


def test_the_plane_of_a_path_is_that_of_its_principal_components():
    basis = np.linalg.qr(GENERATOR.normal(size=(8, 2)))[0].T.astype(np.float32)
    place_Kx2 = GENERATOR.normal(size=(12, 2)).astype(np.float32) * [3.0, 1.0]
    path_KxP = jnp.asarray(place_Kx2 @ basis + 2.0, jnp.float32)
    direction_2xP, found_Kx2 = principal_plane(path_KxP)
    np.testing.assert_allclose(direction_2xP @ direction_2xP.T, np.eye(2), atol=1e-4)
    np.testing.assert_allclose(found_Kx2 @ direction_2xP, path_KxP - path_KxP[-1:], atol=1e-4)
    away = np.asarray(path_KxP - path_KxP[-1:])
    true_2xP = np.linalg.svd(away)[2][:2]
    np.testing.assert_allclose(np.abs(np.sum(true_2xP * direction_2xP, 1)), 1.0, atol=1e-4)
