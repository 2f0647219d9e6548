"""The criteria of depth_5_to_20 on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from dl_jax.training.context import local_context
from experiments import depth_5_to_20 as experiment
from experiments.depth_5_to_20.criteria import NAMED_NUISANCES, TENT_DEPTHS
from experiments.depth_5_to_20.tent_bound import tent_errors

EARLY, LATE, SEEDS = 500, 2000, 5
ACCURACY = {
    ("relu", 1, EARLY): 0.6,
    ("relu", 5, EARLY): 0.85,
    ("relu", 20, EARLY): 0.85,
    ("relu", 1, LATE): 0.82,
    ("relu", 5, LATE): 0.92,
    ("relu", 20, LATE): 0.92,
    **{("identity", depth, step): 0.58 for depth in (1, 5, 20) for step in (EARLY, LATE)},
}
PAIRS = {"relu": 0.85, "identity": 0.2}
RATIOS = {
    ("relu", "scene"): 2.5,
    ("identity", "scene"): 0.6,
    **{("relu", nuisance): 4.0 for nuisance in NAMED_NUISANCES},
    **{("identity", nuisance): 0.9 for nuisance in NAMED_NUISANCES},
}
STACKS = {
    ("none", "logistic"): 0.1,
    ("layer_norm", "logistic"): 0.1,
    ("skip", "logistic"): 0.95,
    ("none", "relu"): 0.1,
    ("skip", "relu"): 0.96,
}


@pytest.fixture(scope="module")
def tent_records():
    return tent_errors(TENT_DEPTHS, range(SEEDS), local_context(1))


@pytest.fixture
def records(tent_records):
    """(changes of the planted numbers) -> records: the folded tent map as measured, planted numbers for the rest."""

    def planted(accuracy=(), pairs=(), ratios=(), stacks=(), missed=0.0):
        generator, parts = np.random.default_rng(0), []
        tent = tuple(
            {**row, "value": missed} if row["metric"] == "error_rate" and row["noise"] == 0 else row
            for row in tent_records.rows
        )

        def plant(seed, metric, value, **axes):
            parts.append(measured({metric: value + 0.002 * generator.normal()}, seed=seed, **axes))

        for seed in range(SEEDS):
            for (name, depth, step), value in {**ACCURACY, **dict(accuracy)}.items():
                plant(seed, "test_accuracy", value, task="canids", nonlinearity=name, depth=depth, step=step)
            for depth in (1, 5, 20):
                axes = {"task": "canids", "depth": depth, "step": LATE}
                for name, value in {**PAIRS, **dict(pairs)}.items():
                    plant(seed, "pair_accuracy", value, nonlinearity=name, **axes)
                for (name, nuisance), value in {**RATIOS, **dict(ratios)}.items():
                    plant(seed, "response_ratio", value, nonlinearity=name, nuisance=nuisance, **axes)
            for (remedy, name), value in {**STACKS, **dict(stacks)}.items():
                plant(seed, "test_accuracy", value, task="digits", remedy=remedy, nonlinearity=name, depth=20)
        return Records.gather([tent, *parts])

    return planted


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_records_of_the_claim_support_all_criteria(records):
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


def test_the_proof_and_the_construction_are_exact_and_need_no_seeds(tent_records):
    for verdict in judge(tent_records, experiment.CRITERIA[:2]):
        assert verdict.key in ("107.folded_map_is_exact", "107.one_layer_must_err")
        assert verdict.verdict is Answer.SUPPORTED
        assert verdict.exact
        assert verdict.n == 0


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"missed": 0.1}, "107.folded_map_is_exact"),
        ({"accuracy": {("relu", 20, LATE): 0.7}}, "107.deep_nets_learn"),
        ({"accuracy": {("relu", 1, LATE): 0.91}}, "107.depth_helps"),
        ({"accuracy": {("relu", 1, EARLY): 0.78}}, "107.short_training_exaggerates"),
        ({"accuracy": {("relu", 20, LATE): 0.97}}, "107.twenty_layers_no_better"),
        ({"stacks": {("none", "logistic"): 0.6}}, "107.plain_logistic_fails"),
        ({"stacks": {("none", "relu"): 0.6}}, "107.plain_relu_fails"),
        ({"stacks": {("skip", "logistic"): 0.6}}, "107.skip_connections_help"),
        ({"pairs": {"relu": 0.5}}, "108.deep_nets_detect_detail"),
        ({"ratios": {("relu", "scene"): 0.8}}, "108.detail_over_scene"),
        ({"ratios": {("relu", "objects"): 0.8}}, "109.detail_over_each_nuisance"),
    ],
)
def test_each_criterion_can_be_refuted(records, changed, key):
    assert answers(records(**changed))[key] is Answer.REFUTED


def test_a_difference_within_the_noise_of_the_seeds_is_inconclusive(records):
    assert answers(records(accuracy={("relu", 1, LATE): 0.87}))["107.depth_helps"] is Answer.INCONCLUSIVE


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"accuracy": {("identity", depth, LATE): 0.9 for depth in (5, 20)}}, "107.deep_nets_learn"),
        ({"accuracy": {("identity", 5, LATE): 0.7}}, "107.depth_helps"),
        ({"stacks": {("skip", "logistic"): 0.1}}, "107.plain_logistic_fails"),
        ({"stacks": {("skip", "relu"): 0.1}}, "107.plain_relu_fails"),
        ({"stacks": {("layer_norm", "logistic"): 0.95}}, "107.skip_connections_help"),
        ({"pairs": {"identity": 0.9}}, "108.deep_nets_detect_detail"),
        ({"ratios": {("identity", "scene"): 2.0}}, "108.detail_over_scene"),
        ({"ratios": {("identity", name): 3.0 for name in NAMED_NUISANCES}}, "109.detail_over_each_nuisance"),
    ],
)
def test_a_supported_control_is_an_error(records, changed, key):
    assert answers(records(**changed))[key] is Answer.ERROR


def test_without_deep_nets_what_is_about_them_is_not_run(records):
    shallow = Records(tuple(row for row in records().rows if row.get("task") != "canids" or row["depth"] == 1))
    assert answers(shallow)["107.depth_helps"] is Answer.NOT_RUN
    assert answers(shallow)["109.detail_over_each_nuisance"] is Answer.NOT_RUN
