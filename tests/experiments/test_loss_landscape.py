"""The criteria of loss_landscape on planted records, and its data."""

import jax
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.coverage import unread
from dl_jax.evidence.judge import judge
from dl_jax.evidence.named import array
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import loss_landscape as experiment
from experiments.loss_landscape.criteria import ALONG, LINEAR, NET, RANDOM, TRUE, WRONG
from experiments.loss_landscape.surroundings import ALIGNED, CURVE, INITIAL, OTHER, REVERSED

BOTH, ONE = ("permuted", "both sides"), ("permuted", "one side")
TRAINED, UNTRAINED = ("weights", "trained"), ("weights", "initial")
SLICE, PLANE = ("plane", "random"), ("plane", "principal")
LOWEST, HIGHEST = ("extreme", "lowest"), ("extreme", "highest")


def to(end):
    return "end", end


PLANTED = {
    (NET, ALONG, "barrier", to(OTHER)): 0.5,
    (NET, ALONG, "barrier", to(ALIGNED)): 0.02,
    (NET, ALONG, "barrier", to(REVERSED)): 0.8,
    (NET, ALONG, "barrier", to(CURVE)): 0.01,
    (NET, ALONG, "barrier", to(INITIAL)): 0.0,
    (NET, ALONG, "permuted_changes", BOTH): 1e-8,
    (NET, ALONG, "permuted_changes", ONE): 2.0,
    (NET, ALONG, "curvature", LOWEST): -1.0,
    (NET, ALONG, "curvature", HIGHEST): 2.0,
    (NET, ALONG, "relative_distance"): 1.3,
    (NET, ALONG, "largest_rise"): -0.001,
    (NET, ALONG, "slice_goes_lower", TRAINED): 1e-5,
    (NET, ALONG, "slice_goes_lower", UNTRAINED): 0.01,
    (NET, ALONG, "path_in_plane", SLICE): 0.003,
    (NET, ALONG, "path_in_plane", PLANE): 0.95,
    (NET, ALONG, "plane_goes_lower"): 0.6,
    (NET, RANDOM, "largest_rise"): 0.4,
    (LINEAR, ALONG, "curvature", LOWEST): 0.05,
    (LINEAR, ALONG, "curvature", HIGHEST): 3.0,
    (LINEAR, ALONG, "barrier", to(OTHER)): 0.0,
    (LINEAR, ALONG, "remaining_objective"): 1e-4,
    (LINEAR, ALONG, "remaining_distance"): 0.02,
    (LINEAR, ALONG, "relative_distance"): 0.03,
    (LINEAR, ALONG, "plane_goes_lower"): 0.001,
    (LINEAR, RANDOM, "remaining_objective"): 2.0,
    (LINEAR, RANDOM, "remaining_distance"): 1.5,
}
"""(model, direction, metric, an axis of its own): value."""
STEPS = (0, 10, 100)
LOSSES = {(NET, WRONG): (2.0, 0.6, 1.0), (LINEAR, TRUE): (2.0, 0.4, 0.3)}
"""Test and validation loss at these steps."""


def records(changed=(), losses=LOSSES, seeds=13):
    """Planted numbers, some of them changed."""
    generator, parts = np.random.default_rng(0), []
    for seed in range(seeds):
        base = {"seed": seed, "dataset": "digits", "hidden": "16"}
        for key, value in (PLANTED | dict(changed)).items():
            model, direction, name, *axis = key
            noisy = value * (1 + 0.02 * generator.normal())
            axis = [*axis, *([("step", STEPS[-1])] if name == "curvature" else [])]
            parts.append(measured({name: noisy}, **base, model=model, labels=TRUE, direction=direction, **dict(axis)))
        for (model, labels), values in losses.items():
            for step, value in zip(STEPS, values, strict=True):
                at = {**base, "model": model, "labels": labels, "direction": ALONG, "step": step}
                noisy = value + 0.01 * generator.normal()
                parts += [measured({"loss": noisy}, **at, split=split) for split in ("validation", "test")]
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_a_hilly_landscape_and_a_path_down_support_all():
    found = answers(records())
    assert len(found) == 14
    assert found.pop("60.permuted_net_is_equal") is Answer.EXACT
    assert set(found.values()) == {Answer.SUPPORTED}


def test_all_that_is_measured_is_judged_or_declared():
    assert unread(records(), experiment.CRITERIA, experiment.NOT_JUDGED) == []


@pytest.mark.parametrize(
    ("planted", "value", "key"),
    [
        ((NET, ALONG, "barrier", to(OTHER)), 0.01, "60.hill_between_trainings"),
        ((NET, ALONG, "barrier", to(ALIGNED)), 0.4, "60.no_hill_to_aligned_net"),
        ((NET, ALONG, "barrier", to(CURVE)), 0.3, "60.curve_around_the_hill"),
        ((NET, ALONG, "permuted_changes", BOTH), 0.1, "60.permuted_net_is_equal"),
        ((NET, ALONG, "barrier", to(REVERSED)), 0.01, "60.hill_between_equal_nets"),
        ((NET, ALONG, "curvature", LOWEST), 0.1, "60.negative_curvature"),
        ((LINEAR, ALONG, "remaining_objective"), 0.2, "62.reaches_lowest_objective"),
        ((LINEAR, ALONG, "remaining_distance"), 0.5, "62.reaches_its_weights"),
        ((NET, ALONG, "relative_distance"), 0.1, "62.nets_end_apart"),
        ((NET, ALONG, "largest_rise"), 0.3, "63.path_runs_down"),
        ((NET, ALONG, "slice_goes_lower", TRAINED), 0.1, "63.end_is_lowest_around"),
        ((NET, ALONG, "path_in_plane", SLICE), 0.3, "63.random_slice_misses_path"),
        ((NET, ALONG, "plane_goes_lower"), 0.01, "63.lower_beyond_end"),
    ],
)
def test_each_criterion_can_be_refuted(planted, value, key):
    assert answers(records({planted: value}))[key] is Answer.REFUTED


def test_where_nothing_is_saved_by_stopping_it_does_not_pay():
    found = answers(records(losses=LOSSES | {(NET, WRONG): (2.0, 0.6, 0.55)}))
    assert found["62.stopping_early_pays"] is Answer.REFUTED


def test_two_seeds_decide_nothing_but_the_identity():
    found = answers(records(seeds=2))
    assert found.pop("60.permuted_net_is_equal") is Answer.EXACT
    assert set(found.values()) == {Answer.INCONCLUSIVE}


def test_without_wrong_labels_stopping_early_is_not_judged():
    found = answers(records(losses={(LINEAR, TRUE): LOSSES[LINEAR, TRUE]}))
    assert found["62.stopping_early_pays"] is Answer.NOT_RUN


@pytest.mark.parametrize(
    ("planted", "value", "key"),
    [
        ((NET, ALONG, "barrier", to(INITIAL)), 0.5, "60.hill_between_trainings"),
        ((NET, ALONG, "barrier", to(OTHER)), 0.01, "60.curve_around_the_hill"),
        ((NET, ALONG, "barrier", to(OTHER)), 0.01, "60.no_hill_to_aligned_net"),
        ((LINEAR, ALONG, "curvature", LOWEST), -1.0, "60.negative_curvature"),
        ((NET, ALONG, "permuted_changes", ONE), 1e-8, "60.permuted_net_is_equal"),
        ((LINEAR, RANDOM, "remaining_objective"), 0.001, "62.reaches_lowest_objective"),
        ((NET, ALONG, "slice_goes_lower", UNTRAINED), 1e-5, "63.end_is_lowest_around"),
        ((NET, RANDOM, "largest_rise"), 0.0, "63.path_runs_down"),
    ],
)
def test_a_control_that_passes_is_an_error(planted, value, key):
    assert answers(records({planted: value}))[key] is Answer.ERROR


def test_wrong_labels_are_the_stated_share_all_wrong_and_of_the_training_examples_alone():
    examples = Examples(np.zeros((5000, 2), np.float32), np.arange(5000, dtype=np.int32) % 10)
    splits = Splits(examples, examples, examples)
    noisy = experiment.with_wrong_labels(jax.random.key(0), splits, classes=10, share=0.3)
    assert np.mean(noisy.train.y != examples.y) == pytest.approx(0.3, abs=0.02)
    assert set(np.unique(noisy.train.y)) == set(range(10))
    assert noisy.train.y.dtype == np.int32
    assert noisy.test is noisy.validation is examples
    other = experiment.with_wrong_labels(jax.random.key(1), splits, classes=10, share=0.3)
    assert np.any(other.train.y != noisy.train.y)


def test_evaluation_steps_double_from_the_initial_weights_to_the_end():
    assert experiment.evaluation_steps(64) == [0, 1, 2, 4, 8, 16, 32, 64]
    assert experiment.evaluation_steps(100) == [0, 1, 2, 4, 8, 16, 32, 64, 100]


def test_arrays_are_kept_where_a_figure_shows_them():
    arrays = {name: array(np.zeros(2), "point") for name in ("segment", "slice")}
    found = Records.gather(measured(arrays, seed=seed) for seed in (3, 4)).arrays
    drawn = [(each.metric, each.at["seed"]) for each in found if experiment.drawn(each, first_seed=3)]
    assert sorted(drawn) == [("segment", 3), ("segment", 4), ("slice", 3)]
