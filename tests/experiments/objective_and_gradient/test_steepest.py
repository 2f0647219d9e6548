"""Steps on a quadratic, where slopes and curvatures are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.objective_and_gradient.steepest import (
    any_direction,
    count_better,
    direction_at_angle,
    loss_changes,
    unit,
)

H_PxP = jnp.diag(jnp.array([1.0, 4.0, 0.5, 2.0]))
W_P = jnp.array([1.0, -1.0, 2.0, 0.5])


def quadratic(w_P):
    return 0.5 * w_P @ H_PxP @ w_P


def keys(count):
    return jax.random.split(jax.random.key(0), count)


def test_random_directions_have_length_1_and_are_uniform():
    direction_KxP = jax.vmap(any_direction(4))(keys(4000))
    np.testing.assert_allclose(jnp.linalg.norm(direction_KxP, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(jnp.mean(direction_KxP, 0), 0, atol=0.04)
    np.testing.assert_allclose(jnp.mean(direction_KxP**2, 0), 0.25, atol=0.02)


@pytest.mark.parametrize("angle", [0.1, 1.0, np.pi / 2])
def test_directions_at_an_angle_have_that_angle_and_length_1(angle):
    direction_P = unit(W_P)
    direction_KxP = jax.vmap(direction_at_angle(direction_P, angle))(keys(50))
    np.testing.assert_allclose(direction_KxP @ direction_P, np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(jnp.linalg.norm(direction_KxP, axis=1), 1, rtol=1e-5)


def test_changes_on_a_quadratic_are_slope_and_curvature():
    with jax.enable_x64(True):
        w_P, length_T = jnp.asarray(W_P, float), jnp.array([1e-3, 0.5, 10.0])
        direction_KxP = jax.vmap(lambda key: unit(jax.random.normal(key, (4,))))(keys(3))
        slope_K = direction_KxP @ (H_PxP @ w_P)
        curvature_K = jnp.einsum("kp,pq,kq->k", direction_KxP, H_PxP, direction_KxP)
        expected = length_T[None] * slope_K[:, None] + 0.5 * length_T[None] ** 2 * curvature_K[:, None]
        np.testing.assert_allclose(loss_changes(quadratic, w_P, direction_KxP, length_T), expected, rtol=1e-9)


def test_no_direction_beats_the_negative_gradient_in_tiny_steps_and_many_do_in_long_ones():
    with jax.enable_x64(True):
        w_P = jnp.asarray(W_P, float)
        down_P = -unit(H_PxP @ w_P)
        down_and_up_KxP = jnp.stack([down_P, -down_P])
        count_KxT = count_better(quadratic, w_P, down_and_up_KxP, any_direction(4), keys(1001), jnp.array([1e-6, 20.0]))
        assert count_KxT[0, 0] == 0
        assert count_KxT[1, 0] == 1001, "all are better than the gradient itself"
        assert count_KxT[0, 1] > 500
        near = direction_at_angle(down_P, 0.1)
        near_1xT = count_better(quadratic, w_P, down_P[None], near, keys(300), jnp.array([1e-6]))
        assert near_1xT[0, 0] == 0


def test_directions_near_a_wrong_one_show_that_it_is_not_the_steepest():
    """Among uniformly distributed directions, hardly any would be better."""
    with jax.enable_x64(True):
        w_P = jnp.asarray(W_P, float)
        down_P = -unit(H_PxP @ w_P)
        wrong_P = direction_at_angle(down_P, 0.1)(jax.random.key(7))
        near = direction_at_angle(wrong_P, 0.1)
        assert count_better(quadratic, w_P, wrong_P[None], near, keys(200), jnp.array([1e-6]))[0, 0] > 20
