"""The race on a problem whose every method can be followed by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.initializers import scaled_normal
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from experiments.sgd_versus_elaborate.race import Problem, race

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(40, 2)).astype(np.float32)
SPLITS = Splits(*[Examples(X_NxD, (X_NxD @ [[1.0], [-2.0]] + shift).astype(np.float32)) for shift in (0.0, 1.0, 2.0)])
RIDGE, RATE = 0.1, 0.2


@pytest.fixture(scope="module")
def rows():
    from dl_jax.training.context import local_context

    problem = Problem(linear(1, scaled_normal(0.0)), half_squared_error, SPLITS, (0.5, 4.0), 40, RIDGE)
    settings = {"SGD": (RATE, 1e-3), "gradient descent": (RATE, 1e-3), "L-BFGS": (1.0, 2.0)}
    costs = []
    rows = race(problem, settings, (3, 4, 5), local_context(2).with_events(cost=costs.append), problem="toy")
    assert len(costs) == 3
    return rows


def value(rows, metric, **axes):
    found = [r["value"] for r in rows if r["metric"] == metric and all(r.get(key) == axes[key] for key in axes)]
    assert len(found) == 1
    return found[0]


def descended(steps, falling):
    """(loss, test error, validation error) after so many steps against the gradient of all examples."""
    w_P = np.zeros(3)
    x_NxE = np.column_stack([X_NxD, np.ones(40)])
    y_N = SPLITS.train.y[:, 0]
    for step in range(steps):
        rate = RATE / (1 + RATE * RIDGE * step) if falling else RATE
        w_P = w_P - rate * (x_NxE.T @ (x_NxE @ w_P - y_N) / 40 + RIDGE * w_P)
    error = [
        0.5 * np.mean((x_NxE @ w_P - part.y[:, 0]) ** 2) for part in (SPLITS.train, SPLITS.test, SPLITS.validation)
    ]
    return error[0] + RIDGE / 2 * w_P @ w_P, error[1], error[2]


@pytest.mark.parametrize(
    ("method", "passes", "steps"),
    [("SGD", 0.5, 1), ("SGD", 4.0, 4), ("gradient descent", 0.5, 0), ("gradient descent", 4.0, 3)],
)
def test_descents_are_those_by_hand(rows, method, passes, steps):
    """A batch of all examples makes SGD gradient descent; the first pass of the latter only measures the gradient."""
    loss, test, validation = descended(steps, falling=method == "SGD")
    for seed in (3, 4, 5):
        axes = {"method": method, "setting": RATE, "seed": seed, "problem": "toy"}
        assert value(rows, "loss", passes=passes, **axes) == pytest.approx(loss, rel=1e-4)
        assert value(rows, "test_error", passes=passes, **axes) == pytest.approx(test, rel=1e-4)
        if passes == 4.0:
            assert value(rows, "validation_score", **axes) == pytest.approx(-validation, rel=1e-4)


def test_a_quasi_newton_method_comes_nearer_and_time_is_told(rows):
    axes = {"setting": 1.0, "seed": 3, "passes": 4.0}
    best, _, _ = descended(500, falling=False)
    assert best < value(rows, "loss", method="L-BFGS", **axes) < descended(3, falling=False)[0]
    assert all(row["value"] > 0 for row in rows if row["metric"] == "seconds_a_pass")


def test_who_is_sooner_can_be_preferred():
    from experiments.sgd_versus_elaborate.race import _look

    problem = Problem(linear(1), half_squared_error, SPLITS, (1.0, 2.0), 40, sooner=True)
    params_K = {"layer_01": {"w": jnp.zeros((2, 2, 1)), "b": jnp.array([[0.0], [1.0]])}}
    each = [
        float(_look(problem, jax.tree.map(lambda w, k=k: w[k : k + 1], params_K), SPLITS)["validation_score"])
        for k in range(2)
    ]
    assert float(_look(problem, params_K, SPLITS)["validation_score"]) == pytest.approx(np.mean(each), rel=1e-5)
    last = _look(problem._replace(sooner=False), params_K, SPLITS)["validation_score"]
    assert float(last) == pytest.approx(each[1], rel=1e-5)
