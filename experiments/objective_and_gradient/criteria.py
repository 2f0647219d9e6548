"""What the records must show for statements 53 to 56, 58, 59 and 61 to hold."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from experiments.objective_and_gradient.estimands import (
    distance_from_order_1,
    largest_size,
    log_left,
    removed,
    searched,
    slope_error,
)
from experiments.objective_and_gradient.learning import ALONG, FEW, FULL_BATCH, MINIBATCH, RANDOM, UNITS, VALIDATION
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED
from experiments.objective_and_gradient.small_steps import (
    AMONG,
    CHANGES,
    DERIVATIVES,
    LENGTHS,
    SPACING,
    TINY,
)

MATTERS = 0.02
"""Accuracy; a smaller difference does not count."""
SHARE = 0.05
"""Share of a loss or of many directions; a smaller one does not count."""
LOW = 0.5
"""A loss is low where less than this share of the initial one remains."""
EXACT = 1e-3
"""Tolerance on a slope, for what curvature adds in a tiny step."""
LONG = LENGTHS[-1]
"""Length of a step that is longer than all weights of these nets together."""


def scope(records):
    """What the verdicts on many nets are about."""
    depths = records.where(method=MINIBATCH).axis("depth")
    return f"{', '.join(UNITS)}; {', '.join(map(str, depths))} hidden layers"


STEPS = f"one hidden layer of {', '.join(UNITS)}; untrained and trained; float64"
CRITERIA = (
    Criterion(
        "53.untrained_nets_at_chance",
        "distance of the mean test accuracy of 100 untrained nets from 1 / number of classes, at the depth and "
        "nonlinearity where it is largest",
        below(metric("above_chance", largest_size, state="untrained"), MATTERS),
        control=metric("above_chance", np.median, state="trained", direction=ALONG, method=MINIBATCH),
        scope=scope,
    ),
    Criterion(
        "53.single_untrained_net_varies",
        "standard deviation of the test accuracy over untrained nets: a single one may be far from chance",
        exceeds(metric("accuracy_std", np.mean, method="net"), MATTERS),
        control=metric("accuracy_std", np.mean, method="guesses"),
        scope="an untrained net gives few of the classes its highest score; the control guesses each example",
        role="support",
    ),
    Criterion(
        "54.objectives_not_negative",
        "how far below 0 an objective gets",
        identity(metric("below_zero", np.max, loss=OBJECTIVES), 1e-9),
        control=metric("below_zero", loss=SIGNED),
        scope=f"{', '.join(OBJECTIVES)}; the control is the sum of y - t",
    ),
    Criterion(
        "54.objectives_rise_from_target",
        "share of lines from the target on which an objective does not rise",
        identity(metric("not_rising", np.max, loss=OBJECTIVES), 1e-9),
        control=metric("not_rising", loss=SIGNED),
        scope="lines from the desired outputs, or probabilities, to others; the control is the sum of y - t",
    ),
    Criterion(
        "55.training_lowers_loss",
        "share of the training loss that is removed by adjusting the weights along the gradient, in the median net",
        exceeds(removed(MINIBATCH, np.median), LOW),
        control=removed(MINIBATCH, direction=RANDOM),
        scope=lambda records: f"{scope(records)}; the control steps as far, at random (tanh, the least depth)",
    ),
    Criterion(
        "55.some_nets_are_not_trained",
        "share of the training loss that is removed in the net where it is smallest",
        below(removed(MINIBATCH, np.min), SHARE),
        control=removed(MINIBATCH, np.median),
        scope=scope,
        role="limit",
    ),
    Criterion(
        "56.scores_change_smoothly",
        "order in a change of one parameter of the largest change of a score, as a slope in log-log: largest distance "
        "from 1",
        below(distance_from_order_1("real"), 0.1),
        control=distance_from_order_1("quantized"),
        scope=f"{STEPS}; the control rounds the weights to multiples of {SPACING}",
    ),
    Criterion(
        "56.weights_determine_scores",
        "largest difference of the scores of flax's layers with the same weights, relative to the largest score",
        identity(metric("flax_error", np.max, untrained_layer="none"), 1e-9),
        control=metric("flax_error", np.min, untrained_layer=("first", "last")),
        scope="the control has the untrained weights in one layer",
    ),
    Criterion(
        "58.derivative_predicts_tiny_change",
        "largest error over the weights of dE/dw against the change of E by a tiny change of w, relative to the "
        "largest",
        identity(metric("derivative_error", np.max, derivative="own", change=CHANGES[0]), 1e-4),
        control=metric(
            "derivative_error",
            np.min,
            derivative=("of the next parameter", "of half the examples"),
            change=CHANGES[0],
        ),
        scope=f"{STEPS}; each weight alone grows by {CHANGES[0]:g}",
    ),
    Criterion(
        "58.derivative_fails_for_large_change",
        "the same error where the weight grows by 1",
        exceeds(metric("derivative_error", np.median, derivative="own", change=CHANGES[-1]), 0.1),
        control=metric("derivative_error", np.median, derivative="own", change=CHANGES[0]),
        scope=STEPS,
        role="support",
    ),
    *(
        Criterion(
            f"59.slope_{way}_gradient",
            f"slope of the loss {way} the gradient, in units of |dE/dw|, minus {expected}",
            identity(slope_error(way, expected), EXACT),
            control=slope_error(other, expected),
            scope=f"{STEPS}; steps of length {TINY:g}; the control goes {other} the gradient",
        )
        for way, expected, other in (("against", -1, "across"), ("along", 1, "across"), ("across", 0, "against"))
    ),
    *(
        Criterion(
            f"61.steepest_among_{among.replace(' ', '_')}",
            f"number of directions that lower the loss more than the negative gradient ({among})",
            identity(metric("better_directions", np.max, among=among, reference="negative gradient"), 0.5),
            control=metric("better_directions", np.max, among=among, reference="one of them"),
            scope=f"{STEPS}; steps of length {TINY:g}; the control counts those better than one of the directions",
        )
        for among in AMONG
    ),
    Criterion(
        "61.reaches_low_loss",
        "share of the training loss that gradient descent by all examples removes",
        exceeds(removed(FULL_BATCH), LOW),
        control=removed(FULL_BATCH, direction=RANDOM),
        scope=f"one hidden layer of tanh units, {FEW} examples; the control steps as far, at random",
    ),
    Criterion(
        "61.lower_than_random_search",
        "loss left by random search over that left by gradient descent by all examples, in powers of ten",
        exceeds(difference(removed(FULL_BATCH, log_left), searched("once")), np.log10(2)),
        control=difference(searched("again"), searched("once")),
        scope="the search keeps those of its random steps that lower the loss, three for each gradient, and adapts "
        "their length; the control is a second search",
        role="support",
    ),
    Criterion(
        "61.not_steepest_at_longer_steps",
        f"share of directions that lower the loss more than the negative gradient, in steps of length {LONG:g}",
        exceeds(metric("share_better", np.mean, length=LONG), SHARE),
        control=metric("share_better", np.mean, length=LENGTHS[0]),
        scope=f"{STEPS}; the control takes steps of length {LENGTHS[0]:g}",
        role="limit",
    ),
)
OTHER = "drawn as a curve; the ends are judged"
NOT_JUDGED = (
    not_judged(OTHER, metric="derivative_error", change=CHANGES[1:-1]),
    not_judged(OTHER, metric="derivative_error", change=CHANGES[-1], derivative=DERIVATIVES[1:]),
    not_judged(OTHER, metric="slope", length=LENGTHS),
    not_judged(OTHER, metric="share_better", length=LENGTHS[1:-1]),
    not_judged("chooses the learning rate", metric=VALIDATION),
    not_judged("of a control, or of a training on few examples", metric="above_chance", direction=RANDOM),
    not_judged("of a control, or of a training on few examples", metric="above_chance", method=FULL_BATCH),
)
