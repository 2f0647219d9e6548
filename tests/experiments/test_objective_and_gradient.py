"""The criteria of objective_and_gradient on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import objective_and_gradient as experiment
from experiments.objective_and_gradient.learning import ALONG, FULL_BATCH, MINIBATCH, RANDOM, UNITS, VALIDATION
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED
from experiments.objective_and_gradient.random_search import RANDOM_SEARCH, TRIES
from experiments.objective_and_gradient.small_steps import (
    AMONG,
    CHANGES,
    DERIVATIVES,
    JUMP_CHANGES,
    LENGTHS,
    TINY,
    UNTRAINED_LAYERS,
    WAYS,
)

STATES = ("untrained", "trained")
SEARCHED = ("searched", "searched again")
TRAININGS = [(MINIBATCH, ALONG, depth) for depth in (1, 3, 10)]
TRAININGS += [(MINIBATCH, RANDOM, 1), (FULL_BATCH, ALONG, 1), (FULL_BATCH, RANDOM, 1)]
PLANTED = {
    "chance": 0.0,
    "accuracy_std": 0.03,
    "guesses": 0.015,
    "below_zero": 0.0,
    "not_rising": 0.0,
    "removed": 0.9,
    "removed at worst": 0.01,
    "removed at random": 0.0,
    "searched": 0.6,
    "searched again": 0.6,
    "order": 1.0,
    "quantized order": 0.0,
    "flax_error": 0.0,
    "flax_error without a layer": 0.7,
    "tiny": 1e-6,
    "large": 0.7,
    "other derivatives": 0.6,
    "against": -1.0,
    "along": 1.0,
    "across": 0.0,
    "any direction": 0,
    "near directions": 0,
    "one of them": 99,
    "share_better": 0.7,
    "spread": 0.003,
}
"""Values with which every criterion is supported."""


def records(seeds=13, **changed):
    planted, generator = PLANTED | changed, np.random.default_rng(0)
    assert set(planted) == set(PLANTED)

    def around(value):
        return value + planted["spread"] * generator.normal()

    parts = []
    for seed in range(seeds):
        losses = {"loss": (*OBJECTIVES, SIGNED)}
        parts.append(
            measured(
                {
                    "below_zero": named([planted["below_zero"]] * 3 + [9.0], **losses),
                    "not_rising": named([planted["not_rising"]] * 3 + [0.5], **losses),
                    "accuracy_std": named(around(planted["guesses"]), method="guesses", depth=1),
                },
                seed=seed,
            )
        )
        for method, direction, depth in TRAININGS:
            value = planted["removed" if direction == ALONG else "removed at random"]
            value = around(planted["removed at worst"] if depth == 10 else value)
            axes = {
                "method": method,
                "direction": direction,
                "state": "trained",
                "depth": depth,
                "nonlinearity": "tanh",
            }
            metrics = {"loss_removed": value, "above_chance": value}
            parts.append(measured(metrics | ({VALIDATION: 0.0} if direction == ALONG else {}), seed=seed, **axes))
        searched = [named(around(planted[name]), tried=tried) for name, tried in zip(SEARCHED, TRIES, strict=True)]
        parts.append(measured({"loss_removed": searched}, seed=seed, method=RANDOM_SEARCH))
        for name in UNITS:
            metrics = {
                "above_chance": named(around(planted["chance"]), state="untrained"),
                "accuracy_std": named(around(planted["accuracy_std"]), method="net"),
            }
            parts.append(measured(metrics, seed=seed, depth=1, nonlinearity=name))
            layers = [planted["flax_error"]] + [planted["flax_error without a layer"]] * 2
            error = named(layers, untrained_layer=UNTRAINED_LAYERS)
            parts.append(measured({"flax_error": error}, seed=seed, nonlinearity=name))
        for name, state in itertools.product(UNITS, STATES):
            metrics = around_weights(planted, around)
            parts.append(measured(metrics, seed=seed, nonlinearity=name, state=state))
    return Records.gather(parts)


def around_weights(planted, around):
    """Metrics of small steps from the weights of one net."""
    jumps = [[change ** planted[order] for change in JUMP_CHANGES] for order in ("order", "quantized order")]
    of_own = [planted["tiny"]] * (len(CHANGES) - 1) + [around(planted["large"])]
    errors = [of_own] + [[planted["other derivatives"]] * len(CHANGES)] * 2
    counts = [[planted[among], planted["one of them"]] for among in AMONG]
    shares = [0.0] * (len(LENGTHS) - 1) + [around(planted["share_better"])]
    return {
        "largest_jump": named(jumps, parameters=("real", "quantized"), change=JUMP_CHANGES),
        "derivative_error": named(errors, derivative=DERIVATIVES, change=CHANGES),
        "slope": named([[planted[way]] * (1 + len(LENGTHS)) for way in WAYS], way=WAYS, length=(TINY, *LENGTHS)),
        "better_directions": named(counts, among=AMONG, reference=("negative gradient", "one of them")),
        "share_better": named(shares, length=LENGTHS),
    }


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


EXACT = (
    "54.objectives_not_negative",
    "54.objectives_rise_from_target",
    "56.weights_determine_scores",
    "58.derivative_predicts_tiny_change",
    "59.slope_against_gradient",
    "59.slope_along_gradient",
    "59.slope_across_gradient",
    "61.steepest_among_any_direction",
    "61.steepest_among_near_directions",
)


def test_all_is_supported_where_all_holds():
    found = answers(records())
    assert len(found) == 18
    assert {key for key, answer in found.items() if answer is Answer.EXACT} == set(EXACT)
    assert {answer for key, answer in found.items() if key not in EXACT} == {Answer.SUPPORTED}


def test_all_that_is_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


@pytest.mark.parametrize(
    ("changed", "key", "answer"),
    [
        ({"chance": 0.1}, "53.untrained_nets_at_chance", Answer.REFUTED),
        ({"chance": -0.1}, "53.untrained_nets_at_chance", Answer.REFUTED),
        ({"spread": 0.015}, "53.untrained_nets_at_chance", Answer.INCONCLUSIVE),
        ({"removed": 0.0, "removed at worst": 0.0}, "53.untrained_nets_at_chance", Answer.ERROR),
        ({"accuracy_std": 0.0}, "53.single_untrained_net_varies", Answer.REFUTED),
        ({"below_zero": 0.1}, "54.objectives_not_negative", Answer.REFUTED),
        ({"not_rising": 0.1}, "54.objectives_rise_from_target", Answer.REFUTED),
        ({"removed": 0.0}, "55.training_lowers_loss", Answer.REFUTED),
        ({"removed": 0.4}, "55.training_lowers_loss", Answer.REFUTED),
        ({"removed at random": 0.9}, "55.training_lowers_loss", Answer.ERROR),
        ({"removed at worst": 0.5}, "55.some_nets_are_not_trained", Answer.REFUTED),
        ({"removed": 0.01}, "55.some_nets_are_not_trained", Answer.ERROR),
        ({"order": 0.5}, "56.scores_change_smoothly", Answer.REFUTED),
        ({"quantized order": 1.0}, "56.scores_change_smoothly", Answer.ERROR),
        ({"flax_error": 0.01}, "56.weights_determine_scores", Answer.REFUTED),
        ({"flax_error without a layer": 0.0}, "56.weights_determine_scores", Answer.ERROR),
        ({"tiny": 0.01}, "58.derivative_predicts_tiny_change", Answer.REFUTED),
        ({"other derivatives": 1e-6}, "58.derivative_predicts_tiny_change", Answer.ERROR),
        ({"large": 0.0}, "58.derivative_fails_for_large_change", Answer.REFUTED),
        ({"against": -0.9}, "59.slope_against_gradient", Answer.REFUTED),
        ({"along": -1.0}, "59.slope_along_gradient", Answer.REFUTED),
        ({"across": 0.01}, "59.slope_across_gradient", Answer.REFUTED),
        ({"any direction": 1}, "61.steepest_among_any_direction", Answer.REFUTED),
        ({"near directions": 1}, "61.steepest_among_near_directions", Answer.REFUTED),
        ({"one of them": 0}, "61.steepest_among_near_directions", Answer.ERROR),
        ({"removed": 0.3}, "61.reaches_low_loss", Answer.REFUTED),
        ({"removed at random": 0.9}, "61.reaches_low_loss", Answer.ERROR),
        ({"searched": 0.9}, "61.lower_than_random_search", Answer.REFUTED),
        ({"searched": 0.9, "searched again": 0.6}, "61.lower_than_random_search", Answer.REFUTED),
        ({"searched again": 0.95}, "61.lower_than_random_search", Answer.ERROR),
        ({"share_better": 0.0}, "61.not_steepest_at_longer_steps", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(changed, key, answer):
    assert answers(records(**changed))[key] is answer


def test_nothing_measured_is_not_run():
    assert set(answers(Records()).values()) == {Answer.NOT_RUN}
