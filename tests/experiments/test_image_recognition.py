"""The criteria of image_recognition on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer, judge
from experiments import image_recognition as experiment
from experiments.image_recognition.methods import (
    CONVOLUTIONAL,
    DENSE,
    LINEAR,
    ON_GRADIENTS,
    ON_PIXELS,
    PERMUTED,
    UNTRAINED,
)

ERROR = {
    LINEAR: 0.12,
    ON_PIXELS: 0.05,
    ON_GRADIENTS: 0.04,
    DENSE: 0.04,
    CONVOLUTIONAL: 0.02,
    UNTRAINED: 0.03,
    PERMUTED: 0.06,
}


def records(changed=(), spread=0.02, seeds=5):
    """Planted records: error rates as above, but for those that are given."""
    generator = np.random.default_rng(0)
    return Records.gather(
        measured(
            {"test_error": error * (1 + spread * generator.normal())},
            seed=seed,
            dataset="mnist",
            net="small",
            method=method,
        )
        for seed in range(seeds)
        for method, error in {**ERROR, **dict(changed)}.items()
    )


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_half_of_the_errors_avoided_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"changed": {CONVOLUTIONAL: 0.039}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {ON_PIXELS: 0.02}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {LINEAR: 0.02}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {CONVOLUTIONAL: 0.03}, "spread": 0.2}, "3.convnet_avoids_errors", Answer.INCONCLUSIVE),
        ({"changed": {CONVOLUTIONAL: 0.05}}, "43.convnet_beats_earlier_methods", Answer.REFUTED),
        ({"changed": {UNTRAINED: 0.05}}, "3.untrained_convolutions_avoid_errors", Answer.REFUTED),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_the_control_is_an_earlier_method_and_never_beats_the_best_of_them():
    for changed in ({}, {LINEAR: 0.001}):
        assert np.max(experiment.removed(LINEAR)(records(changed))) <= 0
