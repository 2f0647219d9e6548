"""The judge of loss_landscape on planted records."""

import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import loss_landscape as experiment

NET, LINEAR, NOISY, (GRADIENT, RANDOM) = experiment.NET, experiment.LINEAR, experiment.NOISY, experiment.WAYS
PLANTED = {
    (NET, GRADIENT): {
        "bump": 0.5, "bump_mirrored": 0.8, "mirrored_differs": 1e-8, "half_mirrored_differs": 2.0, "curves_down": 0.5,
        "steep": 0.05, "bowl_steep": 1.0, "apart": 1.3, "largest_rise": -0.001, "above_slice": 0.001,
        "above_first_slice": 0.3, "in_slice": 0.003, "in_plane": 0.95, "lower_beyond": 0.6,
    },
    (NET, RANDOM): {"largest_rise": 0.4},
    (LINEAR, GRADIENT): {
        "bump": 0.0, "curves_down": -0.05, "left": 1e-4, "left_to_go": 0.02, "apart": 0.03, "lower_beyond": 0.001,
    },
    (LINEAR, RANDOM): {"left": 2.0, "left_to_go": 1.5},
}  # fmt: skip
STEPS = (0, 10, 100)
ERRORS = {NOISY: (2.0, 0.6, 1.0), LINEAR: (2.0, 0.4, 0.3)}
"""Test and validation error at these steps."""


def records(changed=(), errors=ERRORS, seeds=5):
    """Planted numbers, some of them changed: {(kind, direction, metric): value}."""
    generator, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        base = {"trial": seed, "seed": seed, "dataset": "digits", "hidden": "16"}
        for (kind, direction), numbers in PLANTED.items():
            for name, value in numbers.items():
                value = dict(changed).get((kind, direction, name), value) * (1 + 0.02 * generator.normal())
                rows.append({**base, "kind": kind, "direction": direction, "metric": name, "value": value})
        for kind, values in errors.items():
            for step, value in zip(STEPS, values, strict=True):
                at = {**base, "kind": kind, "direction": GRADIENT, "step": step}
                value = value + 0.01 * generator.normal()
                rows += [{**at, "metric": name, "value": value} for name in ("validation", "test")]
    return Records(tuple(rows))


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_a_hilly_landscape_and_a_path_down_support_all():
    assert answers(records()) == [Answer.SUPPORTED] * 13


@pytest.mark.parametrize(
    ("kind", "direction", "name", "value", "context"),
    [
        (NET, GRADIENT, "bump", 0.01, 0),
        (NET, GRADIENT, "mirrored_differs", 0.1, 1),
        (NET, GRADIENT, "bump_mirrored", 0.01, 2),
        (NET, GRADIENT, "curves_down", -0.1, 3),
        (NET, GRADIENT, "steep", 0.8, 4),
        (LINEAR, GRADIENT, "left", 0.2, 5),
        (LINEAR, GRADIENT, "left_to_go", 0.5, 6),
        (NET, GRADIENT, "apart", 0.1, 7),
        (NET, GRADIENT, "largest_rise", 0.3, 9),
        (NET, GRADIENT, "above_slice", 0.1, 10),
        (NET, GRADIENT, "in_slice", 0.3, 11),
        (NET, GRADIENT, "lower_beyond", 0.01, 12),
    ],
)
def test_each_criterion_can_be_refuted(kind, direction, name, value, context):
    assert answers(records({(kind, direction, name): value}))[context] is Answer.REFUTED


def test_where_nothing_is_saved_by_stopping_it_does_not_pay():
    assert answers(records(errors=ERRORS | {NOISY: (2.0, 0.6, 0.55)}))[8] is Answer.REFUTED


@pytest.mark.parametrize(
    ("kind", "direction", "name", "value", "context"),
    [
        (LINEAR, GRADIENT, "bump", 0.5, 0),
        (NET, GRADIENT, "half_mirrored_differs", 1e-8, 1),
        (NET, GRADIENT, "bowl_steep", 0.1, 4),
        (LINEAR, RANDOM, "left", 0.001, 5),
        (NET, RANDOM, "largest_rise", 0.0, 9),
    ],
)
def test_a_control_that_passes_is_an_error(kind, direction, name, value, context):
    assert answers(records({(kind, direction, name): value}))[context] is Answer.ERROR


def test_wrong_labels_are_the_stated_share_and_all_wrong():
    train = Examples(np.zeros((5000, 2), np.float32), np.arange(5000, dtype=np.int32) % 10)
    noisy = experiment.with_wrong_labels(train, 10, 0.3)
    assert np.mean(noisy.y != train.y) == pytest.approx(0.3, abs=0.02)
    assert set(np.unique(noisy.y)) == set(range(10))
    assert noisy.y.dtype == np.int32
