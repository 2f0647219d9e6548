"""What the records must show for statements 64 to 66 to hold."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.rounding import within_rounding
from experiments.stochastic_gradient.least_squares import EXAMPLES, HALF, LEARNING_RATES, MINIBATCH, STEPS
from experiments.stochastic_gradient.until_flat import falls_in_second_half, left_after_first_rise, left_to_fall

WITHIN = 0.05
"""Relative tolerance on the variance, the published one (row C61)."""
CHANCE = 0.5
"""Tolerance on a squared bias in units of its expected value by chance, which is 1."""
MATTERS = 0.05
"""Share of the loss; a smaller one does not count."""
STILL = 0.2
"""Share of the loss at half-time; a loss that falls by more until the end has not stopped."""
TRAINED_STEPS = 200
"""Steps to the weights called trained, at which the noise is measured."""
NEIGHBOURS = 8
"""Examples of a batch of neighbours."""


def worst_variance(sampler):
    """How far the ratio of the variance to theory is from 1, at the batch size and weights where it is farthest."""
    return metric("variance_ratio", lambda ratios: np.max(np.abs(np.subtract(ratios, 1))), sampler=sampler)


def excess(batch_size, learning_rate, step=STEPS):
    """The loss of least squares above its minimum, in units of it."""
    return metric("excess_loss", batch_size=batch_size, learning_rate=learning_rate, step=step)


def excess_of_higher_rate(batch_size):
    """The excess of the loss over its minimum at the higher learning rate minus that at the lower one."""
    return difference(*(excess(batch_size, rate) for rate in reversed(LEARNING_RATES)))


def least_squares_falls(records):
    """The share of the loss at half-time by which it is lower at the end, where no weights fit."""
    half_S, end_S = (1 + excess(MINIBATCH, LEARNING_RATES[-1], step)(records) for step in (HALF, STEPS))
    return 1 - end_S / half_S


def scope(records):
    """What the verdicts on noise are about."""
    sizes = records.where(metric="variance_ratio").axis("batch_size") or (0,)
    return f"batches of {sizes[0]} to {sizes[-1]} examples; weights untrained and after {TRAINED_STEPS} steps"


CRITERIA = (
    within_rounding(
        "64.step_follows_definition",
        "weights after the library's steps against weights minus learning rate times mean gradient of the examples",
        "sgd_error",
        scope="three steps, float32 and float64; controls: a sum, one example, the wrong sign, an old gradient",
    ),
    Criterion(
        "65.loss_is_flat_where_the_rule_stops",
        "part of the whole fall of the loss that comes after the rule has stopped",
        below(left_to_fall, MATTERS),
        control=left_after_first_rise,
        scope=lambda records: (
            f"{len(records.axis('window'))} windows, of which the rule must stop in the first half; the control "
            "averages nothing and stops at the first batch whose loss is not lower than the last"
        ),
    ),
    Criterion(
        "65.loss_goes_on_falling",
        "share of the loss after half of the steps by which it is lower after all of them",
        exceeds(falls_in_second_half, STILL),
        control=least_squares_falls,
        scope="a net that fits its examples; in proportion. The control is least squares that no weights fit",
        role="limit",
    ),
    Criterion(
        "65.noise_keeps_loss_above_minimum",
        "excess of the loss over its minimum, in units of it, at ten times the learning rate minus that at the lower",
        exceeds(excess_of_higher_rate(MINIBATCH), MATTERS),
        control=excess_of_higher_rate(EXAMPLES),
        scope=f"least squares that no weights fit; learning rates {LEARNING_RATES}; the control takes all examples",
        role="support",
    ),
    Criterion(
        "66.variance_follows_sampling_theory",
        "variance of the gradient of a batch over (1/B) (N-B) / (N-1) times that of one example: distance from 1 of "
        "the worst ratio",
        below(worst_variance("shuffled"), WITHIN),
        control=worst_variance("with replacement"),
        scope=scope,
    ),
    Criterion(
        "66.gradient_is_right_on_average",
        "squared distance of the mean gradient of batches from the full gradient, in units of its expected value",
        equals(metric("bias_ratio", np.mean, sampler="shuffled"), 1.0, within=CHANCE),
        control=metric("bias_ratio", np.mean, sampler="one half"),
        scope=scope,
    ),
    Criterion(
        "66.sorted_data_vary_more",
        f"variance of the gradient of {NEIGHBOURS} neighbours in data sorted by class, over that by theory",
        exceeds(metric("variance_ratio", np.mean, sampler="neighbours", batch_size=NEIGHBOURS), 2.0),
        control=metric("variance_ratio", np.mean, sampler="shuffled", batch_size=NEIGHBOURS),
        scope="data that were not shuffled: the order 1/B is that of random batches",
        role="support",
    ),
)
NOT_JUDGED = (
    not_judged(
        "drawn as a curve over batch sizes, of which one is judged", metric="variance_ratio", sampler="neighbours"
    ),
    not_judged("at half-time only the control of a limit is read", metric="excess_loss", step=HALF),
)
