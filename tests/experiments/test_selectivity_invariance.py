"""The criteria of selectivity_invariance on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import selectivity_invariance as experiment
from experiments.selectivity_invariance.criteria import NAMED_NUISANCES
from experiments.selectivity_invariance.nets import CONTROL, CONV, DENSE

FEW, MANY = 256, 2048
ACCURACY = {
    ("linear", FEW): 0.54,
    ("linear", MANY): 0.58,
    ("nearest_neighbours", FEW): 0.52,
    ("nearest_neighbours", MANY): 0.55,
    ("gaussian", FEW): 0.57,
    ("gaussian", MANY): 0.66,
    (CONV, FEW): 0.75,
    (CONV, MANY): 0.94,
    (CONTROL, MANY): 0.59,
    (DENSE, MANY): 0.67,
}
PAIRS = {CONV: 0.87, "linear": 0.2}
RATIOS = {
    (CONV, "scene"): 2.5,
    (CONTROL, "scene"): 0.6,
    **{(CONV, name): 4.0 for name in NAMED_NUISANCES},
    **{(CONTROL, name): 0.9 for name in NAMED_NUISANCES},
}
KERNEL = {"trained": 0.9, "untrained": 0.55}
DISTANCES = {
    ("scene_to_class_distance", "trained"): 0.3,
    ("scene_to_class_distance", "pixels"): 3.0,
    ("class_to_scene_distance", "trained"): 2.0,
    ("class_to_scene_distance", "pixels"): 0.2,
}
RANDOM = {FEW: 0.5, MANY: 0.5}
ALONE = {"pose": 0.95, "background": 0.99}


def records(accuracy=(), pairs=(), ratios=(), kernel=(), distances=(), random=(), alone=(), seeds=5):
    """Planted numbers, some of them changed."""
    generator, parts = np.random.default_rng(0), []

    def plant(seed, metric, value, **axes):
        parts.append(measured({metric: value + 0.004 * generator.normal()}, seed=seed, **axes))

    net = {"method": CONV, "labels": "true", "train_size": MANY}
    for seed in range(seeds):
        for (method, size), value in {**ACCURACY, **dict(accuracy)}.items():
            plant(seed, "test_accuracy", value, method=method, train_size=size, labels="true")
        for method, value in {**PAIRS, **dict(pairs)}.items():
            plant(seed, "pair_accuracy", value, **{**net, "method": method})
        for (method, nuisance), value in {**RATIOS, **dict(ratios)}.items():
            plant(seed, "response_ratio", value, nuisance=nuisance, **{**net, "method": method})
        for features, value in {**KERNEL, **dict(kernel)}.items():
            plant(seed, "kernel_accuracy", value, features=features, **net)
        for (metric, features), value in {**DISTANCES, **dict(distances)}.items():
            plant(seed, metric, value, features=features, **({} if features == "pixels" else net))
        for size, value in {**RANDOM, **dict(random)}.items():
            plant(seed, "test_accuracy", value, method="gaussian", train_size=size, labels="random")
        for name, value in {**ALONE, **dict(alone)}.items():
            plant(seed, "test_accuracy", value, method="linear", alone=name)
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_net_that_detects_what_shallow_methods_do_not_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"alone": {"pose": 0.6, "background": 0.7}}, "72.single_nuisances_cost_little"),
        ({"distances": {("class_to_scene_distance", "pixels"): 0.8}}, "73.detail_is_minute"),
        ({"pairs": {CONV: 0.5}}, "73.convnet_detects_detail"),
        ({"distances": {("scene_to_class_distance", "pixels"): 0.7}}, "74.other_kind_is_nearer"),
        ({"accuracy": {("linear", MANY): 0.7}}, "75.linear_near_chance"),
        ({"accuracy": {("gaussian", MANY): 0.85}}, "75.convnet_beats_shallow"),
        ({"accuracy": {("gaussian", MANY): 0.58}}, "75.kernel_gains_from_data"),
        ({"accuracy": {(DENSE, MANY): 0.9}}, "75.mlp_gains_little"),
        ({"kernel": {"trained": 0.6}}, "100.kernel_on_learned_features"),
        ({"ratios": {(CONV, "scene"): 0.8}}, "108.detail_over_scene"),
        ({"ratios": {(CONV, "pose"): 0.8}}, "109.detail_over_each_nuisance"),
    ],
)
def test_each_criterion_can_be_refuted(changed, key):
    assert answers(records(**changed))[key] is Answer.REFUTED


def test_a_linear_classifier_that_nuisances_cost_nothing_refutes_72():
    found = answers(records(accuracy={("linear", MANY): 0.99, (CONV, MANY): 0.99}))
    assert found["72.nuisances_cost_linear"] is Answer.REFUTED


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"accuracy": {(CONV, MANY): 0.7}}, "72.nuisances_cost_linear"),
        ({"distances": {("class_to_scene_distance", "trained"): 0.2}}, "73.detail_is_minute"),
        ({"pairs": {"linear": 0.9}}, "73.convnet_detects_detail"),
        ({"distances": {("scene_to_class_distance", "trained"): 3.0}}, "74.other_kind_is_nearer"),
        ({"accuracy": {(CONTROL, MANY): 0.95}}, "75.convnet_beats_shallow"),
        ({"random": {MANY: 0.6}}, "75.kernel_gains_from_data"),
        ({"kernel": {"untrained": 0.9}}, "100.kernel_on_learned_features"),
        ({"ratios": {(CONTROL, "scene"): 2.0}}, "108.detail_over_scene"),
        ({"ratios": {(CONTROL, name): 2.0 for name in NAMED_NUISANCES}}, "109.detail_over_each_nuisance"),
    ],
)
def test_a_supported_control_is_an_error(changed, key):
    assert answers(records(**changed))[key] is Answer.ERROR


def test_a_linear_classifier_at_the_margin_is_inconclusive():
    assert answers(records(accuracy={("linear", MANY): 0.6}))["75.linear_near_chance"] is Answer.INCONCLUSIVE
