"""A full-batch method on a budget of passes: what it costs, what counts, and how a training is cut into calls."""

from functools import cache

import jax
import numpy as np
import pytest

from dl_jax.training.full_batch import advance, start
from dl_jax.training.full_batch_methods import METHODS
from dl_jax.training.newton_cg import PRODUCT
from tests.training.quadratic import DIMENSIONS, HYPERPARAMETERS, LOWEST_P, START_P, HESSIAN_PxP, points, quadratic

BUDGET = 60


@pytest.fixture(autouse=True)
def double_precision(quick_to_compile):
    with jax.enable_x64(True):
        yield


@cache
def programs(name, hyperparameter=None, ridge=0.0):
    """How a method starts on the quadratic, and goes on until `passes` have been spent."""
    method = METHODS[name](hyperparameter or HYPERPARAMETERS[name], ridge)
    return (
        jax.jit(lambda w_P: start(method, quadratic, w_P, BUDGET)),
        jax.jit(lambda descent, passes: advance(method, quadratic, descent, passes)),
    )


def descend(budgets, *method):
    """The descents after each of the budgets, one going on from the other."""
    begin, go_on = programs(*method)
    path = [begin(START_P)]
    for passes in budgets:
        path.append(go_on(path[-1], passes))
    return path[1:]


@pytest.mark.parametrize("name", METHODS)
def test_passes_count_every_gradient_and_product(name):
    """What a method says that it spent is what it asked for."""
    count = {"gradient": 0, "product": 0}

    def note(kind):
        jax.debug.callback(lambda: count.__setitem__(kind, count[kind] + 1))

    @jax.custom_jvp
    def counted(w_P):
        note("gradient")
        return HESSIAN_PxP @ (w_P - LOWEST_P)

    @counted.defjvp
    def _(at, along):
        note("product")
        return counted(*at), HESSIAN_PxP @ along[0]

    @jax.custom_jvp
    def loss(w_P):
        return quadratic(w_P)

    @loss.defjvp
    def _(at, along):
        return loss(*at), counted(*at) @ along[0]

    found = points(METHODS[name](HYPERPARAMETERS[name]), 4, loss)
    jax.effects_barrier()
    gradients = count["gradient"] - 2 * count["product"]  # each product notes the gradient twice over
    assert int(found[-1].passes) == gradients + PRODUCT * count["product"]
    assert found[-1].value < found[0].value


@pytest.mark.parametrize("name", METHODS)
def test_a_step_that_is_not_wholly_paid_for_does_not_count(name):
    """The weights after each pass are those of the newest point that it pays for."""
    found, (last,) = points(METHODS[name](HYPERPARAMETERS[name]), 3), descend([BUDGET], name)
    each = descend(range(1, BUDGET + 1), name)
    for passes in range(1, int(found[-1].passes)):
        paid = [point for point in found if point.passes <= passes][-1]
        np.testing.assert_allclose(each[passes - 1].w_P, paid.w_P, rtol=1e-6, atol=1e-9)
        assert float(last.value_T[passes - 1]) == pytest.approx(float(paid.value), rel=1e-6, abs=1e-12)
    assert np.array_equal(each[0].w_P, START_P)


@pytest.mark.parametrize("name", METHODS)
def test_it_does_not_matter_how_a_budget_is_cut_into_calls(name):
    (whole,), pieces = descend([BUDGET], name), descend([1, 2, 5, 31, 32, BUDGET], name)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9), whole, pieces[-1])


def test_a_diverged_descent_has_losses_that_are_not_finite():
    (found,) = descend([BUDGET], "gradient descent", 1e300)
    assert np.isfinite(found.value_T[0])
    assert not np.isfinite(found.value_T[-1])


@pytest.mark.parametrize("name", METHODS)
def test_a_ridge_is_part_of_the_objective(name):
    """The minimum of 1/2 (w - m)' H (w - m) + r/2 |w|^2 is (H + r)^-1 H m."""
    ridge = 5.0
    (found,) = descend([BUDGET], name, None, ridge)
    lowest_P = np.linalg.solve(HESSIAN_PxP + ridge * np.eye(DIMENSIONS), HESSIAN_PxP @ LOWEST_P)
    np.testing.assert_allclose(found.w_P, lowest_P, atol=0.05)
    regularized = quadratic(found.w_P) + ridge / 2 * found.w_P @ found.w_P
    assert float(found.value_T[-1]) == pytest.approx(float(regularized), rel=1e-9)
