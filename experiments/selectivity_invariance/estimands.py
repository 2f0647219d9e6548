"""What the criteria of selectivity_invariance compare: values by seed, from the records."""

import numpy as np

from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Estimand, Missing
from experiments.selectivity_invariance.nets import NAMED_NUISANCES

CHANCE = 0.5
"""Accuracy by chance."""


def on(method: str | tuple, name: str = "test_accuracy", reduce=None, size=max, **axes) -> Estimand:
    """A metric of what learned true labels of all nuisances from the most pictures, or (size=min) from the fewest."""

    def estimand(records):
        sizes = records.axis("train_size")
        if not sizes:
            raise Missing("no test_accuracy at any train size")
        return metric(name, reduce, method=method, labels="true", train_size=size(sizes), **axes)(records)

    return estimand


def best(method: str | tuple, name: str = "test_accuracy", **axes) -> Estimand:
    """The greatest value over methods and their hyperparameters: an upper bound of what any choice of them gives."""
    return on(method, name, np.max, **axes)


def tuned(method: str, labels: str, size) -> Estimand:
    """Test accuracy at the hyperparameter with the best validation accuracy, seed by seed."""

    def estimand(records):
        rows = records.where(method=method, labels=labels, metric="test_accuracy")
        axes = {"method": method, "labels": labels, "train_size": size(rows.axis("train_size"), default=0)}
        values = rows.axis("hyperparameter")
        if len(rows.axis("train_size")) < 2:
            raise Missing("no test_accuracy at a second train size")
        validation_HxS, test_HxS = (
            np.stack([metric(name, hyperparameter=value, **axes)(records) for value in values])
            for name in ("validation_accuracy", "test_accuracy")
        )
        return np.take_along_axis(test_HxS, np.argmax(validation_HxS, 0)[None], 0)[0]

    return estimand


def rise(labels: str) -> Estimand:
    """Accuracy that a Gaussian kernel gains from the fewest pictures to the most."""
    return difference(tuned("gaussian", labels, max), tuned("gaussian", labels, min))


def over_chance(accuracy: Estimand) -> Estimand:
    """Accuracy above chance."""
    return lambda records: accuracy(records) - CHANCE


def least_ratio(method: str) -> Estimand:
    """The least response ratio over the nuisances that the paper names, at the best hyperparameter for it."""
    ratios = [best(method, "response_ratio", nuisance=name) for name in NAMED_NUISANCES]
    return lambda records: np.min([ratio(records) for ratio in ratios], 0)


def in_pixels(changed: str, **axes) -> Estimand:
    """Distance in pixels to the same object after a change over that to the other kind, reached by nine of ten."""
    return metric("scene_to_class_distance", features="pixels", changed=changed, **axes)


def of_main(estimand) -> Estimand:
    """(dataset) -> estimand, for the data set on which the methods learned."""

    def chosen(records):
        names = records.where(metric="test_accuracy").axis("dataset")
        if not names:
            raise Missing("no test_accuracy at any train size")
        return estimand(names[0])(records)

    return chosen
