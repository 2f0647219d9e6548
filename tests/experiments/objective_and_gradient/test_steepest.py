"""Steps on a bowl, where everything is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.objective_and_gradient.steepest import anywhere, better, changes, tilted, unit

H_PxP = jnp.diag(jnp.array([1.0, 4.0, 0.5, 2.0]))
W_P = jnp.array([1.0, -1.0, 2.0, 0.5])


def bowl(w_P):
    return 0.5 * w_P @ H_PxP @ w_P


def keys(count):
    return jax.random.split(jax.random.key(0), count)


def test_directions_have_length_1_and_favour_none():
    direction_KxP = jax.vmap(anywhere(4))(keys(4000))
    np.testing.assert_allclose(jnp.linalg.norm(direction_KxP, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(jnp.mean(direction_KxP, 0), 0, atol=0.04)
    np.testing.assert_allclose(jnp.mean(direction_KxP**2, 0), 0.25, atol=0.02)


@pytest.mark.parametrize("angle", [0.1, 1.0, np.pi / 2])
def test_tilted_directions_stand_at_their_angle(angle):
    direction_P = unit(W_P)
    direction_KxP = jax.vmap(tilted(direction_P, angle))(keys(50))
    np.testing.assert_allclose(direction_KxP @ direction_P, np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(direction_KxP, axis=1), 1, rtol=1e-5)


def test_changes_on_a_bowl_are_slope_and_curvature():
    with jax.enable_x64(True):
        w_P, length_T = jnp.asarray(W_P, float), jnp.array([1e-3, 0.5, 10.0])
        direction_KxP = jax.vmap(lambda key: unit(jax.random.normal(key, (4,))))(keys(3))
        slope_K, bend_K = direction_KxP @ (H_PxP @ w_P), jnp.einsum("kp,pq,kq->k", direction_KxP, H_PxP, direction_KxP)
        expected = length_T[None] * slope_K[:, None] + 0.5 * length_T[None] ** 2 * bend_K[:, None]
        np.testing.assert_allclose(changes(bowl, w_P, direction_KxP, length_T), expected, rtol=1e-9)


def test_the_negative_gradient_is_beaten_by_none_in_small_steps_and_by_many_in_large_ones():
    with jax.enable_x64(True):
        w_P = jnp.asarray(W_P, float)
        down_P = -unit(H_PxP @ w_P)
        leader_KxP = jnp.stack([down_P, -down_P])
        count_KxT = better(bowl, w_P, leader_KxP, anywhere(4), keys(1001), jnp.array([1e-6, 20.0]))
        assert count_KxT[0, 0] == 0
        assert count_KxT[1, 0] == 1001, "and all are better than its opposite"
        assert count_KxT[0, 1] > 500
        near_1xT = better(bowl, w_P, down_P[None], tilted(down_P, 0.1), keys(300), jnp.array([1e-6]))
        assert near_1xT[0, 0] == 0


def test_a_direction_a_little_off_is_told_from_the_steepest():
    """By those as near to it: of all the directions anywhere, hardly one would be better."""
    with jax.enable_x64(True):
        w_P = jnp.asarray(W_P, float)
        down_P = -unit(H_PxP @ w_P)
        off_P = tilted(down_P, 0.1)(jax.random.key(7))
        assert better(bowl, w_P, off_P[None], tilted(off_P, 0.1), keys(200), jnp.array([1e-6]))[0, 0] > 20
