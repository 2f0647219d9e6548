"""Paths of weights, trials without an evaluation, and seconds: what `sweep` returns besides metrics by step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Missing
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

pytestmark = pytest.mark.usefixtures("quick_to_compile")

X_NxD = np.random.default_rng(0).normal(size=(24, 2)).astype(np.float32)
EXAMPLES = Examples(X_NxD, X_NxD.sum(1, keepdims=True))
SPLITS = Splits(EXAMPLES, EXAMPLES, EXAMPLES)
EVAL_STEPS = (0, 1, 2, 5)


def run(trials=None, **arguments):
    arguments = {"context": local_context(2), "steps": 5, "eval_steps": EVAL_STEPS, "batch_size": 8} | arguments
    trials = trials or grid(learning_rate=(0.1, 0.2), seed=(0, 1, 2))
    return sweep(
        lambda trial: Learner(linear(1), half_squared_error, sgd(trial.learning_rate)), SPLITS, trials, **arguments
    )


def first_weight(run):
    return {"first_weight": run.params["layer_01"]["w"][..., 0, 0]}


def test_the_path_has_the_weights_of_every_evaluation_step_of_its_trial():
    def path(run):
        return {"weight_on_path": named(first_weight(run)["first_weight"], step=EVAL_STEPS)}

    records = run(evaluate=first_weight, evaluate_path=path)
    assert len(records.values("first_weight")) == 6 * len(EVAL_STEPS)
    for row in records.where(metric="first_weight"):
        at = {axis: row[axis] for axis in ("learning_rate", "seed", "step")}
        np.testing.assert_array_equal(records.values("weight_on_path", **at), [row["value"]])


def test_metrics_of_the_path_belong_to_no_step():
    records = run(evaluate_path=lambda run: {"points": jnp.float32(len(jax.tree.leaves(run.params)[0]))})
    assert all("step" not in row for row in records.where(metric="points"))
    assert set(records.values("points")) == {len(EVAL_STEPS)}


def test_without_an_evaluation_there_are_the_losses_alone():
    records = run()
    assert {row["metric"] for row in records} == {"train_loss", "diverged_at"}


def test_each_program_may_have_its_own_path():
    def path_of(trial):
        return lambda run: {trial.name: jnp.sum(run.params["layer_01"]["b"])}

    trials = grid(name=static(("one", "other")), learning_rate=(0.1,), seed=(0,))
    records = run(trials, evaluate_path=per_program(path_of))
    assert {(row["name"], row["metric"]) for row in records.where(metric=("one", "other"))} == {
        ("one", "one"),
        ("other", "other"),
    }


def test_seconds_are_measured_where_they_are_asked_for():
    with pytest.raises(Missing):
        run().values("seconds")
    seconds = run(timed=True).values("seconds")
    assert len(seconds) == 6
    assert np.all((seconds > 0) & (seconds < 60))
    dry = run(timed=True, context=local_context(2).with_events(dry_run=lambda *program: None))
    assert set(dry.values("seconds")) == {0.0}
