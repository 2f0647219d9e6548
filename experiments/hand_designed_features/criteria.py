"""What the records of hand_designed_features must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import difference
from dl_jax.evidence.records import Missing
from experiments.hand_designed_features.features import BY_HAND
from experiments.hand_designed_features.few_examples import MOVED, ORIGINAL
from experiments.hand_designed_features.learning_curves import crossing

MATTERS = 0.01
"""Accuracy; a smaller difference does not count."""
MOST = 0.5
"""Share of the errors, or of a gain, that counts as most of it."""


def value(name, features, at, **axes):
    """A metric with these features. at: min (the fewest examples), max (all) or tuple (the mean over sizes)."""
    return lambda r: r.by_seed(name, np.mean, features=features, size=at(r.axis("size") or (0,)), **axes)


def accuracy(features, at=max, pictures=ORIGINAL):
    """Accuracy on test pictures with these features."""
    return value("test_accuracy", features, at, pictures=pictures)


def best_by_hand(at=max):
    """Accuracy with those features made by hand that have the best validation accuracy."""

    def estimand(records):
        measured = [name for name in BY_HAND if name in records.axis("features")] or BY_HAND
        best = max(measured, key=lambda name: np.mean(value("validation_accuracy", name, at)(records)))
        return accuracy(best, at)(records)

    return estimand


RAW = accuracy("raw")
NEAREST = value("nearest_neighbour_accuracy", "raw", max)


def share_removed(better):
    """Share of a linear classifier's errors on raw pixels that another avoids, with all examples."""
    return lambda records: difference(better, RAW)(records) / (1.0 - RAW(records))


def beyond_half_of_learning(features):
    """Accuracy gained over raw pixels minus half of what the convolutional net gains, with all examples."""
    return lambda r: difference(accuracy(features), RAW)(r) - MOST * difference(accuracy("convnet"), RAW)(r)


def beyond_both(features):
    """Accuracy on moved pictures minus that of what is only selective (pixels) or only invariant (one cell)."""

    def estimand(records):
        at = {name: accuracy(name, max, MOVED)(records) for name in ("raw", "hog_one_cell", features)}
        return at[features] - np.maximum(at["raw"], at["hog_one_cell"])

    return estimand


def scope(records):
    """What the verdicts are about."""
    sizes = records.axis("size")
    return f"{', '.join(records.axis('dataset'))}, {sizes[0]} to {sizes[-1]} examples"


def scope_with_crossing(records):
    """The same, and where the curves of the best features by hand and of the convolutional net cross."""

    def ahead(size):
        return difference(best_by_hand(lambda sizes: size), accuracy("convnet", lambda sizes: size))(records)

    sizes = records.axis("size")
    try:
        at = crossing(sizes, [np.mean(ahead(size)) for size in sizes])
    except Missing:
        return scope(records)
    return f"{scope(records)}; {at}"


CRITERIA = (
    Criterion(
        "17.raw_pixels_do_little",
        "share of a linear classifier's errors on raw pixels that a convolutional net avoids",
        exceeds(share_removed(accuracy("convnet")), MOST),
        control=share_removed(accuracy("raw_permuted")),
        scope=scope,
    ),
    Criterion(
        "17.nearest_neighbour_does_much",
        "share of a linear classifier's errors on raw pixels that the nearest neighbour in raw pixels avoids",
        exceeds(share_removed(NEAREST), MOST),
        control=share_removed(accuracy("raw_permuted")),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "18.oriented_gradients_gain",
        "accuracy with oriented gradients, features by hand, minus that with raw pixels, mean over sizes",
        exceeds(difference(accuracy("hog", tuple), accuracy("raw", tuple)), MATTERS),
        control=difference(accuracy("hog_permuted", tuple), accuracy("raw", tuple)),
        scope=scope,
    ),
    Criterion(
        "19.learned_features_gain",
        "accuracy of a convolutional net, which learns features from raw pixels, minus that with the pixels",
        exceeds(difference(accuracy("convnet"), RAW), MATTERS),
        control=difference(accuracy("hidden_linear"), RAW),
        scope=scope,
    ),
    Criterion(
        "19.learning_beats_random_features",
        "accuracy of a convolutional net minus that of the same net whose features stay random",
        exceeds(difference(accuracy("convnet"), accuracy("random_maps")), MATTERS),
        control=difference(accuracy("hidden_linear"), RAW),
        scope=scope,
    ),
    Criterion(
        "100.selective_and_invariant",
        "accuracy, on moved pictures, with selective and invariant features minus that with features that are only one",
        exceeds(beyond_both("hog"), MATTERS),
        control=beyond_both("hog_permuted"),
        scope=scope,
    ),
    Criterion(
        "103.neighbouring_pixels_matter",
        "accuracy with oriented gradients minus that with oriented gradients of permuted pixels",
        exceeds(difference(accuracy("hog", tuple), accuracy("hog_permuted", tuple)), MATTERS),
        control=difference(accuracy("raw", tuple), accuracy("raw_permuted", tuple)),
        scope=scope,
    ),
    Criterion(
        "103.features_by_hand_gain",
        "accuracy with the best features by hand minus that with raw pixels, mean over sizes",
        exceeds(difference(best_by_hand(tuple), accuracy("raw", tuple)), MATTERS),
        control=difference(accuracy("hog_permuted", tuple), accuracy("raw", tuple)),
        scope=scope,
    ),
    Criterion(
        "104.learned_match_best_by_hand",
        "accuracy with learned features minus that with the best by hand, all examples",
        exceeds(difference(accuracy("convnet"), best_by_hand()), -MATTERS),
        control=difference(RAW, best_by_hand()),
        scope=scope_with_crossing,
    ),
    Criterion(
        "104.by_hand_wins_with_few_examples",
        "accuracy with the best features by hand minus that of a convolutional net, the fewest examples",
        exceeds(difference(best_by_hand(min), accuracy("convnet", min)), MATTERS),
        control=difference(best_by_hand(), accuracy("convnet")),
        scope=scope_with_crossing,
        role="limit",
    ),
    Criterion(
        "104.random_features_nearly_suffice",
        "accuracy that random convolutional features gain over raw pixels minus half of what learning them gains",
        exceeds(beyond_half_of_learning("random_maps"), 0.0),
        control=beyond_half_of_learning("hidden_linear"),
        scope=scope,
        role="limit",
    ),
)
