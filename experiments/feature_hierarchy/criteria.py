"""What the records of feature_hierarchy must show."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, exceeds
from experiments.feature_hierarchy.estimands import (
    MODULES,
    every_module_selective_and_invariant,
    learned,
    least_scatter_rise,
    more_conjunctions,
    more_motif_variance,
    needs_arrangement,
    neighbours_minus_far,
    orientation,
    part_errors_removed,
    pixels_lost_and_object_gained,
    pixels_lost_untrained,
    rise,
    selective_and_invariant,
    unlearned,
)
from experiments.feature_hierarchy.metrics import BLUR

MATTERS = 0.05
"""Accuracy, R2 or log10 of a ratio; a smaller difference does not count."""
CLEAR = 0.1
"""The same, where the statement claims a large difference."""
THREEFOLD = float(np.log10(3))
A_QUARTER = 0.25


def scope(records):
    """What the verdicts are about; and for 106, which modules are more selective and more invariant."""
    modules = [high for low, high in MODULES if np.mean(selective_and_invariant(low, high)(records)) > 0]
    filters = f"; filters from {records.axis('dataset')[0]}" if records.axis("dataset") else ""
    return f"planted objects{filters}; modules whose mean gains are both positive: {', '.join(modules) or 'none'}"


def claim(key, title, estimand, margin, *, control, role="core"):
    """The mean over seeds exceeds a margin."""
    return Criterion(key, title, exceeds(estimand, margin), control, scope, role)


CRITERIA = (
    claim(
        "1.nuisances_low_object_high",
        "gain in object accuracy or loss in nuisance R2 from stage 1 to the hidden layer, the smaller",
        selective_and_invariant("stage 1", "hidden"),
        CLEAR,
        control=selective_and_invariant("stage 1", "hidden", "untrained"),
    ),
    claim(
        "21.each_module_more_abstract",
        "rise of log10 of the variance between objects over that within, from a layer to the next, least of any module",
        least_scatter_rise(),
        MATTERS,
        control=least_scatter_rise("untrained"),
    ),
    claim(
        "21.gradual_change",
        "mean alignment (CKA) of neighbouring layers minus that of layers far apart",
        neighbours_minus_far(),
        CLEAR,
        control=neighbours_minus_far(pictures="unpaired"),
    ),
    claim(
        "21.gradual_change_untrained",
        "mean alignment (CKA) of neighbouring layers minus that of layers far apart, in an untrained net",
        neighbours_minus_far("untrained"),
        CLEAR,
        control=neighbours_minus_far("untrained", "unpaired"),
        role="limit",
    ),
    claim(
        "24.pixels_lost_object_gained",
        "loss in R2 of the pixels or gain in object accuracy from stage 1 to the hidden layer, the smaller",
        pixels_lost_and_object_gained(),
        CLEAR,
        control=pixels_lost_and_object_gained("untrained"),
    ),
    claim(
        "24.pixels_lost_untrained",
        "R2 of the pixels that an untrained net loses from stage 1 to the hidden layer, minus half of what a trained "
        "one loses",
        pixels_lost_untrained("stage 1", "hidden"),
        0.0,
        control=pixels_lost_untrained("pixels", "stage 1"),
        role="limit",
    ),
    claim(
        "25.linear_layer_uses_features",
        "accuracy of linear object probes in the hidden layer minus that in the pixels",
        rise("object_accuracy", "pixels", "hidden"),
        0.2,
        control=rise("object_accuracy", "pixels", "hidden", "untrained"),
    ),
    claim(
        "26.class_is_amplified",
        "log10 of the variance between objects over that within, hidden layer, after training minus before",
        learned("log_scatter_ratio", "hidden"),
        THREEFOLD,
        control=learned("log_scatter_ratio", "stage 1"),
    ),
    claim(
        "27.nuisances_are_suppressed",
        "R2 of linear nuisance probes, hidden layer, before training minus after",
        unlearned("mean_nuisance_r2", "hidden"),
        MATTERS,
        control=unlearned("mean_nuisance_r2", "stage 1"),
    ),
    claim(
        "27.nuisances_move_less",
        "log10 of the distance by which nuisances move a layer over that by which another object does, pixels minus "
        "hidden layer",
        rise("log_rms_nuisance_distance", "hidden", "pixels"),
        THREEFOLD,
        control=rise("log_rms_nuisance_distance", "hidden", "pixels", "untrained"),
    ),
    claim(
        "27.low_layers_amplify_nuisances",
        "R2 of linear nuisance probes in stage 1 minus that in the pixels",
        rise("mean_nuisance_r2", "pixels", "stage 1"),
        0.02,
        control=rise("mean_nuisance_r2", "pixels", "hidden"),
        role="limit",
    ),
    claim(
        "28.first_filters_are_oriented",
        "orientation score that 15 % of the first filters reach, in units of its threshold",
        orientation(),
        1.0,
        control=orientation("untrained"),
    ),
    claim(
        "28.oriented_without_edges",
        "orientation score that 15 % of the filters reach that are trained on images with random phases, without edges",
        orientation(images="random phase"),
        1.0,
        control=orientation("untrained", images="random phase"),
        role="limit",
    ),
    claim(
        "29.motifs_are_conjunctions",
        "share of the maps of stage 2 that need two edges at once, minus that before training",
        more_conjunctions("stage 2"),
        CLEAR,
        control=more_conjunctions(BLUR),
    ),
    claim(
        "30.small_shifts_are_tolerated",
        "share of the variance of stage 2 that is between motifs when their edges jitter, after training minus before",
        learned("motif_variance_share", "stage 2"),
        MATTERS,
        control=learned("motif_variance_share", "stage 1"),
    ),
    claim(
        "30.blur_tolerates_as_much",
        "share of variance between motifs whose edges jitter, for a blur of stage 1 minus the trained stage 2",
        more_motif_variance(BLUR),
        -0.02,
        control=more_motif_variance("stage 2", "untrained"),
        role="limit",
    ),
    claim(
        "31.motifs_join_into_parts",
        "share of the errors of linear part probes at stage 2 that stage 3 avoids",
        part_errors_removed(),
        A_QUARTER,
        control=part_errors_removed("untrained"),
    ),
    claim(
        "32.objects_need_arrangement",
        "AUC at which the object's score detects parts moved apart, minus that of part probes at stage 3 or 1/2",
        needs_arrangement(),
        CLEAR,
        control=needs_arrangement("untrained"),
    ),
    claim(
        "106.every_module",
        "gain in object accuracy or loss in nuisance R2 from a layer to the next, the smaller, least of any module",
        every_module_selective_and_invariant(),
        0.0,
        control=every_module_selective_and_invariant("untrained"),
    ),
    claim(
        "106.all_modules_together",
        "gain in object accuracy or loss in nuisance R2 from the pixels to the hidden layer, the smaller",
        selective_and_invariant("pixels", "hidden"),
        CLEAR,
        control=selective_and_invariant("pixels", "hidden", "untrained"),
    ),
)
