"""The judge of depth_5_to_20 on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import depth_5_to_20 as experiment
from experiments.depth_5_to_20.stacks import NORMALISED, PLAIN, SKIPPING
from experiments.depth_5_to_20.tent_bound import bound_rows

EARLY, LATE, SURROUNDED = 500, 2000, experiment.SURROUNDED
ACCURACY = {
    ("relu", 1, EARLY): 0.6, ("relu", 5, EARLY): 0.85, ("relu", 20, EARLY): 0.85,
    ("relu", 1, LATE): 0.82, ("relu", 5, LATE): 0.92, ("relu", 20, LATE): 0.92,
    **{("identity", depth, step): 0.58 for depth in (1, 5, 20) for step in (EARLY, LATE)},
}  # fmt: skip
ENDS = {
    (name, metric): value
    for metric, relu, identity in [
        ("test_pairs_right", 0.85, 0.2),
        ("test_kind_over_scene", 2.5, 0.6),
        *[(f"test_kind_over_{each}", 4.0, 0.9) for each in SURROUNDED],
    ]
    for name, value in (("relu", relu), ("identity", identity))
}
STACKS = {
    **{(PLAIN, "logistic"): 0.1, (NORMALISED, "logistic"): 0.1, (SKIPPING, "logistic"): 0.95},
    **{(PLAIN, "relu"): 0.1, (SKIPPING, "relu"): 0.96},
}


def records(accuracy=(), ends=(), stacks=(), missed=0.0, seeds=5):
    """The proof as it is, but for what the deep net misses; planted numbers for all that is trained, some changed."""
    generator = np.random.default_rng(0)
    rows = [
        row | ({"value": missed} if row["metric"] == "missed" else {})
        for row in bound_rows(experiment.TENTS, range(seeds))
    ]

    def plant(seed, value, **axes):
        rows.append({"trial": seed, "seed": seed, **axes, "value": value + 0.002 * generator.normal()})

    for seed in range(seeds):
        for (name, depth, step), value in {**ACCURACY, **dict(accuracy)}.items():
            plant(seed, value, task="animals", nonlinearity=name, depth=depth, step=step, metric="test_accuracy")
        for (name, metric), value in {**ENDS, **dict(ends)}.items():
            for depth in (1, 5, 20):
                plant(seed, value, task="animals", nonlinearity=name, depth=depth, step=LATE, metric=metric)
        for (mend, name), value in {**STACKS, **dict(stacks)}.items():
            plant(seed, value, task="stacks", mend=mend, nonlinearity=name, depth=20, metric="test_accuracy")
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_depth_that_gives_what_is_said_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * len(experiment.CRITERIA)


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({"missed": 0.1}, 0),
        ({"accuracy": {("relu", 20, LATE): 0.7}}, 3),
        ({"accuracy": {("relu", 1, LATE): 0.91}}, 4),
        ({"accuracy": {("relu", 1, EARLY): 0.78}}, 5),
        ({"accuracy": {("relu", 20, LATE): 0.97}}, 6),
        ({"stacks": {(PLAIN, "logistic"): 0.6}}, 7),
        ({"stacks": {(PLAIN, "relu"): 0.6}}, 8),
        ({"stacks": {(SKIPPING, "logistic"): 0.6}}, 9),
        ({"ends": {("relu", "test_pairs_right"): 0.5}}, 10),
        ({"ends": {("relu", "test_kind_over_scene"): 0.8}}, 11),
        ({"ends": {("relu", "test_kind_over_objects"): 0.8}}, 12),
    ],
)
def test_each_criterion_can_be_refuted(changed, context):
    assert answers(records(**changed))[context] is Answer.REFUTED


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({"accuracy": {("identity", depth, LATE): 0.9 for depth in (5, 20)}}, 3),
        ({"accuracy": {("identity", 5, LATE): 0.7}}, 4),
        ({"stacks": {(SKIPPING, "logistic"): 0.1}}, 7),
        ({"stacks": {(SKIPPING, "relu"): 0.1}}, 8),
        ({"stacks": {(NORMALISED, "logistic"): 0.95}}, 9),
        ({"ends": {("identity", "test_pairs_right"): 0.9}}, 10),
        ({"ends": {("identity", f"test_kind_over_{name}"): 3.0 for name in SURROUNDED}}, 12),
    ],
)
def test_a_control_that_passes_is_an_error(changed, context):
    assert answers(records(**changed))[context] is Answer.ERROR
