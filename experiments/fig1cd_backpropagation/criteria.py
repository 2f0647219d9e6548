"""What the records of fig1cd_backpropagation must show."""

import numpy as np

from dl_jax.evidence.coverage import not_judged
from dl_jax.evidence.criteria import Criterion, equals, exact, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.rounding import ROUNDING, within_rounding
from dl_jax.models.backpropagation import UNITS
from experiments.fig1cd_backpropagation.learning import FAR, NETS
from experiments.fig1cd_backpropagation.metrics import SIGMOIDS
from experiments.fig1cd_backpropagation.mutations import AS_PRINTED, EQUATIONS, MUTATIONS

MATTERS = 0.05
"""Accuracy, or share of the loss; a smaller difference does not count."""


def removed(direction, feedback="weights"):
    """The share of the training loss that is removed."""
    return metric("loss_removed", direction=direction, feedback=feedback)


def gained_by_biases(distance, reduce):
    """Test accuracy with biases minus without, reduced over the nets."""

    def gain(nonlinearity):
        where = {"distance": distance, "nonlinearity": nonlinearity}
        return difference(metric("test_accuracy", biases=1, **where), metric("test_accuracy", biases=0, **where))

    gains = [gain(nonlinearity) for nonlinearity in NETS]
    return lambda records: reduce([of_net(records) for of_net in gains], axis=0)


def fact_within_rounding(*about):
    """A criterion as of `within_rounding`, of errors that depend on no seed."""
    criterion = within_rounding(*about)
    return criterion._replace(test=exact(criterion.test.estimand, above=-ROUNDING, below=ROUNDING))


def equations_against(oracles, statements, suffix="", nonlinearities=tuple(UNITS), role="core", **options):
    """A criterion for each equation: as printed it agrees with the oracles, and with any mistake it does not."""
    return tuple(
        within_rounding(
            f"{number}.{name}{suffix}",
            f"{words}, against {', '.join(oracles).replace('_', ' ')}",
            "relative_error",
            stated={"equation": name, "mutation": AS_PRINTED, "oracle": oracles, "nonlinearity": nonlinearities},
            control={"equation": name, "mutation": tuple(MUTATIONS[name])},
            scope=f"{', '.join(nonlinearities)}; float32 and float64",
            **options,
        )._replace(role=role)
        for number in statements
        for name, words in [EQUATIONS[number]]
    )


DIGITS = "digits, tanh units; random steps are as long as the gradient times the learning rate"
HALF_SPACE = "a half-space of the plane; a linear net, 16 rectifiers, 16 tanh units"
CRITERIA = (
    *equations_against(("linen",), (82, 83)),
    *equations_against(("grad", "jacobians"), (88, 89, 90, 91)),
    *equations_against(
        ("finite_differences",), (88, 89, 90, 91), "_by_differences", SIGMOIDS, "support", by_differences=True
    ),
    Criterion(
        "7.gradient_beats_random_steps",
        "share of the training loss that the equations' gradient removes, minus that of random steps of equal length",
        exceeds(difference(removed("gradient"), removed("random direction")), MATTERS),
        control=difference(removed("random direction"), removed("no update")),
        scope=DIGITS,
    ),
    Criterion(
        "7.random_feedback_learns_too",
        "share of the training loss removed with fixed random numbers instead of weights in the backward pass, minus "
        "that of random steps",
        exceeds(difference(removed("gradient", "random"), removed("random direction")), MATTERS),
        control=difference(removed("random direction"), removed("no update")),
        scope=DIGITS,
        role="limit",
    ),
    within_rounding(
        "8.layer_follows_from_layer_below",
        "outputs of a layer against those computed from the layer below alone",
        "recomputation_error",
    ),
    within_rounding(
        "8.nothing_leaks_past_a_layer",
        "change of the layers above the first between inputs that give equal outputs of the first",
        "leak_past_first_layer",
    ),
    within_rounding("54.cost_is_half_squared_distance", "the cost against half the squared distance", "distance_error"),
    Criterion(
        "54.cross_entropy_is_no_distance",
        "smallest cross-entropy of scores that equal the one-hot target, in nats",
        exact(metric("cost_at_target", cost="cross-entropy", precision="float32"), above=MATTERS),
        control=metric("cost_at_target", cost="half squared", precision="float32"),
        scope="it approaches 0 only as the right score grows without bound",
        role="limit",
    ),
    Criterion(
        "84.no_bias_needed_through_origin",
        "test accuracy gained by biases where the boundary goes through the origin, most of any net",
        equals(gained_by_biases(0.0, np.max), 0.0, within=MATTERS),
        control=gained_by_biases(FAR, np.min),
        scope=HALF_SPACE,
    ),
    Criterion(
        "84.biases_matter_elsewhere",
        "test accuracy gained by biases where the boundary lies away from the origin, least of any net",
        exceeds(gained_by_biases(FAR, np.min), MATTERS),
        control=gained_by_biases(0.0, np.max),
        scope=HALF_SPACE,
        role="limit",
    ),
    within_rounding(
        "85.derivatives_pass_from_module_to_module",
        "derivatives passed from module to module against those of the composition",
        "grad_error",
    ),
    Criterion(
        "85.derivative_reaches_the_input",
        "size of the derivative at the lowest module relative to that at the highest: log10 of |dE/dx| over |dE/dy|",
        exceeds(metric("log10_gradient_ratio", np.min, case="stated"), -3.0),
        control=metric("log10_gradient_ratio", np.max, case="control"),
        scope="dense, normalise, convolution, maximum, dense, softmax; the control has a threshold for normalise",
    ),
    fact_within_rounding("87.printed_sigmoids", "the printed sigmoids against the library's", "library_error"),
    fact_within_rounding("87.tanh_is_a_logistic", "tanh(z) against 2 logistic(2z) - 1", "identity_error"),
    Criterion(
        "87.printed_tanh_overflows",
        "largest |z| at which the printed tanh is a number in float32",
        exact(metric("largest_finite_input", nonlinearity="tanh", precision="float32"), below=100.0),
        control=metric("largest_finite_input", nonlinearity="logistic", precision="float32"),
        scope="exp(89) overflows in float32; the printed logistic goes to 0 there, which is right",
        role="limit",
    ),
)
NOT_JUDGED = (
    not_judged(
        "a difference may reach across the rectifier's kink",
        metric="relative_error",
        oracle="finite_differences",
        nonlinearity="relu",
    ),
)
