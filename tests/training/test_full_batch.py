"""Batch methods on quadratics, where each must arrive after a known number of steps, and against scipy."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from dl_jax.training import full_batch as batch_methods
from dl_jax.training.full_batch import METHODS, PRODUCT, Point, batch, minimise

DIMENSIONS = 6
GENERATOR = np.random.default_rng(0)
TURN_PxP = np.linalg.qr(GENERATOR.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
HESSIAN_PxP = TURN_PxP @ np.diag(np.geomspace(1.0, 100.0, DIMENSIONS)) @ TURN_PxP.T
LOWEST_P, START_P = GENERATOR.normal(size=DIMENSIONS), np.zeros(DIMENSIONS)
EVERY_PASS = tuple(range(1, 61))


def quadratic(w_P):
    return 0.5 * (w_P - LOWEST_P) @ HESSIAN_PxP @ (w_P - LOWEST_P)


def rosenbrock(w_P):
    return jnp.sum(100.0 * (w_P[1:] - w_P[:-1] ** 2) ** 2 + (1.0 - w_P[:-1]) ** 2)


@pytest.fixture(autouse=True)
def double_precision(quick_to_compile):
    with jax.enable_x64(True):
        yield


def method(name, setting):
    return batch((name,), 0, setting)


def descend(method, error=quadratic, start_P=START_P, passes_K=EVERY_PASS):
    return jax.jit(lambda w_P: minimise(method, error, w_P, passes_K))(jnp.asarray(start_P))


def steps(method, count, error=quadratic, start_P=START_P):
    """The points of so many steps, the first one before any."""
    w_P = jnp.asarray(start_P)
    points = [Point(w_P, *jax.value_and_grad(error)(w_P), method.begin(w_P), jnp.asarray(1))]
    step = jax.jit(lambda point: method.step(error, point))
    for _ in range(count):
        points.append(step(points[-1]))
    return points


def test_conjugate_gradients_with_exact_line_searches_solve_n_dimensions_in_n_steps(monkeypatch):
    monkeypatch.setattr(batch_methods, "TIGHT", 1e-9)
    points = steps(method("conjugate gradients", 1.0), DIMENSIONS)
    assert points[DIMENSIONS - 1].error > 1e-4
    assert points[DIMENSIONS].error < 1e-9 * points[0].error


def test_newton_arrives_in_one_step_of_n_products():
    _, there = steps(method("Newton-CG", DIMENSIONS), 1)
    np.testing.assert_allclose(there.w_P, LOWEST_P, rtol=1e-3, atol=1e-3)
    assert there.passes == 1 + 1 + PRODUCT * DIMENSIONS
    assert steps(method("Newton-CG", 2), 1)[1].error > 0.01


def test_newton_goes_down_where_the_error_curves_down():
    def saddle(w_P):
        return -0.5 * w_P[0] ** 2 + 0.25 * w_P[0] ** 4 + 0.5 * w_P[1] ** 2

    points = steps(method("Newton-CG", 5), 8, saddle, np.array([0.01, 1.0]))
    assert abs(float(points[-1].error) - -0.25) < 1e-6
    assert all(later.error <= sooner.error for sooner, later in pairwise(points))


def test_lbfgs_needs_as_few_evaluations_as_that_of_scipy():
    start_P = np.array([-1.2, 1.0, -0.5, 0.8])
    found = optimize.minimize(
        lambda w: float(rosenbrock(w)), start_P, jac=lambda w: np.asarray(jax.grad(rosenbrock)(w)), method="L-BFGS-B"
    )
    w_KxP, error_K = descend(method("L-BFGS", 1.0), rosenbrock, start_P, (found.nfev, 2 * found.nfev))
    assert found.fun < 1e-8
    assert error_K[1] < 1e-6
    np.testing.assert_allclose(w_KxP[1], found.x, atol=1e-2)


def test_gradient_descent_follows_its_closed_form():
    rate, passes_K = 0.015, (1, 5, 60)
    w_KxP, error_K = descend(method("gradient descent", rate), passes_K=passes_K)
    for w_P, error, passes in zip(w_KxP, error_K, passes_K, strict=True):
        left_PxP = np.linalg.matrix_power(np.eye(DIMENSIONS) - rate * HESSIAN_PxP, passes - 1)
        np.testing.assert_allclose(w_P, LOWEST_P + left_PxP @ (START_P - LOWEST_P), rtol=1e-9, atol=1e-12)
        assert float(error) == pytest.approx(float(quadratic(w_P)), rel=1e-9)


SETTINGS = {"gradient descent": 0.01, "L-BFGS": 1.0, "conjugate gradients": 2.0, "Newton-CG": 10}


@pytest.mark.parametrize("name", METHODS)
def test_prices_count_every_evaluation(name):
    """The passes that a method says it spent are the gradients and products that it asked for."""
    count = {"gradient": 0, "product": 0}

    def note(kind):
        jax.debug.callback(lambda: count.__setitem__(kind, count[kind] + 1))

    @jax.custom_jvp
    def watched(w_P):
        note("gradient")
        return HESSIAN_PxP @ (w_P - LOWEST_P)

    @watched.defjvp
    def _(at, along):
        note("product")
        return watched(*at), HESSIAN_PxP @ along[0]

    @jax.custom_jvp
    def error(w_P):
        return quadratic(w_P)

    @error.defjvp
    def _(at, along):
        return error(*at), watched(*at) @ along[0]

    points = steps(method(name, SETTINGS[name]), 4, error)
    jax.effects_barrier()
    gradients = count["gradient"] - 2 * count["product"]  # each product notes the gradient twice over
    assert int(points[-1].passes) == gradients + PRODUCT * count["product"]
    assert points[-1].error < points[0].error


@pytest.mark.parametrize("name", ["gradient descent", "conjugate gradients"])
def test_a_step_that_is_not_paid_for_does_not_count(name):
    """The error after each pass does not rise, and is the start's until a first step is paid for."""
    w_KxP, error_K = descend(method(name, SETTINGS[name]))
    points = steps(method(name, SETTINGS[name]), 3)
    for point in points:
        if point.passes <= EVERY_PASS[-1]:
            assert float(error_K[int(point.passes) - 1]) == pytest.approx(float(point.error), rel=1e-6, abs=1e-12)
    assert error_K[0] == quadratic(START_P)
    np.testing.assert_allclose(jax.vmap(quadratic)(w_KxP), error_K, rtol=1e-6, atol=1e-20)
    assert np.all(np.diff(error_K) <= 1e-6 * error_K[0])


def test_one_program_serves_all_of_them():
    names = tuple(METHODS)

    def last(index, setting):
        return minimise(batch(names, index, setting), quadratic, jnp.asarray(START_P), (30,))[1][0]

    together = jax.jit(last)
    for index, name in enumerate(names):
        alone = descend(method(name, SETTINGS[name]), passes_K=(30,))[1][0]
        assert float(together(index, float(SETTINGS[name]))) == pytest.approx(float(alone), rel=1e-5, abs=1e-12)
