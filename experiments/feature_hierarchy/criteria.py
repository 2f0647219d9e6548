"""What the records of feature_hierarchy must show."""

from dl_jax.evidence.criteria import Criterion, below, exceeds
from dl_jax.evidence.estimands import metric
from experiments.feature_hierarchy.estimands import (
    at,
    best_stand_in,
    damped,
    every_module_selective_and_invariant,
    every_nuisance_damped,
    image_accuracy_learned,
    largest,
    least_abstraction_gain,
    levels,
    more_part_errors_removed,
    more_than_trained,
    more_than_untrained,
    needs_arrangement,
    orientation,
    selective_and_invariant,
    strengthened,
    unlearned,
)
from experiments.feature_hierarchy.planted_examples import REDRAWN
from experiments.feature_hierarchy.scopes import scope, scope_of_filters, scope_of_modules, scope_of_observer

MATTERS = 0.05
"""Accuracy, R2, or share; a smaller difference does not count."""
CLEAR = 0.1
"""The same, where the statement claims a large difference."""
CONTROLS = ("permuted pixels", "isotropic random phase")
"""Images without neighbours, and images without edges and orientation."""


def claim(key, title, estimand, margin, *, control, role="core", scope=scope, compare=exceeds):
    """The median seed exceeds a margin."""
    return Criterion(key, title, compare(estimand, margin), control, scope, role)


CRITERIA = (
    claim(
        "1.several_levels",
        "layers in a row, each with twice the ratio of variance between objects to that within of the one before",
        levels(),
        2.5,
        control=levels("untrained"),
    ),
    claim(
        "21.each_module_more_abstract",
        "rise of object accuracy plus fall of nuisance R2 from a layer to the next, least of any module",
        least_abstraction_gain(),
        MATTERS,
        control=least_abstraction_gain("untrained"),
    ),
    claim(
        "24.pictures_no_longer_recognised",
        "share of pictures recognised among those of one object, in reconstructions from the hidden layer",
        at("recognised", "hidden"),
        0.5,
        control=at("recognised", "stage 1"),
        scope=scope_of_observer,
        compare=below,
    ),
    claim(
        "24.learning_hides_pictures",
        "share of pictures recognised in reconstructions from the hidden layer, before training minus after",
        unlearned("recognised", "hidden"),
        CLEAR,
        control=unlearned("recognised", "stage 1"),
        scope=scope_of_observer,
    ),
    claim(
        "24.less_is_reconstructed",
        "R2 of pictures reconstructed from the hidden layer, before training minus after",
        unlearned("picture_r2", "hidden"),
        CLEAR,
        control=unlearned("picture_r2", "stage 1"),
        scope=scope_of_observer,
        role="support",
    ),
    claim(
        "25.unrecognised_yet_read",
        "object accuracy of linear units on the hidden layer, for pictures that are not recognised from it",
        metric("unrecognised_accuracy", state="trained"),
        0.75,
        control=metric("unrecognised_accuracy", state="untrained"),
        scope=scope_of_observer,
    ),
    claim(
        "26.differences_of_class_strengthened",
        "learned rise of log10 of the distance by another object over that within one, least of any higher module",
        strengthened("object"),
        0.0,
        control=strengthened(REDRAWN),
    ),
    claim(
        "27.nuisances_damped",
        "learned fall of log10 of the distance by nuisances over that of two pictures, least of any higher module",
        damped(REDRAWN),
        0.0,
        control=damped("object"),
    ),
    claim(
        "27.every_nuisance_damped",
        "the same from stage 1 to the hidden layer, for the nuisance where it is smallest",
        every_nuisance_damped(),
        0.0,
        control=every_nuisance_damped("pixels", "stage 1"),
        role="support",
    ),
    claim(
        "28.first_filters_are_oriented",
        "orientation score of the median first filter, in units of its threshold",
        orientation("natural"),
        1.0,
        control=largest(*map(orientation, CONTROLS), orientation("natural", "untrained")),
        scope=scope_of_filters,
    ),
    claim(
        "28.controls_learn",
        "test accuracy after training minus before, on permuted pixels or isotropic random phase, the smaller",
        image_accuracy_learned(*CONTROLS),
        MATTERS,
        control=image_accuracy_learned(*CONTROLS, after="untrained"),
        scope=scope_of_filters,
        role="support",
    ),
    claim(
        "28.oriented_without_edges",
        "orientation score of the median first filter that is trained on random phases, which have no edges",
        orientation("random phase"),
        1.0,
        control=largest(orientation("random phase", "untrained"), orientation("isotropic random phase")),
        scope=scope_of_filters,
        role="limit",
    ),
    claim(
        "29.motifs_are_conjunctions",
        "share of the median map's response to two edges that exceeds those to each, after training minus before",
        more_than_untrained("conjunction", "trained"),
        MATTERS,
        control=best_stand_in("conjunction"),
    ),
    claim(
        "29.arrangement_matters",
        "share of the median map's response that is lost when the edges are rearranged, after training minus before",
        more_than_untrained("arrangement", "trained"),
        MATTERS,
        control=best_stand_in("arrangement"),
    ),
    claim(
        "30.small_shifts_are_tolerated",
        "share of the variance of stage 2 that is between motifs when their edges jitter, after training minus before",
        more_than_untrained("motif_variance_share", "trained"),
        MATTERS,
        control=more_than_untrained("motif_variance_share", "random on trained"),
    ),
    claim(
        "30.blur_tolerates_as_much",
        "share of variance between motifs whose edges jitter, for a blur of stage 1 minus the trained stage 2",
        more_than_trained("motif_variance_share", "blur of trained"),
        -MATTERS,
        control=more_than_trained("motif_variance_share", "untrained"),
        role="limit",
    ),
    claim(
        "31.motifs_join_into_parts",
        "share of the part errors at stage 2 that stage 3 avoids, minus the share at stage 1 that stage 2 avoids",
        more_part_errors_removed("stage 3"),
        CLEAR,
        control=largest(
            more_part_errors_removed("stage 2"),
            more_part_errors_removed("hidden"),
            more_part_errors_removed("stage 3", "untrained"),
        ),
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
        scope=scope_of_modules,
    ),
    claim(
        "106.all_modules_together",
        "gain in object accuracy or loss in nuisance R2 from the pixels to the hidden layer, the smaller",
        selective_and_invariant("pixels", "hidden"),
        CLEAR,
        control=selective_and_invariant("pixels", "hidden", "untrained"),
        role="support",
    ),
)
