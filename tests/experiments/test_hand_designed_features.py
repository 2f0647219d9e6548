"""The judge of hand_designed_features on planted records."""

import itertools

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import hand_designed_features as experiment

PLANTED = {
    "raw": (0.80, 0.95),
    "deskewed": (0.80, 0.95),
    "pca": (0.79, 0.94),
    "hog": (0.88, 0.98),
    "hidden": (0.80, 0.97),
    "random_maps": (0.80, 0.97),
    "convnet": (0.82, 0.985),
    "raw_scrambled": (0.80, 0.95),
    "hog_scrambled": (0.70, 0.90),
    "hog_one_cell": (0.30, 0.50),
    "hidden_linear": (0.80, 0.95),
}
"""Accuracy with few examples and with all, where the statements hold."""
MOVED = {"raw": 0.5, "hog_one_cell": 0.45, "hog": 0.7, "hog_scrambled": 0.4}
SIZES = (100, 1000)


def records(nearest=0.98, moved=(), spread=0.001, seeds=6, **planted):
    """Planted records: accuracies as above, but for those that are given."""
    generator, rows = np.random.default_rng(0), []
    for (name, both), seed in itertools.product((PLANTED | planted).items(), range(seeds)):
        for size, accuracy in zip(SIZES, both, strict=True):
            metrics = {"test_accuracy": accuracy, "validation_accuracy": accuracy}
            metrics["test_accuracy_moved"] = (MOVED | dict(moved)).get(name, 0.6)
            if name == "raw":
                metrics["test_accuracy_nearest"] = nearest
            at = {"trial": seed, "seed": seed, "features": name, "size": size, "dataset": "planted", "head": "softmax"}
            rows += [
                {**at, "metric": metric, "value": value + spread * generator.normal()}
                for metric, value in metrics.items()
            ]
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_where_everything_holds_all_are_supported():
    assert answers(records()) == [Answer.SUPPORTED] * len(experiment.CRITERIA)


@pytest.mark.parametrize(
    ("planted", "context", "answer"),
    [
        ({"convnet": (0.82, 0.96)}, 0, Answer.REFUTED),
        ({"nearest": 0.96}, 1, Answer.REFUTED),
        ({"hog": (0.80, 0.95)}, 2, Answer.REFUTED),
        ({"hog": (0.81, 0.96), "spread": 0.02}, 2, Answer.INCONCLUSIVE),
        ({"convnet": (0.82, 0.95)}, 3, Answer.REFUTED),
        ({"random_maps": (0.80, 0.985)}, 4, Answer.REFUTED),
        ({"moved": {"hog_one_cell": 0.75}}, 5, Answer.REFUTED),
        ({"moved": {"raw": 0.75}}, 5, Answer.REFUTED),
        ({"hog_scrambled": (0.88, 0.98)}, 6, Answer.REFUTED),
        ({"hog": (0.80, 0.95), "deskewed": (0.81, 0.95)}, 7, Answer.REFUTED),
        ({"convnet": (0.82, 0.96)}, 8, Answer.REFUTED),
        ({"convnet": (0.88, 0.985)}, 9, Answer.REFUTED),
        ({"random_maps": (0.80, 0.955)}, 10, Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, context, answer):
    assert answers(records(**planted))[context] is answer


@pytest.mark.parametrize(
    ("planted", "places"),
    [
        ({"raw_scrambled": (0.80, 0.98)}, (0, 1)),
        ({"hog_scrambled": (0.88, 0.98)}, (2,)),
        ({"hidden_linear": (0.80, 0.98)}, (3, 4, 10)),
        ({"moved": {"hog_scrambled": 0.7}}, (5,)),
        ({"raw_scrambled": (0.70, 0.90)}, (6,)),
        ({"hog_scrambled": (0.88, 0.98)}, (7,)),
        ({"hog": (0.80, 0.95)}, (8,)),
        ({"hog": (0.88, 0.999), "convnet": (0.82, 0.98)}, (9,)),
    ],
)
def test_a_control_that_passes_is_an_error(planted, places):
    assert [answers(records(**planted))[context] for context in places] == [Answer.ERROR] * len(places)


def test_the_best_made_by_hand_is_chosen_on_validation_data():
    misleading = {("deskewed", "validation_accuracy"): 0.99, ("hog", "validation_accuracy"): 0.90}
    found = Records(
        tuple(row | {"value": misleading.get((row["features"], row["metric"]), row["value"])} for row in records().rows)
    )
    assert np.mean(experiment.best_by_hand()(records())) == pytest.approx(PLANTED["hog"][1], abs=0.002)
    assert np.mean(experiment.best_by_hand()(found)) == pytest.approx(PLANTED["deskewed"][1], abs=0.002)


def test_the_scope_names_the_crossing():
    assert "learned ones overtake features by hand" in judge(records(), experiment.CRITERIA)[8].scope
    assert "planted, 100 to 1000 examples" in judge(records(), experiment.CRITERIA)[0].scope
