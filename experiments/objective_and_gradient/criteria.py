"""What the records must show for statements 53 to 56, 58, 59 and 61 to hold."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.estimands import difference, metric
from dl_jax.measures.weight_space import STATES
from experiments.objective_and_gradient.learning import ALONG, FEW, FULL_BATCH, MINIBATCH, RANDOM, UNITS, VALIDATION
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED
from experiments.objective_and_gradient.random_search import RANDOM_SEARCH
from experiments.objective_and_gradient.small_steps import (
    AMONG,
    CHANGES,
    DERIVATIVES,
    JUMP_CHANGES,
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


def farthest(values):
    """The value that is farthest from 0."""
    return max(values, key=abs)


def largest_size(values):
    """How far the farthest value is from 0."""
    return np.max(np.abs(values))


def slope_error(way, expected):
    """The slope of a tiny step minus the expected one, in units of |dE/dw|, where it differs most."""
    return metric("slope", lambda slopes: farthest(np.subtract(slopes, expected)), way=way, length=TINY)


def distance_from_order_1(parameters):
    """How far the slope of log(largest jump) over log(change) is from 1, at the net and weights where it is farthest.

    The slope is 1 for smooth scores and 0 where jumps do not shrink with the change.
    """

    def estimand(records):
        orders = []
        for nonlinearity, state in ((name, state) for name in UNITS for state in STATES):
            at = {"parameters": parameters, "nonlinearity": nonlinearity, "state": state}
            jump_TxS = [records.by_seed("largest_jump", change=change, **at) for change in JUMP_CHANGES]
            orders.append(np.polyfit(np.log(JUMP_CHANGES), np.log(jump_TxS), 1)[0])
        return np.max(np.abs(np.subtract(orders, 1)), axis=0)

    return estimand


def removed(method, reduce=None, direction=ALONG):
    """The share of the training loss that is removed at the end, reduced over depths and nonlinearities."""
    return metric("loss_removed", reduce, direction=direction, method=method)


def log_left(removed_1):
    """How many powers of ten smaller the loss has become."""
    return -np.log10(1 - np.asarray(removed_1)).item()


def searched(tried):
    """The same for random search."""
    return metric("loss_removed", log_left, method=RANDOM_SEARCH, tried=tried)


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
