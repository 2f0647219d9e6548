"""What the records of fig2_inside_convnet must show."""

from dl_jax.evidence.criteria import Criterion, exceeds, identity
from dl_jax.evidence.estimands import metric

ABOVE_CHANCE = 0.2
"""Accuracy above that of the best constant guess."""
RANKS = 0.6
"""Area under the ROC curve; that of a score that ranks nothing is 1/2."""
ORIENTED, ZERO = 0.15, 0.25
"""Shares of the first filters, and of a layer's outputs."""
MANY = range(8, 10**6)
"""Numbers of first filters of which a share can be judged."""
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


def scope(records):
    """What the verdicts are about."""
    return f"{', '.join(records.axis('dataset'))}; {records.axis('image')[0] or 'a drawn Samoyed'}"


CRITERIA = (
    Criterion(
        "52.one_score_per_category",
        "number of scores minus number of categories",
        identity(metric("outputs_minus_categories", output="scores"), NONE),
        control=metric("outputs_minus_categories", output="top maps"),
        scope=scope,
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
        "96.first_filters_are_oriented",
        "share of the first filters that are oriented and band-pass",
        exceeds(metric("oriented_share", state="trained", maps=MANY), ORIENTED),
        control=metric("oriented_share", state="untrained", maps=MANY),
        scope=scope,
    ),
    Criterion(
        "97.scores_rank_their_class",
        "area under the ROC curve of each class's score, least of any class",
        exceeds(metric("least_class_auc", state="trained"), RANKS),
        control=metric("least_class_auc", state="untrained"),
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
        exceeds(of_modules("zero_share", "convolution", min, state="trained", nonlinearity="relu"), ZERO),
        control=of_modules("zero_share", "convolution", max, state="trained", nonlinearity="softplus"),
        scope=scope,
    ),
    Criterion(
        "99.scores_follow_from_top_maps",
        "relative difference between the scores and those computed from the maps below them",
        identity(metric("score_difference_from_top_maps", source="the picture"), SAME),
        control=metric("score_difference_from_top_maps", source="another picture"),
        scope=scope,
    ),
)
