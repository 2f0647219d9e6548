"""The records of a training in one pass, and the count of the weights that a step changes."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Examples, Stream
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.step import Learner
from experiments.hundreds_of_millions.one_pass import one_pass, weights_changed


def batches(first_step, steps, batch_size):
    """The label is the sign of the first input."""
    generators = [np.random.default_rng(first_step + t) for t in range(steps)]
    x_TxBxD = np.stack([g.normal(size=(batch_size, 3)) for g in generators]).astype(np.float32)
    return Examples(x_TxBxD, (x_TxBxD[..., 0] > 0).astype(np.int32))


STREAM = Stream(Examples(jax.ShapeDtypeStruct((3,), jnp.float32), jax.ShapeDtypeStruct((), jnp.int32)), 10**6, batches)
LEARNER = Learner(linear(2), cross_entropy, optax.sgd(0.1))


def test_the_records_are_those_of_the_training(monkeypatch):
    monkeypatch.setattr(sys.modules["experiments.hundreds_of_millions.one_pass"], "POINTS", 10)
    costs = []
    context = local_context(1).with_events(cost=costs.append)
    records = one_pass(LEARNER, STREAM, 3, steps=25, batch_size=64, context=context, labels="true")
    assert {(row["seed"], row["labels"]) for row in records} == {(3, "true")}
    curve = {row["step"]: row["value"] for row in records.where(metric="loss")}
    assert len(curve) == 10
    assert max(curve) == 24
    assert curve[24] < curve[2]
    # Points of two or three steps each, whose mean is that of all steps; the last quarter is 6 of 25.
    assert np.diff([-1, *curve]).sum() == 25
    values = {row["metric"]: row["value"] for row in records if "step" not in row}
    assert values["last_loss"] == pytest.approx(np.mean(list(curve.values())[-3:]), rel=0.05)
    assert values["first_loss"] > values["last_loss"]
    assert values["weights_changed"] == 3 * 2 + 2
    assert values["examples_seen"] == 25 * 64
    (cost,) = costs
    assert values["examples_per_s"] == pytest.approx(25 * 64 / cost.run_s)
    assert values["flops"] == cost.flops / cost.run_s
    assert values["compile_s"] == cost.compile_s


def test_the_step_that_changes_the_fewest_weights_counts():
    """The second of three steps has learning rate 0."""
    rate_T = jnp.asarray((0.1, 0.0, 0.1))
    learner = LEARNER._replace(optimizer=optax.sgd(lambda step: rate_T[step]))
    records = one_pass(learner, STREAM, 3, steps=3, batch_size=64, context=local_context(1))
    assert records.values("weights_changed") == 0


def test_in_a_dry_run_the_program_is_passed_on_and_the_numbers_are_nan():
    programs = []
    context = local_context(1).with_events(dry_run=lambda *program: programs.append(program))
    records = one_pass(LEARNER, STREAM, 3, steps=25, batch_size=64, context=context)
    assert len(programs) == 1
    for metric in ("loss", "last_loss", "weights_changed", "examples_per_s", "flops"):
        assert np.isnan(records.values(metric)).all()


PARAMS = {"a": jnp.ones((3, 4)), "b": jnp.zeros(5)}


@pytest.mark.parametrize(
    ("after", "count"),
    [
        (PARAMS, 0),
        (jax.tree.map(lambda w: w + 1, PARAMS), 17),
        ({**PARAMS, "a": PARAMS["a"].at[0].set(2.0)}, 4),
        ({"a": PARAMS["a"].at[0, 1].set(0.0), "b": PARAMS["b"].at[:3].set(1.0)}, 4),
        (jax.tree.map(lambda w: w + 1e-9, PARAMS), 5),  # the zeros change, the ones do not
    ],
)
def test_weights_that_differ_are_counted_over_all_layers(after, count):
    assert jax.jit(weights_changed)(PARAMS, after) == count
