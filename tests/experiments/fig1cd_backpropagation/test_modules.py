"""Modules by hand, and derivatives passed from module to module."""

import jax
import jax.numpy as jnp
import numpy as np

from experiments.fig1cd_backpropagation.modules import (
    composed,
    derivatives_by_module,
    derivatives_of_composition,
    max_pool,
    normalise,
    normalise_wrong_derivative,
    stack_of_modules,
    threshold,
)

Y = jnp.array([1.0, 3.0, 2.0, -2.0])


def test_normalise_has_mean_0_and_variance_1():
    np.testing.assert_allclose(jnp.mean(normalise(Y)), 0, atol=1e-6)
    np.testing.assert_allclose(jnp.var(normalise(Y)), 1, atol=1e-3)
    np.testing.assert_array_equal(normalise(Y), normalise_wrong_derivative(Y))


def test_the_derivative_of_normalise_sums_to_0_over_inputs_and_the_wrong_one_is_diagonal():
    """Adding a constant to all inputs changes nothing, so each row of the Jacobian sums to 0."""
    np.testing.assert_allclose(jnp.sum(jax.jacfwd(normalise)(Y), 1), 0, atol=1e-6)
    scale = 1 / np.sqrt(np.var(Y) + 1e-3)
    np.testing.assert_allclose(jax.jacfwd(normalise_wrong_derivative)(Y), scale * np.eye(4), rtol=1e-5)


def test_threshold_and_max_pool():
    np.testing.assert_array_equal(threshold(Y), [1, 1, 1, 0])
    np.testing.assert_array_equal(jax.jacfwd(threshold)(Y), np.zeros((4, 4)))
    np.testing.assert_array_equal(max_pool(Y), [3, 2])
    np.testing.assert_array_equal(jax.jacfwd(max_pool)(Y), [[0, 1, 0, 0], [0, 0, 1, 0]])


def test_derivatives_of_a_scaling_and_a_square_by_hand():
    """E = sum of dE/dy (2 x)^2: at the square's input z = 2 x it is dE/dy 2 z, at x twice that."""
    modules, x, dE_dy = [lambda x: 2 * x, lambda z: z**2], jnp.array([1.0, -3.0]), jnp.array([1.0, 0.5])
    for derivatives in (derivatives_by_module, derivatives_of_composition):
        at_x, at_z = derivatives(modules, x, dE_dy)
        np.testing.assert_allclose(at_z, [4, -6])
        np.testing.assert_allclose(at_x, [8, -12])
    np.testing.assert_array_equal(composed(modules)(x), [4, 36])


def stack(second):
    shapes = ((4, 4), (3,), (2, 3))
    weights = [jax.random.normal(jax.random.key(number), shape) for number, shape in enumerate(shapes)]
    return stack_of_modules(*weights, second)


def test_the_stack_ends_in_probabilities_and_its_derivatives_are_those_of_the_composition():
    modules, dE_dy = stack(normalise), jnp.array([1.0, -1.0, 0.5])
    np.testing.assert_allclose(jnp.sum(composed(modules)(Y)), 1, rtol=1e-6)
    by_module, expected = derivatives_by_module(modules, Y, dE_dy), derivatives_of_composition(modules, Y, dE_dy)
    assert len(by_module) == len(modules)
    for one, other in zip(by_module, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_wrong_derivative_shows_below_its_module_only_and_a_threshold_stops_all():
    dE_dy = jnp.array([1.0, -1.0, 0.5])
    expected = derivatives_of_composition(stack(normalise), Y, dE_dy)
    wrong = derivatives_by_module(stack(normalise_wrong_derivative), Y, dE_dy)
    same = [np.allclose(one, other, rtol=1e-4, atol=1e-6) for one, other in zip(wrong, expected, strict=True)]
    assert same == [False, False, True, True, True, True]
    stopped = derivatives_by_module(stack(threshold), Y, dE_dy)
    np.testing.assert_array_equal(stopped[0], np.zeros(4))
    assert float(jnp.linalg.norm(stopped[2])) > 0
