"""The criteria of depth_5_to_20 on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Missing, Records, measured
from dl_jax.evidence.verdicts import Answer
from dl_jax.training.context import local_context
from experiments import depth_5_to_20 as experiment
from experiments.depth_5_to_20.criteria import (
    DEEP,
    LINEAR,
    NAMED_NUISANCES,
    NONLINEAR,
    TENT_DEPTHS,
    chosen,
    gain,
    worst_deep,
)
from experiments.depth_5_to_20.tent_bound import tent_errors

LATE, SEEDS, DEPTHS = 2000, 13, (1, 5, 20)
ACCURACY = {
    **{("relu", depth): value for depth, value in zip(DEPTHS, (0.82, 0.92, 0.92), strict=True)},
    **{(name, depth): 0.8 for name in ("tanh", "logistic") for depth in DEPTHS},
    **{("identity", depth): 0.58 for depth in DEPTHS},
}
PAIRS = {"relu": 0.85, "tanh": 0.7, "logistic": 0.7, "identity": 0.2}
RATIOS = {
    (name, nuisance): value
    for nuisance in ("scene", *NAMED_NUISANCES)
    for name, value in {"relu": 2.5, "tanh": 2.0, "logistic": 2.0, "identity": 0.6}.items()
}
STACKS = {(remedy, name): value for name in NONLINEAR for remedy, value in {"none": 0.1, "skip": 0.95}.items()}


@pytest.fixture(scope="module")
def tent_records():
    return tent_errors(TENT_DEPTHS, range(SEEDS), local_context(1))


@pytest.fixture
def records(tent_records):
    """(changes of the planted numbers) -> records: the folded tent map as measured, planted numbers for the rest."""

    def planted(accuracy=(), pairs=(), ratios=(), stacks=(), missed=0.0, broken=None, validation=()):
        generator, parts = np.random.default_rng(0), []
        tent = tuple(
            {
                **row,
                "value": missed
                if row["noise"] == 0
                else broken
                if broken is not None and row["depth"] == 20
                else row["value"],
            }
            if row["metric"] == "error_rate"
            else row
            for row in tent_records.rows
        )

        def plant(seed, metric, value, **axes):
            parts.append(measured({metric: value + 0.002 * generator.normal()}, seed=seed, **axes))

        for seed in range(SEEDS):
            for (name, depth), value in {**ACCURACY, **dict(accuracy)}.items():
                axes = {"task": "kinds", "dataset": "canids", "nonlinearity": name, "depth": depth, "step": LATE}
                plant(seed, "test_accuracy", value, **axes)
                plant(seed, "validation_accuracy", dict(validation).get((name, depth), value), **axes)
                plant(seed, "pair_accuracy", {**PAIRS, **dict(pairs)}[name], **axes)
                for nuisance in ("scene", *NAMED_NUISANCES):
                    ratio = {**RATIOS, **dict(ratios)}[name, nuisance]
                    plant(seed, "response_ratio", ratio, nuisance=nuisance, **axes)
            for (remedy, name), value in {**STACKS, **dict(stacks)}.items():
                plant(seed, "test_accuracy", value, task="digits", remedy=remedy, nonlinearity=name, depth=20)
        return Records.gather([tent, *parts])

    return planted


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_records_of_the_claim_support_all_criteria_but_the_limit_on_rectifiers(records):
    found = answers(records())
    assert found.pop("107.no_gain_with_relu") is Answer.REFUTED
    exact = {found.pop(key) for key in ("107.folded_map_is_exact", "107.one_layer_must_err")}
    assert exact == {Answer.EXACT}
    assert set(found.values()) == {Answer.SUPPORTED}


def test_the_proof_and_the_construction_are_exact_and_need_no_seeds(tent_records):
    for verdict in judge(tent_records, experiment.CRITERIA[:2]):
        assert verdict.key in ("107.folded_map_is_exact", "107.one_layer_must_err")
        assert verdict.exact
        assert verdict.n == 0


def all_deep(value, names=NONLINEAR):
    return {(name, depth): value for name in names for depth in DEPTHS}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"broken": 0.01}, "107.folded_map_is_fragile"),
        ({"accuracy": all_deep(0.7)}, "107.deep_nets_learn"),
        ({"accuracy": {("relu", 1): 0.91}}, "107.depth_helps"),
        ({"accuracy": {("tanh", 5): 0.9}}, "107.no_gain_with_tanh"),
        ({"accuracy": {("logistic", 20): 0.9}}, "107.no_gain_with_logistic"),
        ({"accuracy": {("relu", 20): 0.97}}, "107.twenty_layers_no_better"),
        ({"stacks": {("none", "logistic"): 0.6}}, "107.plain_logistic_fails"),
        ({"stacks": {("none", "tanh"): 0.6}}, "107.plain_tanh_fails"),
        ({"stacks": {("none", "relu"): 0.6}}, "107.plain_relu_fails"),
        ({"pairs": {"relu": 0.4}}, "108.deep_nets_detect_detail"),
        ({"ratios": {("relu", "scene"): 0.8}}, "108.detail_over_scene"),
        ({"ratios": {("relu", "objects"): 0.8}}, "109.detail_over_each_nuisance"),
    ],
)
def test_each_criterion_can_be_refuted(records, changed, key):
    assert answers(records(**changed))[key] is Answer.REFUTED


def test_a_rival_of_one_layer_with_another_nonlinearity_takes_the_gain_away(records):
    """The gain is over the best net of one layer, not over that of the nonlinearity that gains most."""
    found = answers(records(accuracy={("tanh", 1): 0.91}))
    assert found["107.depth_helps"] is Answer.REFUTED


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"accuracy": all_deep(0.9, LINEAR)}, "107.deep_nets_learn"),
        ({"accuracy": {("identity", 5): 0.7}}, "107.depth_helps"),
        ({"accuracy": all_deep(0.9, LINEAR)}, "107.no_gain_with_tanh"),
        ({"accuracy": {("identity", 20): 0.92}}, "107.twenty_layers_no_better"),
        ({"stacks": {("skip", "logistic"): 0.1}}, "107.plain_logistic_fails"),
        ({"stacks": {("skip", "relu"): 0.1}}, "107.plain_relu_fails"),
        ({"pairs": {"identity": 0.9}}, "108.deep_nets_detect_detail"),
        ({"ratios": {("identity", "scene"): 2.0}}, "108.detail_over_scene"),
        ({"ratios": {("identity", name): 3.0 for name in NAMED_NUISANCES}}, "109.detail_over_each_nuisance"),
    ],
)
def test_a_control_that_does_not_fail_never_supports(records, changed, key):
    assert answers(records(**changed))[key] is not Answer.SUPPORTED


def test_without_deep_nets_what_is_about_them_is_not_run(records):
    shallow = Records(tuple(row for row in records().rows if row.get("task") != "kinds" or row["depth"] == 1))
    found = answers(shallow)
    for key in (
        "107.deep_nets_learn",
        "107.depth_helps",
        "107.twenty_layers_no_better",
        "109.detail_over_each_nuisance",
    ):
        assert found[key] is Answer.NOT_RUN


def test_without_a_nonlinearity_what_is_about_it_is_not_run_and_the_rest_stands(records):
    some = Records(tuple(row for row in records().rows if row.get("nonlinearity") not in ("tanh", "logistic")))
    found = answers(some)
    assert found["107.no_gain_with_tanh"] is Answer.NOT_RUN
    assert found["107.depth_helps"] is Answer.SUPPORTED
    with pytest.raises(Missing):
        worst_deep("test_accuracy", ["tanh"])(some)


def test_the_net_is_chosen_on_validation_pictures_seed_by_seed(records):
    """The best on the test is at depth 20; validation says 5 for rectifiers."""
    found = records(accuracy={("relu", 20): 0.99}, validation={("relu", 20): 0.5})
    np.testing.assert_allclose(chosen("test_accuracy", DEEP, ["relu"])(found), 0.92, atol=0.01)
    np.testing.assert_allclose(gain(DEEP, ["relu"], [1], ["relu"])(found), 0.10, atol=0.02)


def test_a_net_that_broke_down_is_not_chosen(records):
    found = records(validation={("relu", 20): np.nan}, accuracy={("relu", 20): np.nan})
    assert np.isfinite(chosen("test_accuracy", DEEP, ["relu"])(found)).all()
