"""What the records must show for statements 53 to 56, 58, 59 and 61 to hold."""

import numpy as np

from dl_jax.evidence.criteria import Criterion, equals, exceeds, identity
from dl_jax.evidence.estimands import metric
from experiments.objective_and_gradient.learning import FULL_BATCH, MINIBATCH, UNITS
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED
from experiments.objective_and_gradient.small_steps import AMONG, CHANGES, JUMP_CHANGES, LENGTHS, SPACING, TINY

MATTERS = 0.02
"""Accuracy; a smaller difference does not count."""
SHARE = 0.05
"""Share of a loss or of many directions; a smaller one does not count."""
LOW = 0.5
"""A loss is low where less than this share of the initial one remains."""
EXACT = 1e-3
"""Tolerance on a slope, for what curvature adds in a tiny step."""


def slope_error(way, expected):
    """The slope of a tiny step minus the expected one, in units of |dE/dw|, where it differs most."""

    def farthest(slopes):
        return max(np.subtract(slopes, expected), key=abs)

    return metric("slope", farthest, way=way, length=TINY)


def order_of_jumps(parameters):
    """The slope of log(largest jump) over log(change): 1 for smooth scores, 0 where jumps do not shrink."""

    def estimand(records):
        jump_TxS = [
            records.by_seed("largest_jump", np.mean, parameters=parameters, change=change) for change in JUMP_CHANGES
        ]
        return np.polyfit(np.log(JUMP_CHANGES), np.log(jump_TxS), 1)[0]

    return estimand


def removed(direction, method):
    """The share of the training loss that is removed at the end."""
    return metric("loss_removed", direction=direction, method=method)


def largest_share_better(records):
    """The largest share of better directions over the lengths of a step."""
    return np.max([records.by_seed("share_better", np.mean, length=length) for length in LENGTHS], axis=0)


def scope(records):
    """What the verdicts on many nets are about."""
    depths = records.where(method=MINIBATCH).axis("depth")
    return f"{', '.join(UNITS)}; {', '.join(map(str, depths))} hidden layers"


STEPS = f"one hidden layer of {', '.join(UNITS)}; untrained and trained; float64"
CRITERIA = (
    Criterion(
        "53.untrained_nets_at_chance",
        "mean test accuracy of untrained nets above 1 / number of classes",
        equals(metric("above_chance", state="untrained"), 0.0, within=MATTERS),
        control=metric("above_chance", state="trained", direction="gradient", method=MINIBATCH),
        scope=scope,
    ),
    Criterion(
        "53.single_untrained_net_varies",
        "standard deviation of the test accuracy over untrained nets: a single one may be far from chance",
        exceeds(metric("accuracy_std", method="net"), MATTERS),
        control=metric("accuracy_std", method="guesses"),
        scope="an untrained net gives few of the classes its highest score; the control guesses each example",
        role="limit",
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
        "share of the training loss that is removed by adjusting the weights along the gradient",
        exceeds(removed("gradient", MINIBATCH), SHARE),
        control=removed("random direction", MINIBATCH),
        scope=scope,
    ),
    Criterion(
        "56.scores_change_smoothly",
        "order in a change of one parameter of the largest change of a score, as a slope in log-log, minus 1",
        identity(lambda records: order_of_jumps("real")(records) - 1, 0.1),
        control=lambda records: order_of_jumps("quantized")(records) - 1,
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
        exceeds(metric("derivative_error", derivative="own", change=CHANGES[-1]), 0.1),
        control=metric("derivative_error", derivative="own", change=CHANGES[0]),
        scope=STEPS,
        role="limit",
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
        exceeds(removed("gradient", FULL_BATCH), LOW),
        control=removed("random direction", FULL_BATCH),
        scope="one hidden layer of tanh units",
    ),
    Criterion(
        "61.not_steepest_at_longer_steps",
        "share of directions that lower the loss more than the negative gradient, at the length where it is largest",
        exceeds(largest_share_better, SHARE),
        control=metric("share_better", length=LENGTHS[0]),
        scope=f"{STEPS}; steps of length up to {LENGTHS[-1]:g}",
        role="limit",
    ),
)
