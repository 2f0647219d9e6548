"""What the records of selectivity_invariance must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.measures.selectivity import OTHER_SCENE
from dl_jax.measures.worlds import NEARBY, REAL
from experiments.selectivity_invariance.estimands import (
    best,
    in_pixels,
    least_ratio,
    of_main,
    on,
    over_chance,
    rise,
)
from experiments.selectivity_invariance.nets import CONV, ONE_HIDDEN
from experiments.selectivity_invariance.shallow import RELATED, SHALLOW

COSTS = 0.1
"""Accuracy; what a nuisance costs."""
CLEARLY = 0.1
"""Accuracy; less is near chance."""
MUCH = 0.2
"""Accuracy; more is far from another method."""
RISES = 0.05
"""Accuracy; a gain from more pictures."""
HALF_WAY = 0.75
"""Accuracy half way from chance to perfect."""
MOST = 0.5
"""Share: more than half."""


def scope(records):
    """What the verdicts are about."""
    learned = records.where(metric="test_accuracy")
    sizes = " and ".join(map(str, records.axis("train_size")))
    return f"{', '.join(learned.axis('dataset'))}, {sizes} pictures"


def costs(word: str, nuisance: str) -> Criterion:
    """A classifier that is not made insensitive to a nuisance fails where it varies."""
    return Criterion(
        f"72.{word}_costs",
        f"accuracy that {word} alone costs a linear classifier on pixels that learned without it",
        exceeds(metric("nuisance_cost", learned="without", alone=nuisance), COSTS),
        control=metric("nuisance_cost", np.max, learned="with"),
        scope=lambda records: f"{scope(records)}; control: the most that any nuisance costs one that learned with it",
    )


SHALLOW_METHODS = tuple(SHALLOW)
CRITERIA = (
    *(costs(word, nuisance) for word, nuisance in RELATED.items()),
    Criterion(
        "72.single_nuisances_cost_little",
        "accuracy that a single nuisance costs a linear classifier that learned with it, the most over six",
        below(metric("nuisance_cost", np.max, learned="with"), COSTS),
        control=metric("nuisance_cost", np.max, learned="without"),
        scope=lambda records: f"{scope(records)}; pixels; each alone; control: it learned without the nuisance",
        role="limit",
    ),
    Criterion(
        "73.detail_is_minute",
        "distance in pixels to the other kind over that to another scene",
        below(of_main(lambda name: metric("class_to_scene_distance", features="pixels", dataset=name)), 0.5),
        control=on(CONV, "class_to_scene_distance", features="trained"),
        scope=lambda records: f"{scope(records)}; control: the last hidden layer of a convolutional net",
    ),
    Criterion(
        "73.convnet_detects_detail",
        "share of scenes in which a convolutional net classifies both kinds correctly",
        exceeds(on(CONV, "pair_accuracy"), MOST),
        control=best("linear", "pair_accuracy"),
        scope=scope,
    ),
    Criterion(
        "74.other_kind_is_nearer",
        "distance in pixels to the same object in another scene over that to the other kind, reached by nine of ten",
        exceeds(of_main(lambda name: in_pixels(OTHER_SCENE, dataset=name)), 1.0),
        control=on(CONV, "scene_to_class_distance", features="trained", changed=OTHER_SCENE),
        scope=lambda records: f"{scope(records)}; control: the last hidden layer of a convolutional net",
    ),
    Criterion(
        "74.other_kind_is_nearer_on_real_pictures",
        "the same for real digits or garments before real photographs, each with its match of the other kind",
        exceeds(in_pixels(OTHER_SCENE, dataset=REAL), 1.0),
        control=in_pixels(NEARBY, dataset=REAL),
        scope="scanned objects, photographed backgrounds, put together by us; control: a tenth of the change of scene",
    ),
    Criterion(
        "74.position_alone_is_nearer",
        "distance in pixels to the same real digit elsewhere before the same photograph over that to the other kind, "
        "reached by nine of ten",
        below(in_pixels("position", dataset=REAL), 1.0),
        control=in_pixels(OTHER_SCENE, dataset=REAL),
        scope="as before; control: another scene",
        role="limit",
    ),
    Criterion(
        "75.linear_near_chance",
        "accuracy of a linear classifier on pixels above chance, at its best ridge",
        below(over_chance(best("linear")), CLEARLY),
        control=over_chance(on(CONV)),
        scope=scope,
    ),
    Criterion(
        "75.shallow_below_half_way",
        "accuracy of the best of linear, nearest neighbours and Gaussian kernels on pixels, half way to perfect",
        below(best(SHALLOW_METHODS), HALF_WAY),
        control=on(CONV),
        scope=lambda records: f"{scope(records)}; control: a convolutional net, as many pictures",
    ),
    Criterion(
        "75.convnet_beats_shallow",
        "accuracy of a convolutional net above that of the best of these",
        exceeds(difference(on(CONV), best(SHALLOW_METHODS)), MUCH),
        control=difference(on(ONE_HIDDEN), best(SHALLOW_METHODS)),
        scope=lambda records: f"{scope(records)}; control: one convolutional layer",
        role="support",
    ),
    Criterion(
        "75.kernel_gains_from_data",
        "accuracy that a Gaussian kernel on pixels gains from the fewest pictures to the most",
        exceeds(rise("true"), RISES),
        control=rise("random"),
        scope=lambda records: f"{scope(records)}; control: random labels",
        role="contradicts",
    ),
    Criterion(
        "75.one_hidden_layer_distinguishes",
        "accuracy of a net with a single convolutional layer, half way to perfect",
        exceeds(on(ONE_HIDDEN), HALF_WAY),
        control=best("linear"),
        scope=lambda records: f"{scope(records)}; control: linear",
        role="contradicts",
    ),
    Criterion(
        "75.dense_poses_suffice",
        "accuracy of the best of these shallow classifiers where poses are dense: nothing else varies",
        exceeds(metric("test_accuracy", np.max, alone="pose", method=SHALLOW_METHODS), HALF_WAY),
        control=best(SHALLOW_METHODS),
        scope=lambda records: f"{scope(records)}; control: all nuisances",
        role="limit",
    ),
    Criterion(
        "100.kernel_on_learned_features",
        "accuracy of a Gaussian kernel on the last hidden layer of a net minus that on pixels, from the same labels",
        exceeds(difference(on(CONV, "kernel_accuracy", features="trained"), best("gaussian")), MUCH),
        control=difference(on(CONV, "kernel_accuracy", features="untrained"), best("gaussian")),
        scope=lambda records: f"{scope(records)}; features of the same task; control: the net untrained",
    ),
    Criterion(
        "108.detail_over_scene",
        "response of the convolutional net to the kind over that to another scene",
        exceeds(on(CONV, "response_ratio", nuisance=OTHER_SCENE), 1.0),
        control=best("linear", "response_ratio", nuisance=OTHER_SCENE),
        scope=scope,
    ),
    Criterion(
        "109.detail_over_each_nuisance",
        "response of the convolutional net to the kind over that to pose, lighting, background or objects, the least",
        exceeds(least_ratio(CONV), 1.0),
        control=least_ratio("linear"),
        scope=scope,
    ),
)
NOT_JUDGED = (
    not_judged("hyperparameters are chosen by it", metric="validation_accuracy"),
    not_judged(
        "distances on pictures on which nothing learns are those of 74 alone",
        metric="class_to_scene_distance",
        dataset=REAL,
    ),
    not_judged(
        "as the scene changes a little, or the position alone, 74 asks of real pictures",
        metric="scene_to_class_distance",
        dataset="canids",
    ),
)
