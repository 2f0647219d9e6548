"""What the records of image_recognition must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Missing
from experiments.image_recognition.methods import CONVOLUTIONAL, EARLIER, PERMUTED

DRAMATIC = 0.25
"""Share of the errors of the best earlier method that are avoided. AlexNet's was 0.42."""
LEAST = 3
"""Test pictures; fewer do not count as a difference."""


def error(method):
    """Share of the test pictures that the method takes for something else."""
    return metric("test_error", method=method)


def test_count(records):
    """How many pictures each seed is tested on."""
    return records.by_seed("test_pictures")[0]


def best_earlier(records):
    """Error rate of the earlier method with the best validation accuracy, the mean over seeds."""
    methods = [method for method in EARLIER if method in records.axis("method")] or EARLIER
    error_MxS = [error(method)(records) for method in methods]
    accuracy_M = [np.mean(metric("validation_accuracy", method=method)(records)) for method in methods]
    return error_MxS[int(np.argmax(accuracy_M))]


def removed(method):
    """Share of the errors of the best earlier method that this method avoids, seed by seed.

    Missing where the share that is asked for would be fewer than LEAST pictures: too few to be counted.
    """

    def estimand(records):
        best_S, count = best_earlier(records), test_count(records)
        if DRAMATIC * np.median(best_S) * count < LEAST:
            wrong = f"{np.median(best_S) * count:.0f} of {count:.0f} test pictures"
            raise Missing(f"the best earlier method errs on {wrong}, too few to judge a share of {DRAMATIC} of them")
        return (best_S - error(method)(records)) / np.maximum(best_S, 1.0 / count)

    return estimand


def beyond_record(method):
    """Test pictures that this method has right beyond the record.

    The record is the least test error of any earlier method with any hyperparameter, seed by seed, known only
    afterwards.
    """

    def estimand(records):
        least_S = records.by_seed("test_error", np.min, method=EARLIER, selected=(True, False))
        return test_count(records) * (least_S - error(method)(records))

    return estimand


def scope(records):
    """What the verdicts are about."""
    (dataset,), (examples,) = records.axis("dataset"), records.axis("examples")
    data = "on 8 x 8 digits only" if dataset == "digits" else dataset
    return f"{data}: {examples:,} examples, {test_count(records):,.0f} test pictures, {records.axis('net')[0]} net"


CRITERIA = (
    Criterion(
        "3.convnet_avoids_errors",
        "share of the errors of the best earlier method, by validation data, that a convolutional net avoids",
        exceeds(removed(CONVOLUTIONAL), DRAMATIC),
        control=removed(PERMUTED),
        scope=scope,
    ),
    Criterion(
        "43.convnet_beats_the_record",
        "test pictures that a convolutional net has right beyond the best of all earlier methods in hindsight",
        exceeds(beyond_record(CONVOLUTIONAL), LEAST),
        control=beyond_record(PERMUTED),
        scope=scope,
    ),
)

NOT_JUDGED = (
    not_judged("selects the learning rate of what is trained", metric="validation_accuracy"),
    not_judged("not selected on validation data", selected=False),
)
