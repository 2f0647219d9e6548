"""What the records must show of hills between trained nets, curvature, and the way down."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.estimands import metric
from experiments.loss_landscape.surroundings import ALIGNED, CURVE, INITIAL, OTHER, REVERSED

NET, LINEAR = "net", "linear"
TRUE, WRONG = "true", "some wrong"
"""Labels of the training examples."""
ALONG, RANDOM = "gradient", "random direction"
HILL = 0.1
"""Nats above a chord that count as a hill."""
DOWNWARD = 0.01
"""Part of the steepest curvature from which on negative curvature counts."""
LITTLE = 0.05
"""Share of the path."""
NONE_LEFT, NEARLY_THERE = 0.01, 0.1
"""Parts of the objective above its minimum, and of the distance to it."""
FAR = 0.5
"""A distance between weights, over their length."""
CLIMB = 0.05
"""A rise over the first objective."""
LOWER = 0.001
"""Part of the objective."""
GAIN = 0.05
"""Nats of test loss that are worth stopping for."""
BEYOND = 0.1
"""Part of the objective that is still to be gained."""
SAME = 1e-5
"""Nats that rounding may change."""


def of(name, model, direction=ALONG, **axes):
    """A metric of one kind of model, on true labels."""
    return metric(name, model=model, labels=TRUE, direction=direction, **axes)


def hill(end, model=NET):
    """Nats by which the objective rises above the chord of a way from a trained model to this end."""
    return of("barrier", model, end=end)


def negative_curvature(model):
    """The most negative curvature on the path over the highest at the same point, with the sign reversed."""

    def estimand(records):
        steps = records.where(metric="curvature", model=model).axis("step") or (0,)
        lowest_KxS, highest_KxS = (
            np.stack([of("curvature", model, extreme=extreme, step=step)(records) for step in steps])
            for extreme in ("lowest", "highest")
        )
        return np.max(-lowest_KxS / highest_KxS, axis=0)

    return estimand


def gain_of_stopping(model, labels):
    """Test loss (nats) at the end, minus that where the validation loss was lowest on the path."""

    def estimand(records):
        axes = {"model": model, "labels": labels, "direction": ALONG}
        steps = records.where(metric="loss", **axes).axis("step") or (0,)
        validation_KxS, test_KxS = (
            np.stack([records.by_seed("loss", split=split, step=step, **axes) for step in steps])
            for split in ("validation", "test")
        )
        return test_KxS[-1] - np.take_along_axis(test_KxS, np.argmin(validation_KxS, 0)[None], 0)[0]

    return estimand


def scope(records):
    """What the verdicts are about."""
    return f"{', '.join(records.axis('dataset'))}; tanh units: {', '.join(records.axis('hidden'))}"


CRITERIA = (
    Criterion(
        "60.hill_between_trainings",
        "nats by which the objective rises above the chord of the segment between two trained nets",
        exceeds(hill(OTHER), HILL),
        control=hill(INITIAL),
        scope=lambda records: f"{scope(records)}; the control is the segment from a net's own initial weights",
    ),
    Criterion(
        "60.negative_curvature",
        "most negative curvature on the path over the steepest upward curvature, with the sign reversed",
        exceeds(negative_curvature(NET), DOWNWARD),
        control=negative_curvature(LINEAR),
        scope=lambda records: f"{scope(records)}; the control is the linear classifier, which is convex",
    ),
    Criterion(
        "60.permuted_net_is_equal",
        "nats by which the objective of a net changes when its hidden units are put in another order",
        identity(of("permuted_changes", NET, permuted="both sides"), SAME),
        control=of("permuted_changes", NET, permuted="one side"),
        scope=scope,
        role="support",
    ),
    Criterion(
        "60.hill_between_equal_nets",
        "nats by which the objective rises above the chord between a net and itself with its hidden units reversed",
        exceeds(hill(REVERSED), HILL),
        control=hill(INITIAL),
        scope=lambda records: f"{scope(records)}; the control is the segment from a net's own initial weights",
        role="support",
    ),
    Criterion(
        "60.curve_around_the_hill",
        "nats by which the objective rises above the chord on a curve between two trained nets, found for that",
        below(hill(CURVE), HILL),
        control=hill(OTHER),
        scope=lambda records: f"{scope(records)}; a parabola; the control is the segment",
        role="limit",
    ),
    Criterion(
        "60.no_hill_to_aligned_net",
        "the same height to the other net after its hidden units were put in the order and sign of the first one's",
        below(hill(ALIGNED), HILL),
        control=hill(OTHER),
        scope=lambda records: f"{scope(records)}; the control is the same net as it was trained",
        role="limit",
    ),
    Criterion(
        "62.reaches_lowest_objective",
        "height above the minimum of a convex objective after training, over the height before",
        below(of("remaining_objective", LINEAR), NONE_LEFT),
        control=of("remaining_objective", LINEAR, RANDOM),
        scope=scope,
    ),
    Criterion(
        "62.reaches_its_weights",
        "distance to the weights at the minimum of a convex objective after training, over the distance before",
        below(of("remaining_distance", LINEAR), NEARLY_THERE),
        control=of("remaining_distance", LINEAR, RANDOM),
        scope=scope,
    ),
    Criterion(
        "62.nets_end_apart",
        "distance between the weights of two trainings of a net, over their mean length",
        exceeds(of("relative_distance", NET), FAR),
        control=of("relative_distance", LINEAR),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "62.stopping_early_pays",
        "nats of test loss saved by stopping where the validation loss is lowest, with some training labels wrong",
        exceeds(gain_of_stopping(NET, WRONG), GAIN),
        control=gain_of_stopping(LINEAR, TRUE),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "63.path_runs_down",
        "largest rise of the objective between two evaluations, over the first objective",
        below(of("largest_rise", NET), CLIMB),
        control=of("largest_rise", NET, RANDOM),
        scope=scope,
    ),
    Criterion(
        "63.end_is_lowest_around",
        "part of the objective at the trained weights by which a random slice through them goes lower",
        below(of("slice_goes_lower", NET, weights="trained"), LOWER),
        control=of("slice_goes_lower", NET, weights="initial"),
        scope=scope,
    ),
    Criterion(
        "63.random_slice_misses_path",
        "share of the extent of the path that lies in such a random slice",
        below(of("path_in_plane", NET, plane="random"), LITTLE),
        control=of("path_in_plane", NET, plane="principal"),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "63.lower_beyond_end",
        "part of the last objective by which the plane of the path goes lower than its end",
        exceeds(of("plane_goes_lower", NET), BEYOND),
        control=of("plane_goes_lower", LINEAR),
        scope=scope,
        role="limit",
    ),
)
CONVEX, CURVES = "of the convex model, whose landscape is known", "drawn as a curve; its ends and rises are judged"
NOT_JUDGED = (
    not_judged(CONVEX, model=LINEAR, metric=("barrier", "permuted_changes", "slice_goes_lower", "path_in_plane")),
    not_judged(CURVES, metric="objective"),
    not_judged(CURVES, metric="loss", model=NET, labels=TRUE),
)
