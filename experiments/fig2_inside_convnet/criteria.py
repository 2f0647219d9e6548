"""What the records of fig2_inside_convnet must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, exact, exceeds, identity
from dl_jax.evidence.estimands import metric
from experiments.fig2_inside_convnet.first_filters import CONTROLS, NATURAL

ABOVE_CHANCE, LEARNED = 0.2, 0.05
"""Accuracy above that of the best constant guess: of a net that learned its task, and of one that learned at all."""
RANKS = 0.6
"""Area under the ROC curve; that of a score that ranks nothing is 1/2."""
EDGE_DETECTOR = 1.0
"""`Tuning.least_ratio` above which a filter is as selective, band-pass and like a Gabor as the textbook's are."""
ZERO = 0.25
"""Share of a layer's outputs."""
SAME, NONE, DIFFERS = 1e-4, 1e-12, 0.1
"""Relative differences: what rounding may change; none at all; those of another map or another gradient."""


def of_modules(name, kind, reduce, **axes):
    """The largest (max) or smallest (min) value over the modules of a kind."""

    def estimand(records):
        rows = records.where(metric=name, **axes).rows
        modules = {row["module"] for row in rows if row["module"].startswith(kind)}
        return records.by_seed(name, reduce, module=modules, **axes)

    return estimand


def shift_difference(kind, reduce, shift, weights="shared"):
    """Relative difference between the maps of a shifted picture and the shifted maps."""
    return of_modules("shift_difference", kind, reduce, shift=shift, weights=weights)


def median_filter(pictures, state="trained"):
    """How much of an oriented edge detector the median first filter is, learned from these pictures."""
    return metric("orientation_ratio", np.median, pictures=pictures, state=state)


def largest(*estimands):
    """The largest of several estimands, seed by seed."""
    return lambda records: np.max([estimand(records) for estimand in estimands], axis=0)


def least_learned(state):
    """Accuracy above chance of the nets for pictures without edges, the lowest of them."""
    return metric("filters_accuracy", np.min, pictures=tuple(CONTROLS), state=state)


def scope(records):
    """What the verdicts are about."""
    return f"{', '.join(records.axis('dataset'))}; {records.axis('image')[0] or 'a drawn Samoyed'}"


def scope_of_filters(records):
    """What the verdicts about first filters are about."""
    return f"{', '.join(records.axis('photographs'))}; 16 filters of 7 x 7; oriented by gratings and Gabors"


CRITERIA = (
    Criterion(
        "52.one_score_per_category",
        "number of scores minus number of categories in the labels",
        exact(metric("outputs_minus_categories", output="scores"), above=-0.5, below=0.5),
        control=metric("outputs_minus_categories", output="top maps"),
        scope="true by construction: the output layer is made with a unit for each category",
    ),
    Criterion(
        "93.net_learned_its_task",
        "accuracy on held-out pictures above that of the best constant guess",
        exceeds(metric("accuracy_above_chance", state="trained"), ABOVE_CHANCE),
        control=metric("accuracy_above_chance", state="untrained"),
        scope=scope,
    ),
    Criterion(
        "94.same_features_everywhere",
        "relative difference between the maps of a shifted picture and the shifted maps, largest of any module",
        identity(shift_difference("", max, "whole units"), SAME),
        control=shift_difference("", max, "whole units", weights="not shared"),
        scope=scope,
    ),
    Criterion(
        "94.pooling_breaks_equivariance",
        "the same after a shift by one pixel, least of any pooling",
        exceeds(shift_difference("pooling", min, "one pixel"), DIFFERS),
        control=shift_difference("convolution 1", max, "one pixel"),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "95.nothing_flows_down",
        "largest relative change of the outputs below a layer whose weights are negated",
        identity(metric("output_change", layers="below"), NONE),
        control=metric("output_change", layers="above"),
        scope=scope,
    ),
    Criterion(
        "95.gradients_flow_down",
        "relative change of the lowest layer's gradient when the weights above it are negated",
        exceeds(metric("gradient_change"), DIFFERS),
        control=metric("output_change", layers="below"),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "96.median_filter_detects_edges",
        "selectivity for one orientation, band-pass and likeness to a Gabor of the median first filter, the least of "
        "them in units of what an edge detector has",
        exceeds(median_filter(NATURAL), EDGE_DETECTOR),
        control=largest(
            median_filter("permuted pixels"),
            median_filter("isotropic random phase"),
            median_filter(NATURAL, "untrained"),
        ),
        scope=scope_of_filters,
    ),
    Criterion(
        "96.controls_learned",
        "accuracy above chance of the nets for permuted pixels and for random phases, the lowest of them",
        exceeds(least_learned("trained"), LEARNED),
        control=least_learned("untrained"),
        scope=scope_of_filters,
        role="support",
    ),
    Criterion(
        "96.detectors_without_edges",
        "the median first filter, in the same units, of nets for pictures of random phase, which have no edges",
        exceeds(median_filter("random phase"), EDGE_DETECTOR),
        control=median_filter("isotropic random phase"),
        scope=scope_of_filters,
        role="limit",
    ),
    Criterion(
        "97.scores_rank_their_class",
        "area under the ROC curve of each class's score for its own pictures, least of any class",
        exceeds(metric("least_class_auc", scores="of the class"), RANKS),
        control=metric("least_class_auc", scores="of the next class"),
        scope=scope,
    ),
    Criterion(
        "98.no_negative_outputs",
        "share of the outputs that are negative",
        identity(metric("negative_share", nonlinearity="relu"), NONE),
        control=metric("negative_share", nonlinearity="tanh"),
        scope=scope,
    ),
    Criterion(
        "98.many_outputs_are_zero",
        "share of the outputs that are exactly 0, least of any convolution",
        exceeds(of_modules("zero_share", "convolution", min, nonlinearity="relu"), ZERO),
        control=of_modules("zero_share", "convolution", max, nonlinearity="softplus"),
        scope=scope,
        role="support",
    ),
    Criterion(
        "99.scores_follow_from_top_maps",
        "relative difference between the scores and those computed from the maps below them",
        identity(metric("score_difference_from_top_maps", source="the picture"), SAME),
        control=metric("score_difference_from_top_maps", source="another picture"),
        scope=scope,
    ),
)

NOT_JUDGED = (
    not_judged("printed above the maps of figure 2", metric="score"),
    not_judged("printed below figure 2; 93 judges it above chance", metric="test_accuracy"),
    not_judged(
        "drawn: a maximum of rectified outputs is 0 less often", metric="zero_share", module=("pooling 1", "pooling 2")
    ),
    not_judged(
        "drawn: what a convolution above a pooling inherits",
        metric="shift_difference",
        shift="one pixel",
        module=("convolution 2", "convolution 3"),
    ),
    not_judged("only the net for natural pictures need learn well", metric="filters_accuracy", pictures=NATURAL),
    not_judged(
        "the same initial weights as for natural pictures",
        metric="orientation_ratio",
        state="untrained",
        pictures=tuple(CONTROLS),
    ),
)
