"""The criteria of objective_and_gradient on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import objective_and_gradient as experiment
from experiments.objective_and_gradient.learning import FULL_BATCH, MINIBATCH, UNITS
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED
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
PLANTED = {
    "chance": 0.0,
    "accuracy_std": 0.03,
    "guesses": 0.015,
    "below_zero": 0.0,
    "not_rising": 0.0,
    "removed": 0.9,
    "removed at random": 0.0,
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


def records(seeds=6, **changed):
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
        for method, direction in itertools.product((MINIBATCH, FULL_BATCH), ("gradient", "random direction")):
            value = around(planted["removed" if direction == "gradient" else "removed at random"])
            axes = {"method": method, "direction": direction, "state": "trained", "depth": 1, "nonlinearity": "tanh"}
            parts.append(measured({"loss_removed": value, "above_chance": value}, seed=seed, **axes))
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
        "slope": named([planted[way] for way in WAYS], way=WAYS, length=TINY),
        "better_directions": named(counts, among=AMONG, reference=("negative gradient", "one of them")),
        "share_better": named(shares, length=LENGTHS),
    }


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_all_is_supported_where_all_holds():
    found = answers(records())
    assert len(found) == 16
    assert set(found.values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("changed", "key", "answer"),
    [
        ({"chance": 0.1}, "53.untrained_nets_at_chance", Answer.REFUTED),
        ({"spread": 0.1}, "53.untrained_nets_at_chance", Answer.INCONCLUSIVE),
        ({"removed": 0.0}, "53.untrained_nets_at_chance", Answer.ERROR),
        ({"accuracy_std": 0.0}, "53.single_untrained_net_varies", Answer.REFUTED),
        ({"below_zero": 0.1}, "54.objectives_not_negative", Answer.REFUTED),
        ({"not_rising": 0.1}, "54.objectives_rise_from_target", Answer.REFUTED),
        ({"removed": 0.0}, "55.training_lowers_loss", Answer.REFUTED),
        ({"removed at random": 0.9}, "55.training_lowers_loss", Answer.ERROR),
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
        ({"share_better": 0.0}, "61.not_steepest_at_longer_steps", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(changed, key, answer):
    assert answers(records(**changed))[key] is answer


def test_nothing_measured_is_not_run():
    assert set(answers(Records()).values()) == {Answer.NOT_RUN}
