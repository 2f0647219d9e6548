"""Full-batch methods in a sweep: passes as steps, what is paid for at each evaluation, and any number of devices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.initializers import scaled_normal
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.full_batch_methods import METHODS
from dl_jax.training.grid import grid, static
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.sweep import sweep

pytestmark = pytest.mark.usefixtures("quick_to_compile")

X_NxD = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
EXAMPLES = Examples(X_NxD, (X_NxD @ [[1.0], [-2.0]]).astype(np.float32))
SPLITS = Splits(EXAMPLES, EXAMPLES, EXAMPLES)
LEARNING_RATE, PASSES = 0.2, 7


def evaluate(run):
    return {"loss": mean_loss(run.learner, run.params, run.splits.train), "w": run.params["layer_01"]["w"][0, 0]}


def run(trials, **arguments):
    arguments = {"context": local_context(2), "steps": PASSES, "eval_steps": (0, 1, 2, PASSES)} | arguments
    model = linear(1, scaled_normal(1.0))
    return sweep(
        lambda trial: Learner(model, half_squared_error, METHODS[trial.method](trial.hyperparameter)),
        SPLITS,
        trials,
        evaluate=evaluate,
        **arguments,
    )


def trials(methods=("gradient descent",), hyperparameters=(LEARNING_RATE, 0.1), seeds=(3, 4)):
    return grid(method=static(methods), hyperparameter=hyperparameters, seed=seeds)


def descended(steps, seed):
    """The loss after steps of gradient descent by hand, from the weights that a sweep starts from."""
    key_init = jax.random.split(jax.random.key(seed), 3)[1]
    params = linear(1, scaled_normal(1.0)).init(key_init, X_NxD[:1])["layer_01"]
    w_P, x_NxE = np.append(params["w"][:, 0], params["b"]), np.column_stack([X_NxD, np.ones(40)])
    for _ in range(steps):
        w_P = w_P - LEARNING_RATE * x_NxE.T @ (x_NxE @ w_P - EXAMPLES.y[:, 0]) / 40
    return 0.5 * np.mean((x_NxE @ w_P - EXAMPLES.y[:, 0]) ** 2)


def test_gradient_descent_takes_a_step_for_each_pass_after_the_first():
    records = run(trials())
    for seed in (3, 4):
        for step in (0, 1, 2, PASSES):
            (loss,) = records.values("loss", hyperparameter=LEARNING_RATE, seed=seed, step=step)
            assert loss == pytest.approx(descended(max(0, step - 1), seed), rel=1e-4)
        (train_loss,) = records.values("train_loss", hyperparameter=LEARNING_RATE, seed=seed, step=PASSES)
        assert train_loss == pytest.approx(descended(PASSES - 1, seed), rel=1e-4)


def test_evaluating_on_the_way_changes_nothing():
    often, once = run(trials(tuple(METHODS), (1.0,))), run(trials(tuple(METHODS), (1.0,)), eval_steps=(PASSES,))
    np.testing.assert_allclose(often.values("loss", step=PASSES), once.values("loss"), rtol=1e-5)


def test_trials_are_bitwise_the_same_on_1_2_and_8_devices():
    records = [run(trials(("L-BFGS",), (0.5, 1.0)), context=local_context(devices)) for devices in (1, 2, 8)]
    assert records[0] == records[1] == records[2]


def test_a_trial_whose_examples_are_divided_among_devices_changes_in_rounding_only():
    alone, both = (run(trials(seeds=(3,)), context=local_context(*mesh)) for mesh in ((1,), (2, 2)))
    np.testing.assert_allclose(alone.values("loss"), both.values("loss"), rtol=1e-4)


def test_a_diverged_trial_is_recorded_and_touches_no_other():
    records = run(trials(hyperparameters=(LEARNING_RATE, 1e30)))
    assert set(records.values("diverged_at", hyperparameter=LEARNING_RATE)) == {-1.0}
    assert np.all(records.values("diverged_at", hyperparameter=1e30) > 0)
    assert np.all(np.isfinite(records.values("loss", hyperparameter=LEARNING_RATE)))


def test_progress_and_cost_are_in_passes_over_all_examples():
    progress, costs = [], []
    context = local_context(1).with_events(progress=lambda *said: progress.append(said), cost=costs.append)
    run(trials(seeds=(3,)), context=context)
    assert progress[-1] == ("method gradient descent", 2 * PASSES, 2 * PASSES)
    forward = 2 * len(X_NxD) * 2
    assert costs[0].flops == 2 * PASSES * (3 * forward - forward)


def test_a_dry_run_passes_the_program_on_and_trains_nothing():
    planned = []
    context = local_context(1).with_events(dry_run=lambda *program: planned.append(program))
    records = run(trials(("L-BFGS",), (1.0,), (3,)), context=context)
    assert set(records.values("loss")) == {0.0}
    ((_, program, arguments, _),) = planned
    carry, _ = jax.eval_shape(program, *arguments)
    assert carry.loss_T.shape == (1, PASSES)
    assert carry.loss_T.dtype == jnp.float32
