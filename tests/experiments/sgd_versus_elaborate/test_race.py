"""The race on a problem on which descents can be followed by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Records
from dl_jax.models.initializers import scaled_normal
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.losses import cross_entropy, half_squared_error
from dl_jax.training.programs import Run
from dl_jax.training.step import Learner
from experiments.sgd_versus_elaborate.race import Problem, evaluate, evaluation_steps, race

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(40, 2)).astype(np.float32)
SPLITS = Splits(*[Examples(X_NxD, (X_NxD @ [[1.0], [-2.0]] + shift).astype(np.float32)) for shift in (0.0, 1.0, 2.0)])
RIDGE, LEARNING_RATE = 0.1, 0.2
PROBLEM = Problem("toy", linear(1, scaled_normal(0.0)), half_squared_error, SPLITS, (0.5, 4.0), 40, RIDGE)


@pytest.fixture(scope="module")
def records():
    hyperparameters = {"SGD": (LEARNING_RATE, 1e-3), "gradient descent": (LEARNING_RATE, 1e-3), "L-BFGS": (1.0, 2.0)}
    context = local_context(2)
    parts = [race(PROBLEM, method, values, (3, 4, 5), context) for method, values in hyperparameters.items()]
    return Records.gather(parts)


def descended(steps, falling):
    """(objective, test loss, validation loss) after steps against the gradient over all examples."""
    w_P = np.zeros(3)
    x_NxE = np.column_stack([X_NxD, np.ones(40)])
    y_N = SPLITS.train.y[:, 0]
    for step in range(steps):
        learning_rate = LEARNING_RATE / (1 + LEARNING_RATE * RIDGE * step) if falling else LEARNING_RATE
        w_P = w_P - learning_rate * (x_NxE.T @ (x_NxE @ w_P - y_N) / 40 + RIDGE * w_P)
    loss = [0.5 * np.mean((x_NxE @ w_P - part.y[:, 0]) ** 2) for part in (SPLITS.train, SPLITS.test, SPLITS.validation)]
    return loss[0] + RIDGE / 2 * w_P @ w_P, loss[1], loss[2]


@pytest.mark.parametrize(
    ("method", "passes", "steps"),
    [("SGD", 0.5, 1), ("SGD", 4.0, 4), ("gradient descent", 0.5, 0), ("gradient descent", 4.0, 3)],
)
def test_descents_are_those_by_hand(records, method, passes, steps):
    """A batch of all examples makes SGD gradient descent; the first pass of the latter only measures the gradient."""
    loss, test_loss, validation_loss = descended(steps, falling=method == "SGD")
    axes = {"problem": "toy", "method": method, "hyperparameter": LEARNING_RATE}
    np.testing.assert_allclose(records.by_seed("objective", passes=passes, **axes), [loss] * 3, rtol=1e-4)
    np.testing.assert_allclose(records.by_seed("test_loss", passes=passes, **axes), [test_loss] * 3, rtol=1e-4)
    if passes == 4.0:
        np.testing.assert_allclose(records.by_seed("validation_score", **axes), [-validation_loss] * 3, rtol=1e-4)


def test_a_quasi_newton_method_comes_nearer(records):
    lowest, _, _ = descended(500, falling=False)
    objective_S = records.by_seed("objective", method="L-BFGS", hyperparameter=1.0, passes=4.0)
    assert np.all((lowest < objective_S) & (objective_S < descended(3, falling=False)[0]))


def test_every_training_is_timed(records):
    assert len(records.values("seconds")) == 3 * 2 * 3
    assert np.all(records.values("seconds") > 0)


def test_passes_that_pay_for_no_step_show_the_initial_weights():
    assert evaluation_steps(PROBLEM._replace(passes_K=(0.25, 0.5, 1.0, 2.0)), "L-BFGS") == [0, 0, 1, 2]
    assert evaluation_steps(PROBLEM._replace(passes_K=(0.25, 1.0, 2.0), batch_size=10), "SGD") == [1, 4, 8]


def metrics(problem, params_K):
    learner = Learner(problem.model, problem.loss, None)
    return evaluate(problem, range(len(problem.passes_K)), Run(learner, None, params_K, problem.data, None, None))


def test_early_success_can_choose_the_hyperparameter():
    problem = PROBLEM._replace(passes_K=(1.0, 2.0), early=True)
    params_K = {"layer_01": {"w": jnp.zeros((2, 2, 1)), "b": jnp.array([[0.0], [1.0]])}}
    each = [
        float(
            metrics(problem._replace(passes_K=(1.0,)), jax.tree.map(lambda w, k=k: w[k : k + 1], params_K))[
                "validation_score"
            ]
        )
        for k in range(2)
    ]
    assert float(metrics(problem, params_K)["validation_score"]) == pytest.approx(np.mean(each), rel=1e-5)
    assert float(metrics(problem._replace(early=False), params_K)["validation_score"]) == pytest.approx(
        each[1], rel=1e-5
    )


def test_where_there_are_classes_the_error_rate_is_measured_and_chooses():
    part = Examples(np.array([[1.0], [1.0], [-1.0], [-1.0]], np.float32), np.array([0, 0, 0, 1]))
    problem = Problem("two", linear(2), cross_entropy, Splits(part, part, part), (1.0,), 4, classifies=True)
    params_K = {"layer_01": {"w": jnp.array([[[2.0, -2.0]]]), "b": jnp.zeros((1, 2))}}
    found = metrics(problem, params_K)
    assert float(found["test_error_rate"].value[0]) == pytest.approx(0.25)
    assert float(found["validation_score"]) == pytest.approx(-0.25)
    early = metrics(problem._replace(early=True), params_K)
    assert float(early["validation_score"]) == pytest.approx(-float(found["objective"].value[0]), rel=1e-6)
