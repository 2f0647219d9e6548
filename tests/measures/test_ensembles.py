"""Ensembles on tasks: each net is trained as it would be alone, and each metric has the axes of its task."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import array, named
from dl_jax.measures.ensembles import by_task, stacked, train_ensemble
from dl_jax.models.linear import linear
from dl_jax.training.context import local_context
from dl_jax.training.grid import choice, combinations, static
from dl_jax.training.losses import accuracy, cross_entropy

RULES = {"sum": lambda x_NxD: x_NxD[:, 0] + x_NxD[:, 1] > 0, "difference": lambda x_NxD: x_NxD[:, 0] > x_NxD[:, 1]}
TASKS = combinations(rule=choice(RULES), scale=(1.0, 2.0))


def draw(key, task):
    x_NxD = task.scale * jax.random.normal(key, (40, 2))
    examples = Examples(x_NxD, task.rule(x_NxD).astype(jnp.int32))
    return Splits(examples, examples, examples)


def evaluate(scores, splits):
    error_N = (jnp.argmax(scores(splits.test.x), 1) != splits.test.y).astype(jnp.float32)
    return {
        "test_accuracy": accuracy(scores(splits.test.x), splits.test.y),
        "score_at": named(scores(jnp.eye(2)), x=("first", "second"), output=(0, 1)),
        "errors": [named(jnp.sum(error_N), of="all"), named(jnp.sum(error_N[:20]), of="half")],
        "inputs": array(splits.test.x, "example", "input"),
    }


@pytest.fixture(scope="module")
def records():
    return train_ensemble(
        linear(2),
        draw,
        TASKS,
        learning_rates=(0.001, 0.1),
        seeds=(3, 5),
        steps=60,
        evaluate=evaluate,
        context=local_context(1),
        batch_size=40,
        method="linear",
    )


def test_every_task_learning_rate_and_seed_has_its_metrics(records):
    rows = records.where(metric="test_accuracy").rows
    points = {(row["rule"], row["scale"], row["learning_rate"], row["seed"], row["method"]) for row in rows}
    assert len(points) == len(rows) == 4 * 2 * 2
    assert len(records.values("score_at", rule="sum", scale=2.0, learning_rate=0.1, seed=5, output=1)) == 2
    assert len(records.values("errors", of="half")) == len(rows)
    assert len(records.values("train_loss")) == 2 * 2


def test_each_net_learns_the_rule_of_its_own_task(records):
    assert min(records.values("test_accuracy", learning_rate=0.1)) > 0.9
    for rule, sign in (("sum", 1), ("difference", -1)):
        score = {at: records.values("score_at", rule=rule, learning_rate=0.1, x="second", output=at) for at in (0, 1)}
        assert np.all(sign * (score[1] - score[0]) > 0)


def test_arrays_belong_to_their_task_too(records):
    one, two = (
        records.array("inputs", rule="sum", scale=scale, learning_rate=0.1, seed=3).values for scale in (1.0, 2.0)
    )
    np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


def test_a_net_of_an_ensemble_equals_the_same_training_done_alone(records):
    """The batch is all examples, so that their order does not matter; the net starts from its own key."""
    key_data, key_init, _ = jax.random.split(jax.random.key(3), 3)
    (program,) = TASKS.programs()
    columns = {axis: column[2] for axis, column in program.columns().items()}
    train = draw(key_data, program.trial(columns)).train
    params = linear(2).init(jax.random.split(key_init, 4)[2], train.x[:1])
    optimizer = optax.adam(0.1)
    state = optimizer.init(params)

    def loss(params):
        return jnp.mean(cross_entropy(linear(2).apply(params, train.x), train.y))

    for _ in range(60):
        update, state = optimizer.update(jax.grad(loss)(params), state)
        params = optax.apply_updates(params, update)
    score_2xC = linear(2).apply(params, jnp.eye(2))
    found = records.values("score_at", rule="difference", scale=1.0, learning_rate=0.1, seed=3)
    np.testing.assert_allclose(found, np.ravel(score_2xC), rtol=2e-3, atol=2e-3)


def test_examples_of_all_tasks_are_stacked_along_the_axis():
    splits = stacked(draw, TASKS, axis=1)(jax.random.key(0))
    assert splits.train.x.shape == (40, 4, 2)
    np.testing.assert_allclose(splits.train.x[:, 1], 2 * splits.train.x[:, 0])  # the last axis changes fastest
    np.testing.assert_array_equal(splits.train.y[:, 2], splits.train.x[:, 2, 0] > splits.train.x[:, 2, 1])


def test_a_static_axis_is_refused():
    with pytest.raises(ValueError, match="depth"):
        stacked(draw, combinations(depth=static((1, 2))), axis=0)


def test_numbers_get_the_axes_of_their_task_in_order():
    metrics = by_task({"value": np.arange(4.0)}, TASKS)
    assert [(float(each.value), dict(each.at)) for each in metrics["value"]] == [
        (0.0, {"rule": "sum", "scale": 1.0}),
        (1.0, {"rule": "sum", "scale": 2.0}),
        (2.0, {"rule": "difference", "scale": 1.0}),
        (3.0, {"rule": "difference", "scale": 2.0}),
    ]
