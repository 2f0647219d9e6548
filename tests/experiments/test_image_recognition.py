"""The judge of image_recognition on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.verdicts import Answer, judge
from experiments import image_recognition as experiment
from experiments.image_recognition import CONV, DENSE, MOVED, UNLEARNED

ERROR = {
    "linear": 0.12, "Gaussian on pixels": 0.05, "Gaussian on gradients": 0.04, DENSE: 0.04, CONV: 0.02, UNLEARNED: 0.03,
    MOVED: 0.06,
}  # fmt: skip


def records(changed=(), seeds=5):
    generator = np.random.default_rng(0)
    return Records(
        tuple(
            {"trial": seed, "seed": seed, "dataset": "mnist", "net": "small", "machine": machine}
            | {"metric": "test_error", "value": error * (1 + 0.02 * generator.normal())}
            for seed in range(seeds)
            for machine, error in {**ERROR, **dict(changed)}.items()
        )
    )


def answers(found):
    return [verdict.verdict for verdict in judge(found, experiment.CRITERIA)]


def test_half_of_the_errors_removed_supports_all():
    assert answers(records()) == [Answer.SUPPORTED] * 3


@pytest.mark.parametrize(
    ("changed", "context"),
    [
        ({CONV: 0.039}, 0),
        ({"Gaussian on pixels": 0.02}, 0),
        ({"linear": 0.02}, 0),
        ({CONV: 0.05}, 1),
        ({UNLEARNED: 0.05}, 2),
    ],
)
def test_each_criterion_can_be_refuted(changed, context):
    assert answers(records(changed))[context] is Answer.REFUTED


def test_the_control_is_one_of_the_earlier_methods_and_never_beats_the_best_of_them():
    for changed in ({}, {"linear": 0.001}):
        assert np.max(experiment.removed("linear")(records(changed))) <= 0
