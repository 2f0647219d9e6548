"""The criteria of image_recognition on planted records."""

import numpy as np
import pytest

from dl_jax.evidence.judge import judge
from dl_jax.evidence.records import Records, measured
from dl_jax.evidence.verdicts import Answer
from experiments import image_recognition as experiment
from experiments.image_recognition.methods import (
    CONVOLUTIONAL,
    NEIGHBOURS,
    ON_FINE_GRADIENTS,
    ON_GRADIENTS,
    ON_PIXELS,
    PERMUTED,
)

ERROR = {
    NEIGHBOURS: 0.06,
    ON_PIXELS: 0.05,
    ON_GRADIENTS: 0.04,
    CONVOLUTIONAL: 0.02,
    PERMUTED: 0.06,
}
"""Where both statements hold."""


def records(changed=(), validation=(), hindsight=1.0, tests=1000, spread=0.02, seeds=13, dataset="mnist"):
    """Planted records: error rates as above, but for those that are given.

    hindsight: the error of the best earlier hyperparameter that validation data did not select, as a share of ERROR.
    """
    generator = np.random.default_rng(0)
    axes = {"dataset": dataset, "net": "small"}
    parts = [measured({"test_pictures": tests}, **axes)]
    for seed in range(seeds):
        for method, error in {**ERROR, **dict(changed)}.items():
            for selected, scale in ((True, 1.0), (False, hindsight)):
                value = scale * error * (1 + spread * generator.normal())
                metrics = {"test_error": value, "validation_accuracy": 1 - dict(validation).get(method, error)}
                parts.append(measured(metrics, seed=seed, method=method, selected=selected, examples=500, **axes))
    return Records.gather(parts)


def answers(found):
    return {verdict.key: verdict.verdict for verdict in judge(found, experiment.CRITERIA)}


def test_half_of_the_errors_avoided_supports_all():
    assert set(answers(records()).values()) == {Answer.SUPPORTED}


@pytest.mark.parametrize(
    ("planted", "key", "answer"),
    [
        ({"changed": {CONVOLUTIONAL: 0.039}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {ON_PIXELS: 0.02}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {ON_FINE_GRADIENTS: 0.02}}, "3.convnet_avoids_errors", Answer.REFUTED),
        ({"changed": {CONVOLUTIONAL: 0.03}, "spread": 0.2}, "3.convnet_avoids_errors", Answer.INCONCLUSIVE),
        ({"changed": {PERMUTED: 0.02}}, "3.convnet_avoids_errors", Answer.ERROR),
        ({"tests": 250}, "3.convnet_avoids_errors", Answer.NOT_RUN),
        ({"changed": {CONVOLUTIONAL: 0.05}}, "43.convnet_beats_the_record", Answer.REFUTED),
        ({"changed": {NEIGHBOURS: 0.015}}, "43.convnet_beats_the_record", Answer.REFUTED),
        ({"changed": {CONVOLUTIONAL: 0.0375}, "spread": 0.0}, "43.convnet_beats_the_record", Answer.REFUTED),
        ({"changed": {PERMUTED: 0.02}}, "43.convnet_beats_the_record", Answer.ERROR),
    ],
)
def test_each_criterion_can_fail(planted, key, answer):
    assert answers(records(**planted))[key] is answer


def test_the_best_earlier_method_is_selected_on_validation_data_and_the_record_is_not():
    misled = records(validation={NEIGHBOURS: 0.001}, spread=0.0)
    best = experiment.criteria.best_earlier
    np.testing.assert_allclose(best(records(spread=0.0)), ERROR[ON_GRADIENTS])
    np.testing.assert_allclose(best(misled), ERROR[NEIGHBOURS])
    np.testing.assert_allclose(experiment.criteria.beyond_record(CONVOLUTIONAL)(misled), 1000 * 0.02)
    # A hyperparameter that nobody selected holds the record too.
    np.testing.assert_allclose(
        experiment.criteria.beyond_record(CONVOLUTIONAL)(records(spread=0.0, hindsight=0.5)), 0.0, atol=1e-9
    )


def test_a_share_of_no_errors_is_a_number():
    found = records(changed={ON_GRADIENTS: 0.0, ON_PIXELS: 0.3, NEIGHBOURS: 0.3}, spread=0.0)
    with pytest.raises(LookupError, match="0 of 1000 test pictures"):
        experiment.criteria.removed(CONVOLUTIONAL)(found)


def test_the_scope_says_what_the_verdict_is_about():
    scopes = {verdict.scope for verdict in judge(records(dataset="digits"), experiment.CRITERIA)}
    assert all("on 8 x 8 digits only: 500 examples, 1,000 test pictures" in scope for scope in scopes)
