"""The judge of selectivity_invariance on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import selectivity_invariance as experiment
from experiments.selectivity_invariance import CONTROL, CONV, DENSE, SURROUNDED

FEW, MANY = 256, 2048
ACCURACY = {
    ("linear", FEW): 0.54, ("linear", MANY): 0.58,
    ("nearest neighbours", FEW): 0.52, ("nearest neighbours", MANY): 0.55,
    ("gaussian", FEW): 0.57, ("gaussian", MANY): 0.66, (CONV, FEW): 0.75, (CONV, MANY): 0.94, (CONTROL, MANY): 0.59,
    (DENSE, MANY): 0.67,
}  # fmt: skip
OTHERS = {
    (CONV, "test_pairs_right"): 0.87, ("linear", "test_pairs_right"): 0.2, (CONV, "test_scene_over_kind"): 0.3,
    (CONV, "test_detail_over_scene"): 2.0,
    (CONV, "test_kernel_on_top"): 0.9, (CONV, "test_kernel_on_untrained_top"): 0.55,
    (CONV, "test_kind_over_scene"): 2.5, (CONTROL, "test_kind_over_scene"): 0.6,
    **{(CONV, f"test_kind_over_{name}"): 4.0 for name in SURROUNDED},
    **{(CONTROL, f"test_kind_over_{name}"): 0.9 for name in SURROUNDED},
}  # fmt: skip
FREE = {("pixels", "test_scene_over_kind"): 3.0, ("pixels", "test_detail_over_scene"): 0.2}
LOT = {FEW: 0.5, MANY: 0.5}
ALONE = {"pose": 0.95, "background": 0.99}


def records(accuracy=(), others=(), free=(), alone=ALONE, lot=LOT, seeds=5):
    """Planted numbers, some of them changed."""
    generator, rows = np.random.default_rng(0), []

    def plant(seed, value, **axes):
        rows.append({"trial": seed, "seed": seed, **axes, "value": value + 0.004 * generator.normal()})

    for seed in range(seeds):
        for (machine, size), value in {**ACCURACY, **dict(accuracy)}.items():
            plant(seed, value, machine=machine, size=size, labels="true", metric="test_accuracy")
        for (machine, name), value in {**OTHERS, **dict(others)}.items():
            plant(seed, value, machine=machine, size=MANY, labels="true", metric=name)
        for (machine, name), value in {**FREE, **dict(free)}.items():
            plant(seed, value, machine=machine, metric=name)
        for size, value in lot.items():
            plant(seed, value, machine="gaussian", size=size, labels="by lot", metric="test_accuracy")
        for name, value in alone.items():
            plant(seed, value, machine="linear", alone=name, metric="test_accuracy")
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_net_that_sees_what_shallow_machines_do_not_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * len(experiment.CRITERIA)


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({"alone": {"pose": 0.6, "background": 0.7}}, 1),
        ({"free": {("pixels", "test_detail_over_scene"): 0.8}}, 2),
        ({"others": {(CONV, "test_pairs_right"): 0.5}}, 3),
        ({"free": {("pixels", "test_scene_over_kind"): 0.7}}, 4),
        ({"accuracy": {("linear", MANY): 0.7}}, 5),
        ({"accuracy": {("gaussian", MANY): 0.85}}, 6),
        ({"accuracy": {("gaussian", MANY): 0.58}}, 7),
        ({"accuracy": {(DENSE, MANY): 0.9}}, 8),
        ({"others": {(CONV, "test_kernel_on_top"): 0.6}}, 9),
        ({"others": {(CONV, "test_kind_over_scene"): 0.8}}, 10),
        ({"others": {(CONV, "test_kind_over_pose"): 0.8}}, 11),
    ],
)
def test_each_criterion_can_be_refuted(changed, context):
    assert answers(records(**changed))[context] is Answer.REFUTED


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({"accuracy": {(CONV, MANY): 0.7}}, 0),
        ({"others": {(CONV, "test_detail_over_scene"): 0.2}}, 2),
        ({"others": {("linear", "test_pairs_right"): 0.9}}, 3),
        ({"others": {(CONV, "test_scene_over_kind"): 3.0}}, 4),
        ({"accuracy": {(CONTROL, MANY): 0.95}}, 6),
        ({"lot": {FEW: 0.5, MANY: 0.6}}, 7),
        ({"others": {(CONV, "test_kernel_on_untrained_top"): 0.9}}, 9),
        ({"others": {(CONTROL, f"test_kind_over_{name}"): 2.0 for name in SURROUNDED}}, 11),
    ],
)
def test_a_control_that_passes_is_an_error(changed, context):
    assert answers(records(**changed))[context] is Answer.ERROR
