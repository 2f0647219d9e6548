"""What the records of hand_designed_features must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import difference
from dl_jax.evidence.records import Missing
from experiments.hand_designed_features.classifiers import CONVENTIONAL, LINEAR
from experiments.hand_designed_features.features import BY_HAND
from experiments.hand_designed_features.learning_curves import crossing
from experiments.hand_designed_features.pictures import MOVED, ORIGINAL

MATTERS = 0.01
"""Accuracy; a smaller difference does not count."""
MOST = 0.5
"""Share of the errors that counts as most of them."""


def accuracy(features, at=max, method=LINEAR, pictures=ORIGINAL):
    """Accuracy on test pictures. at: min (the fewest examples), max (all), or sizes -> one of them."""

    def estimand(records):
        size = at(records.axis("size") or (0,))
        return records.by_seed("test_accuracy", features=features, size=size, method=method, pictures=pictures)

    return estimand


def best(features, methods, at=max):
    """Accuracy of those features and that method which have the best validation accuracy, the mean over seeds."""

    def estimand(records):
        size, found = at(records.axis("size") or (0,)), []
        for name in [name for name in features if name in records.axis("features")] or features:
            for method in methods:
                validation_S = records.by_seed("validation_accuracy", features=name, size=size, method=method)
                found.append((np.mean(validation_S), accuracy(name, at, method)(records)))
        return max(found, key=lambda each: each[0])[1]

    return estimand


RAW, CONVNET, RANDOM = accuracy("raw"), accuracy("convnet"), accuracy("random_maps")
PERMUTED = accuracy("convnet_permuted")
CONVENTIONAL_ON_RAW = best(("raw",), CONVENTIONAL)


def best_by_hand(at=max):
    """Accuracy of the best conventional method on the best features made by hand."""
    return best(BY_HAND, CONVENTIONAL, at)


def without_neighbours(at=max):
    """The same on oriented gradients of permuted pixels, of which the neighbours are lost."""
    return best(("hog_permuted",), CONVENTIONAL[1:], at)


def errors_avoided(better):
    """Share of the errors of the best conventional method on raw pixels that another avoids, with all examples."""

    def estimand(records):
        raw_S = CONVENTIONAL_ON_RAW(records)
        return (better(records) - raw_S) / np.maximum(1.0 - raw_S, 1e-3)

    return estimand


def beyond_both(features):
    """Accuracy on moved pictures minus that of what is only selective (pixels) or only invariant (one cell)."""

    def estimand(records):
        raw_S, one_cell_S, both_S = (
            accuracy(name, max, LINEAR, MOVED)(records) for name in ("raw", "hog_one_cell", features)
        )
        return both_S - np.maximum(raw_S, one_cell_S)

    return estimand


def scope(records):
    """What the verdicts are about."""
    (dataset,), sizes = records.axis("dataset"), records.axis("size")
    data = "on 8 x 8 digits only, counts of ink in blocks" if dataset == "digits" else dataset
    return f"{data}: {max(sizes):,} examples, {records.by_seed('test_pictures')[0]:,.0f} test pictures"


def without_skill(records):
    """The same, and what is not tested."""
    return f"{scope(records)}; that it takes skill and knowledge is beyond measure, and not tested"


def with_crossing(records):
    """The same, and where the curves of the best features by hand and of the convolutional net cross."""

    def ahead(size):
        return difference(best_by_hand(lambda sizes: size), accuracy("convnet", lambda sizes: size))(records)

    sizes = records.axis("size")
    try:
        at = crossing(sizes, [np.median(ahead(size)) for size in sizes])
    except Missing:
        return scope(records)
    return f"{scope(records)}; {at}"


CRITERIA = (
    Criterion(
        "17.raw_pixels_do_little",
        "share of the errors of the best conventional method on raw pixels that a convolutional net avoids: most",
        exceeds(errors_avoided(CONVNET), MOST),
        control=errors_avoided(PERMUTED),
        scope=scope,
    ),
    Criterion(
        "17.conventional_does_as_well",
        "accuracy of the best conventional method on raw pixels minus that of a convolutional net: not .01 worse",
        exceeds(difference(CONVENTIONAL_ON_RAW, CONVNET), -MATTERS),
        control=difference(without_neighbours(), CONVNET),
        scope=scope,
        role="contradicts",
    ),
    Criterion(
        "18.features_by_hand_gain",
        "accuracy of the best conventional method on the best features by hand minus the best one's on raw pixels",
        exceeds(difference(best_by_hand(), CONVENTIONAL_ON_RAW), MATTERS),
        control=difference(without_neighbours(), CONVENTIONAL_ON_RAW),
        scope=without_skill,
    ),
    Criterion(
        "19.learning_beats_random_features",
        "accuracy of a convolutional net minus that of the same net whose features stay random",
        exceeds(difference(CONVNET, RANDOM), MATTERS),
        control=difference(PERMUTED, RANDOM),
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
        "103.linear_classifier_gains",
        "accuracy of a linear classifier on the best features by hand minus that on raw pixels",
        exceeds(difference(best(BY_HAND, (LINEAR,)), RAW), MATTERS),
        control=difference(accuracy("hog_permuted"), RAW),
        scope=without_skill,
    ),
    Criterion(
        "104.learned_match_best_by_hand",
        "accuracy of a convolutional net minus the best method's on the best features by hand: not .01 worse",
        exceeds(difference(CONVNET, best_by_hand()), -MATTERS),
        control=difference(RAW, best_by_hand()),
        scope=with_crossing,
    ),
    Criterion(
        "104.by_hand_wins_with_few_examples",
        "accuracy with the best features by hand minus that of a convolutional net, the fewest examples",
        exceeds(difference(best_by_hand(min), accuracy("convnet", min)), MATTERS),
        control=difference(without_neighbours(min), accuracy("convnet", min)),
        scope=with_crossing,
        role="limit",
    ),
    Criterion(
        "104.random_features_match_best_by_hand",
        "accuracy of the same net with random features minus the best by hand: not .01 worse, without learning them",
        exceeds(difference(RANDOM, best_by_hand()), -MATTERS),
        control=difference(PERMUTED, best_by_hand()),
        scope=scope,
        role="limit",
    ),
)

NOT_JUDGED = (
    not_judged("selects the learning rate of what is trained", metric="validation_accuracy"),
    not_judged("not selected on validation data", selected=False),
    not_judged("said in the scope", metric="test_pictures"),
    not_judged("invariant features alone are judged on moved pictures", features="hog_one_cell", pictures=ORIGINAL),
)
