"""Full-batch methods on quadratics, where each must arrive after a known number of steps, and against SciPy."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from dl_jax.training.conjugate_gradients import polak_ribiere
from dl_jax.training.full_batch import advance, start
from dl_jax.training.full_batch_methods import METHODS
from dl_jax.training.line_search import Direction, searching
from dl_jax.training.newton_cg import PRODUCT
from tests.training.quadratic import DIMENSIONS, LOWEST_P, START_P, HESSIAN_PxP, points, quadratic


@pytest.fixture(autouse=True)
def double_precision(quick_to_compile):
    with jax.enable_x64(True):
        yield


def rosenbrock(w_P):
    return jnp.sum(100.0 * (w_P[1:] - w_P[:-1] ** 2) ** 2 + (1.0 - w_P[:-1]) ** 2)


def test_conjugate_gradients_with_exact_line_searches_solve_n_dimensions_in_n_steps():
    found = points(searching(polak_ribiere(), slope=1e-9), DIMENSIONS)
    assert found[DIMENSIONS - 1].value > 1e-4
    assert found[DIMENSIONS].value < 1e-9 * found[0].value


def test_newton_arrives_in_one_step_of_n_products():
    _, there = points(METHODS["Newton-CG"](DIMENSIONS), 1)
    np.testing.assert_allclose(there.w_P, LOWEST_P, rtol=1e-3, atol=1e-3)
    assert there.passes == 1 + 1 + PRODUCT * DIMENSIONS
    assert points(METHODS["Newton-CG"](2), 1)[1].value > 0.01


def test_newton_goes_down_where_the_curvature_is_negative():
    def saddle(w_P):
        return -0.5 * w_P[0] ** 2 + 0.25 * w_P[0] ** 4 + 0.5 * w_P[1] ** 2

    found = points(METHODS["Newton-CG"](5), 8, saddle, np.array([0.01, 1.0]))
    assert abs(float(found[-1].value) - -0.25) < 1e-6
    assert all(later.value <= sooner.value for sooner, later in pairwise(found))


def test_lbfgs_needs_as_few_evaluations_as_that_of_scipy():
    start_P = np.array([-1.2, 1.0, -0.5, 0.8])
    expected = optimize.minimize(
        lambda w: float(rosenbrock(w)), start_P, jac=lambda w: np.asarray(jax.grad(rosenbrock)(w)), method="L-BFGS-B"
    )
    assert expected.fun < 1e-8
    method, budget = METHODS["L-BFGS"](1.0), 2 * expected.nfev
    found = jax.jit(lambda w_P: advance(method, rosenbrock, start(method, rosenbrock, w_P, budget), budget))(start_P)
    assert found.value_T[-1] < 1e-6
    np.testing.assert_allclose(found.w_P, expected.x, atol=1e-2)


def test_gradient_descent_follows_its_closed_form():
    learning_rate = 0.015
    for steps, point in enumerate(points(METHODS["gradient descent"](learning_rate), 60)):
        left_PxP = np.linalg.matrix_power(np.eye(DIMENSIONS) - learning_rate * HESSIAN_PxP, steps)
        np.testing.assert_allclose(point.w_P, LOWEST_P + left_PxP @ (START_P - LOWEST_P), rtol=1e-9, atol=1e-12)
        assert float(point.value) == pytest.approx(float(quadratic(point.w_P)), rel=1e-9)


def test_only_the_first_search_is_scaled():
    """A search that any slope satisfies stops at the first point that it tries, where that is lower."""

    def shallow(w_P):
        return quadratic(w_P) / 200

    def update(loss, point, memory):
        return point.gradient_P, memory, 0

    found = points(searching(Direction(lambda w_P: (), update), slope=np.inf, first=0.5), 2, shallow)
    for before, after, length in zip(found, found[1:], (0.5, 1.0), strict=False):
        np.testing.assert_allclose(after.w_P, before.w_P - length * before.gradient_P, rtol=1e-9)
        assert after.passes == before.passes + 1
