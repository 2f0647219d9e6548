"""What the records of selectivity_invariance must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, below, exceeds
from dl_jax.evidence.estimands import difference, metric
from experiments.selectivity_invariance.nets import CONTROL, CONV, DENSE
from experiments.selectivity_invariance.shallow import SHALLOW

NAMED_NUISANCES = ("pose", "illumination", "background", "objects")
"""The four nuisances that statement 109 names."""
COSTS = 0.1
"""Accuracy; what nuisances cost."""
CLEARLY = 0.1
"""Accuracy; less is near chance, or near another method."""
MUCH = 0.2
"""Accuracy; more is far from another method."""
RISES = 0.05
"""Accuracy; a gain from more pictures."""
CHANCE = 0.5


def on(method, name="test_accuracy", size=max, **axes):
    """A metric of a method that learned true labels from the most pictures, or (size=min) from the fewest."""
    return lambda records: metric(
        name, method=method, labels="true", train_size=size(records.axis("train_size")), **axes
    )(records)


def lost(method):
    """Accuracy lost where all nuisances vary."""
    return lambda records: 1.0 - on(method)(records)


def lost_to_single_nuisances(records):
    """Accuracy that a linear classifier loses where one nuisance varies alone, the mean over nuisances."""
    return 1.0 - metric("test_accuracy", method="linear", alone=records.axis("alone"))(records)


def over_chance(method):
    """Accuracy above chance."""
    return lambda records: on(method)(records) - CHANCE


def over_shallow(method):
    """Accuracy above that of the best shallow method, from as many pictures."""
    return lambda records: on(method)(records) - np.max([on(name)(records) for name in SHALLOW], 0)


def rise(labels):
    """Accuracy that a Gaussian kernel gains from the fewest pictures to the most."""

    def estimand(records):
        most, fewest = (size(records.axis("train_size")) for size in (max, min))
        axes = {"method": "gaussian", "labels": labels}
        return difference(
            metric("test_accuracy", train_size=most, **axes), metric("test_accuracy", train_size=fewest, **axes)
        )(records)

    return estimand


def least_ratio(method):
    """The least response ratio over the nuisances that the paper names."""
    return lambda records: np.min([on(method, "response_ratio", nuisance=name)(records) for name in NAMED_NUISANCES], 0)


def over_pixels(features):
    """Accuracy of a Gaussian kernel on the last hidden layer of the convolutional net, above that on pixels."""
    return difference(on(CONV, "kernel_accuracy", features=features), on("gaussian", size=min))


def scope(records):
    """What the verdicts are about."""
    return f"drawn animals, {' and '.join(map(str, records.axis('train_size')))} pictures"


CRITERIA = (
    Criterion(
        "72.nuisances_cost_linear",
        "accuracy that a linear classifier on pixels loses where all nuisances vary at once",
        exceeds(lost("linear"), COSTS),
        control=lost(CONV),
        scope=scope,
    ),
    Criterion(
        "72.single_nuisances_cost_little",
        "accuracy that a linear classifier on pixels loses where one nuisance varies alone, the mean over nuisances",
        below(lost_to_single_nuisances, COSTS),
        control=lost("linear"),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "73.detail_is_minute",
        "distance in pixels to the other kind of animal over that to another scene",
        below(metric("class_to_scene_distance", features="pixels"), 0.5),
        control=on(CONV, "class_to_scene_distance", features="trained"),
        scope=scope,
    ),
    Criterion(
        "73.convnet_detects_detail",
        "share of scenes in which a convolutional net classifies both kinds of animal correctly",
        exceeds(on(CONV, "pair_accuracy"), 0.75),
        control=on("linear", "pair_accuracy"),
        scope=scope,
    ),
    Criterion(
        "74.other_kind_is_nearer",
        "distance in pixels to the same animal in another scene over that to the other kind, reached by nine of ten",
        exceeds(metric("scene_to_class_distance", features="pixels"), 1.0),
        control=on(CONV, "scene_to_class_distance", features="trained"),
        scope=scope,
    ),
    Criterion(
        "75.linear_near_chance",
        "accuracy of a linear classifier on pixels above chance",
        below(over_chance("linear"), CLEARLY),
        control=over_chance(CONV),
        scope=scope,
    ),
    Criterion(
        "75.convnet_beats_shallow",
        "accuracy of a convolutional net above that of the best shallow classifier on pixels",
        exceeds(over_shallow(CONV), MUCH),
        control=over_shallow(CONTROL),
        scope=scope,
    ),
    Criterion(
        "75.kernel_gains_from_data",
        "accuracy that a Gaussian kernel on pixels gains from the fewest pictures to the most",
        exceeds(rise("true"), RISES),
        control=rise("random"),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "75.mlp_gains_little",
        "accuracy of a deep net without convolution above that of the best shallow classifier on pixels",
        below(over_shallow(DENSE), CLEARLY),
        control=over_shallow(CONV),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "100.kernel_on_learned_features",
        "accuracy of a Gaussian kernel on features that a net has learned minus that on pixels",
        exceeds(over_pixels("trained"), MUCH),
        control=over_pixels("untrained"),
        scope=scope,
    ),
    Criterion(
        "108.detail_over_scene",
        "response of the convolutional net to the kind of animal over that to another scene",
        exceeds(on(CONV, "response_ratio", nuisance="scene"), 1.0),
        control=on(CONTROL, "response_ratio", nuisance="scene"),
        scope=scope,
    ),
    Criterion(
        "109.detail_over_each_nuisance",
        "response of the convolutional net to the kind of animal over that to pose, lighting, background or objects, "
        "the least ratio",
        exceeds(least_ratio(CONV), 1.0),
        control=least_ratio(CONTROL),
        scope=scope,
    ),
)
