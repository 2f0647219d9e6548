"""What a training in one pass says of itself."""

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
from experiments.hundreds_of_millions.one_pass import one_pass


def batches(first_step, steps, batch_size):
    """The label is the sign of the first input."""
    generators = [np.random.default_rng(first_step + t) for t in range(steps)]
    x_TxBxD = np.stack([g.normal(size=(batch_size, 3)) for g in generators]).astype(np.float32)
    return Examples(x_TxBxD, (x_TxBxD[..., 0] > 0).astype(np.int32))


SHOWN = Stream(Examples(jax.ShapeDtypeStruct((3,), jnp.float32), jax.ShapeDtypeStruct((), jnp.int32)), 10**6, batches)
LEARNER = Learner(linear(2), cross_entropy, optax.sgd(0.1))


def test_the_rows_are_those_of_the_training(monkeypatch):
    monkeypatch.setattr(sys.modules["experiments.hundreds_of_millions.one_pass"], "POINTS", 10)
    spent, kept = [], []
    context = local_context(1).with_events(cost=spent.append)
    rows = one_pass(
        LEARNER, SHOWN, 3, 25, 64, context.with_events(cached=lambda n, f: kept.append(n) or f()), labels="true"
    )
    assert {(row["seed"], row["labels"]) for row in rows} == {(3, "true")}
    curve = {row["step"]: row["value"] for row in rows if row["metric"] == "error"}
    found = {row["metric"]: row["value"] for row in rows if row["metric"] != "error"}
    assert len(curve) == 10
    assert max(curve) == 24
    assert curve[24] < curve[2]
    # Points of two or three steps each, whose mean is that of all steps; the last quarter is 6 of 25.
    sizes = np.diff([-1, *curve])
    assert sizes.sum() == 25
    assert found["error_at_last"] == pytest.approx(np.mean(list(curve.values())[-3:]), rel=0.05)
    assert found["weights_moved"] == 3 * 2 + 2
    assert found["examples_seen"] == 25 * 64
    (cost,) = spent
    assert found["examples_per_s"] == pytest.approx(25 * 64 / cost.run_s)
    assert found["flops"] == cost.flops / cost.run_s
    assert found["compile_s"] == cost.compile_s
    assert kept == [{"one pass": {"labels": "true"}, "seed": 3, "steps": 25, "batch_size": 64}]


def test_where_the_place_only_plans_there_are_no_rows():
    plans = []
    assert (
        one_pass(LEARNER, SHOWN, 3, 25, 64, local_context(1).with_events(dry_run=lambda *told: plans.append(told)))
        == []
    )
    assert len(plans) == 1
