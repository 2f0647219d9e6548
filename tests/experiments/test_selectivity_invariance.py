"""The criteria of selectivity_invariance on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import selectivity_invariance as experiment
from experiments.selectivity_invariance.estimands import rise, tuned
from experiments.selectivity_invariance.nets import CONV, NAMED_NUISANCES, ONE_HIDDEN

FEW, MANY, SEEDS = 256, 2048, 13
ACCURACY = {
    ("linear", FEW): 0.54,
    ("linear", MANY): 0.56,
    ("nearest_neighbours", FEW): 0.52,
    ("nearest_neighbours", MANY): 0.55,
    ("gaussian", FEW): 0.57,
    ("gaussian", MANY): 0.66,
    (CONV, MANY): 0.94,
    (ONE_HIDDEN, MANY): 0.8,
}
PAIRS = {CONV: 0.87, "linear": 0.2}
RATIOS = {
    (method, name): value
    for name in ("scene", *NAMED_NUISANCES)
    for method, value in {CONV: 2.5, "linear": 0.6}.items()
}
KERNEL = {"trained": 0.9, "untrained": 0.55}
DISTANCES = {
    ("scene_to_class_distance", "trained", "scene"): 0.3,
    ("class_to_scene_distance", "trained", None): 2.0,
    ("scene_to_class_distance", "pixels", "scene"): 3.0,
    ("class_to_scene_distance", "pixels", None): 0.2,
}
REAL = {"scene": 2.0, "nearby": 0.3, "position": 0.7}
RANDOM = {FEW: 0.5, MANY: 0.5}
COSTS = {("position", "without"): 0.3, ("pose", "without"): 0.3, ("illumination", "without"): 0.2}
COSTS |= {(name, "with"): 0.01 for name in ("position", "pose", "illumination")}
POSE_ALONE = {"linear": 0.97, "nearest_neighbours": 0.9, "gaussian": 0.95}


def records(
    accuracy=(),
    pairs=(),
    ratios=(),
    kernel=(),
    distances=(),
    real=(),
    random=(),
    costs=(),
    pose=(),
    seeds=SEEDS,
):
    """Planted numbers, some of them changed."""
    generator, parts = np.random.default_rng(0), []

    def plant(seed, metric, value, dataset="canids", **axes):
        value = value + 0.004 * generator.normal()
        parts.append(measured({metric: value}, seed=seed, dataset=dataset, **axes))

    net = {"method": CONV, "labels": "true", "train_size": MANY}
    for seed in range(seeds):
        for (method, size), value in {**ACCURACY, **dict(accuracy)}.items():
            for hyperparameter in () if method in (CONV, ONE_HIDDEN) else (1.0, 2.0):
                axes = {"method": method, "train_size": size, "labels": "true", "hyperparameter": hyperparameter}
                plant(seed, "test_accuracy", value, **axes)
                plant(seed, "validation_accuracy", value, **axes)
            if method in (CONV, ONE_HIDDEN):
                plant(seed, "test_accuracy", value, method=method, train_size=size, labels="true")
        for method, value in {**PAIRS, **dict(pairs)}.items():
            plant(seed, "pair_accuracy", value, **{**net, "method": method})
        for (method, nuisance), value in {**RATIOS, **dict(ratios)}.items():
            plant(seed, "response_ratio", value, nuisance=nuisance, **{**net, "method": method})
        for features, value in {**KERNEL, **dict(kernel)}.items():
            plant(seed, "kernel_accuracy", value, features=features, **net)
        for (metric, features, changed), value in {**DISTANCES, **dict(distances)}.items():
            axes = {"features": features} | ({} if features == "pixels" else net)
            plant(seed, metric, value, **axes, **({"changed": changed} if changed else {}))
        for changed, value in {**REAL, **dict(real)}.items():
            plant(seed, "scene_to_class_distance", value, "digits", features="pixels", changed=changed)
        for size, value in {**RANDOM, **dict(random)}.items():
            axes = {"method": "gaussian", "train_size": size, "labels": "random", "hyperparameter": 1.0}
            plant(seed, "test_accuracy", value, **axes)
            plant(seed, "validation_accuracy", value, **axes)
        for (name, learned), value in {**COSTS, **dict(costs)}.items():
            plant(seed, "nuisance_cost", value, alone=name, learned=learned, method="linear")
        for method, value in {**POSE_ALONE, **dict(pose)}.items():
            plant(seed, "test_accuracy", value, alone="pose", learned="with", method=method)
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_net_that_detects_what_shallow_methods_do_not_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"costs": {("position", "without"): 0.05}}, "72.position_costs"),
        ({"costs": {("pose", "without"): 0.05}}, "72.orientation_costs"),
        ({"costs": {("illumination", "without"): 0.0}}, "72.illumination_costs"),
        ({"costs": {("pose", "with"): 0.2}}, "72.single_nuisances_cost_little"),
        ({"distances": {("class_to_scene_distance", "pixels", None): 0.8}}, "73.detail_is_minute"),
        ({"pairs": {CONV: 0.4}}, "73.convnet_detects_detail"),
        ({"distances": {("scene_to_class_distance", "pixels", "scene"): 0.7}}, "74.other_kind_is_nearer"),
        ({"real": {"scene": 0.8}}, "74.other_kind_is_nearer_on_real_pictures"),
        ({"real": {"position": 1.4}}, "74.position_alone_is_nearer"),
        ({"accuracy": {("linear", MANY): 0.7}}, "75.linear_near_chance"),
        ({"accuracy": {("gaussian", MANY): 0.85}}, "75.shallow_below_half_way"),
        ({"accuracy": {("gaussian", MANY): 0.85}}, "75.convnet_beats_shallow"),
        ({"accuracy": {("gaussian", MANY): 0.58}}, "75.kernel_gains_from_data"),
        ({"accuracy": {(ONE_HIDDEN, MANY): 0.7}}, "75.one_hidden_layer_distinguishes"),
        ({"pose": dict.fromkeys(POSE_ALONE, 0.6)}, "75.dense_poses_suffice"),
        ({"kernel": {"trained": 0.6}}, "100.kernel_on_learned_features"),
        ({"ratios": {(CONV, "scene"): 0.8}}, "108.detail_over_scene"),
        ({"ratios": {(CONV, "pose"): 0.8}}, "109.detail_over_each_nuisance"),
    ],
)
def test_each_criterion_can_be_refuted(changed, key):
    assert answers(records(**changed))[key] is Answer.REFUTED


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"costs": {("position", "with"): 0.3}}, "72.position_costs"),
        (
            {"costs": {(name, "without"): 0.0 for name in ("position", "pose", "illumination")}},
            "72.single_nuisances_cost_little",
        ),
        ({"distances": {("class_to_scene_distance", "trained", None): 0.2}}, "73.detail_is_minute"),
        ({"pairs": {"linear": 0.9}}, "73.convnet_detects_detail"),
        ({"distances": {("scene_to_class_distance", "trained", "scene"): 3.0}}, "74.other_kind_is_nearer"),
        ({"real": {"nearby": 2.0}}, "74.other_kind_is_nearer_on_real_pictures"),
        ({"accuracy": {(CONV, MANY): 0.56}}, "75.linear_near_chance"),
        ({"accuracy": {(CONV, MANY): 0.7}}, "75.shallow_below_half_way"),
        ({"accuracy": {(ONE_HIDDEN, MANY): 0.95}}, "75.convnet_beats_shallow"),
        ({"random": {MANY: 0.6}}, "75.kernel_gains_from_data"),
        ({"accuracy": {("linear", MANY): 0.85}}, "75.one_hidden_layer_distinguishes"),
        ({"kernel": {"untrained": 0.9}}, "100.kernel_on_learned_features"),
        ({"ratios": {("linear", "scene"): 2.0}}, "108.detail_over_scene"),
        ({"ratios": {("linear", name): 2.0 for name in NAMED_NUISANCES}}, "109.detail_over_each_nuisance"),
    ],
)
def test_a_control_that_does_not_fail_never_supports(changed, key):
    assert answers(records(**changed))[key] is not Answer.SUPPORTED


def test_the_roles_follow_from_the_sentence():
    """A kernel that gains, and one layer that does it, deny that shallow classifiers could not possibly."""
    roles = {criterion.key: criterion.role for criterion in experiment.CRITERIA}
    assert {key for key, role in roles.items() if role == "contradicts"} == {
        "75.kernel_gains_from_data",
        "75.one_hidden_layer_distinguishes",
    }


def test_a_rise_is_between_hyperparameters_chosen_on_validation_pictures():
    found = records()
    rows = []
    for row in found.rows:  # hyperparameter 2 is best on the test pictures, and worst on the validation pictures
        change = {"test_accuracy": 0.2, "validation_accuracy": -0.2}.get(row["metric"], 0.0)
        of_two = row.get("hyperparameter") == 2.0 and row["train_size"] == MANY
        rows.append({**row, "value": row["value"] + change * of_two})
    np.testing.assert_allclose(tuned("gaussian", "true", max)(Records(tuple(rows))), 0.66, atol=0.02)
    np.testing.assert_allclose(rise("true")(Records(tuple(rows))), 0.09, atol=0.03)


def test_with_a_single_number_of_pictures_nothing_rises_and_the_rest_stands():
    found = Records(tuple(row for row in records().rows if row.get("train_size") != FEW))
    result = answers(found)
    assert result["75.kernel_gains_from_data"] is Answer.NOT_RUN
    assert result["75.linear_near_chance"] is Answer.SUPPORTED
