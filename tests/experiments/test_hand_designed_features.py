"""The criteria of hand_designed_features on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import hand_designed_features as experiment
from experiments.hand_designed_features.criteria import best_by_hand

PLANTED = {
    "raw": (0.80, 0.95),
    "deskewed": (0.80, 0.95),
    "pca": (0.79, 0.94),
    "hog": (0.88, 0.98),
    "hidden": (0.80, 0.97),
    "random_maps": (0.80, 0.97),
    "convnet": (0.82, 0.985),
    "raw_permuted": (0.80, 0.95),
    "hog_permuted": (0.70, 0.90),
    "hog_one_cell": (0.30, 0.50),
    "hidden_linear": (0.80, 0.95),
}
"""Accuracy with few examples and with all, where the statements hold."""
MOVED = {"raw": 0.5, "hog_one_cell": 0.45, "hog": 0.7, "hog_permuted": 0.4}
SIZES = (100, 1000)


def records(nearest=0.98, moved=(), validation=(), spread=0.001, seeds=6, **planted):
    """Planted records: accuracies as above, but for those that are given."""
    generator, found = np.random.default_rng(0), []

    def noisy(value):
        return value + spread * generator.normal()

    for (name, both), seed in itertools.product((PLANTED | planted).items(), range(seeds)):
        for size, accuracy in zip(SIZES, both, strict=True):
            on_moved = (MOVED | dict(moved)).get(name, 0.6)
            metrics = {
                "test_accuracy": named(np.array([noisy(accuracy), noisy(on_moved)]), pictures=("original", "moved")),
                "validation_accuracy": noisy(dict(validation).get(name, accuracy)),
            }
            if name == "raw":
                metrics["nearest_neighbour_accuracy"] = noisy(nearest)
            axes = {"features": name, "size": size, "dataset": "planted", "head": "softmax"}
            found.append(measured(metrics, seed=seed, **axes))
    return Records.gather(found)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_where_everything_holds_all_are_supported():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"convnet": (0.82, 0.96)}, "17.raw_pixels_do_little", Answer.REFUTED),
        ({"nearest": 0.96}, "17.nearest_neighbour_does_much", Answer.REFUTED),
        ({"hog": (0.80, 0.95)}, "18.oriented_gradients_gain", Answer.REFUTED),
        ({"hog": (0.81, 0.96), "spread": 0.02}, "18.oriented_gradients_gain", Answer.INCONCLUSIVE),
        ({"convnet": (0.82, 0.95)}, "19.learned_features_gain", Answer.REFUTED),
        ({"random_maps": (0.80, 0.985)}, "19.learning_beats_random_features", Answer.REFUTED),
        ({"moved": {"hog_one_cell": 0.75}}, "100.selective_and_invariant", Answer.REFUTED),
        ({"moved": {"raw": 0.75}}, "100.selective_and_invariant", Answer.REFUTED),
        ({"hog_permuted": (0.88, 0.98)}, "103.neighbouring_pixels_matter", Answer.REFUTED),
        ({"hog": (0.80, 0.95), "deskewed": (0.81, 0.95)}, "103.features_by_hand_gain", Answer.REFUTED),
        ({"convnet": (0.82, 0.96)}, "104.learned_match_best_by_hand", Answer.REFUTED),
        ({"convnet": (0.88, 0.985)}, "104.by_hand_wins_with_few_examples", Answer.REFUTED),
        ({"random_maps": (0.80, 0.955)}, "104.random_features_nearly_suffice", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


@pytest.mark.parametrize(
    ("planted", "keys"),
    [
        ({"raw_permuted": (0.80, 0.98)}, ("17.raw_pixels_do_little", "17.nearest_neighbour_does_much")),
        ({"hog_permuted": (0.88, 0.98)}, ("18.oriented_gradients_gain", "103.features_by_hand_gain")),
        (
            {"hidden_linear": (0.80, 0.98)},
            (
                "19.learned_features_gain",
                "19.learning_beats_random_features",
                "104.random_features_nearly_suffice",
            ),
        ),
        ({"moved": {"hog_permuted": 0.7}}, ("100.selective_and_invariant",)),
        ({"raw_permuted": (0.70, 0.90)}, ("103.neighbouring_pixels_matter",)),
        ({"hog": (0.80, 0.95)}, ("104.learned_match_best_by_hand",)),
        ({"hog": (0.88, 0.999), "convnet": (0.82, 0.98)}, ("104.by_hand_wins_with_few_examples",)),
    ],
)
def test_a_control_that_passes_is_an_error(planted, keys):
    found = answers(records(**planted))
    assert {found[key] for key in keys} == {Answer.ERROR}


def test_the_best_made_by_hand_is_selected_on_validation_data():
    misleading = records(validation={"deskewed": 0.99, "hog": 0.90})
    assert np.mean(best_by_hand()(records())) == pytest.approx(PLANTED["hog"][1], abs=0.002)
    assert np.mean(best_by_hand()(misleading)) == pytest.approx(PLANTED["deskewed"][1], abs=0.002)


def test_the_scope_names_the_crossing():
    verdicts = {verdict.key: verdict for verdict in judge(records(), experiment.CRITERIA)}
    assert "learned ones overtake features by hand" in verdicts["104.learned_match_best_by_hand"].scope
    assert "planted, 100 to 1000 examples" in verdicts["17.raw_pixels_do_little"].scope
