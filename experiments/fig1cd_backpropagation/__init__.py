"""The equations of figure 1c and 1d, executed as printed (statements 7, 8, 54, 82-85 and 87-91).

What it says   Forward, z is a weighted sum of the outputs below and y = f(z). Backward, dE/dy is y - t at the output
               and a weighted sum of the dE/dz above elsewhere; dE/dz is dE/dy times f'(z), and dE/dw_jk is y_j dE/dz_k.
               They give the change of each layer, through any differentiable modules. Biases are omitted "for
               simplicity".
Refuted if     an equation differs by more than rounding from linen, jax.grad or explicit Jacobians; if following it
               lowers the loss no more than random steps of equal length; if a layer depends on more than the layer
               below; if nets without biases fail where the boundary goes through the origin.
Counter        the printed tanh overflows; cross-entropy is not a distance; fixed random feedback instead of the weights
               teaches the lower layers too; away from the origin a linear model needs biases. The controls are every
               equation with a mistake in it.
Run            bash launch/local.sh fig1cd_backpropagation --seeds=20
Takes          35 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no sizes, weights or data; here the equations are tested on random nets, and trained on
               scikit-learn's digits. The rectifier has no derivative at 0: it is taken as 0 there, and central
               differences are not compared for it.
"""

from dataclasses import dataclass
from functools import partial

from dl_jax.evidence.criteria import Criterion, equals, exact, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import within_rounding
from dl_jax.measures.by_seed import PRECISIONS, by_seed, part
from dl_jax.models.backpropagation import UNITS
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.fig1cd_backpropagation.figures import draw_equations, draw_learning
from experiments.fig1cd_backpropagation.learning import FAR, NETS, train_on_digits, train_on_half_space
from experiments.fig1cd_backpropagation.metrics import beside_equations, facts, of_equations
from experiments.fig1cd_backpropagation.mutations import AS_PRINTED, EQUATIONS, MUTATIONS

MATTERS = 0.05
"""Accuracy, or share of the loss; a smaller difference does not count."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    hidden: tuple[int, ...] = flag((32, 32), "units of the hidden layers that learn digits", at_least=1)
    steps: int = flag(400, "training steps", at_least=1)
    learning_rate: float = flag(0.2, "learning rate on digits, also of random steps", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 50}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 23, "laptop": 35, "accelerator": 35}


def measure(config: Config, context: Context) -> Records:
    """The errors of every equation and identity in both precisions, and trainings by the equations."""
    seeds, steps = config.all_seeds, config.steps
    parts = []
    for precision in PRECISIONS:
        parts.append(part(beside_equations, precision))
        parts += [part(partial(of_equations, nonlinearity=name), precision, nonlinearity=name) for name in UNITS]
    return Records.gather(
        (
            *map(facts, PRECISIONS),
            by_seed(parts, seeds, context),
            train_on_digits(seeds, config.hidden, config.learning_rate, steps, context),
            train_on_half_space(seeds, steps, context),
        )
    )


def removed(direction, feedback="weights"):
    """The share of the training loss that is removed."""
    return metric("loss_removed", direction=direction, feedback=feedback)


def gained_by_biases(distance, nonlinearity=NETS):
    """Test accuracy with biases minus without, the mean over the nets."""
    where = {"distance": distance, "nonlinearity": nonlinearity}
    return difference(metric("test_accuracy", biases=1, **where), metric("test_accuracy", biases=0, **where))


def equations_against(oracles, suffix="", statements=tuple(EQUATIONS), nonlinearities=tuple(UNITS), **options):
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
        )
        for number in statements
        for name, words in [EQUATIONS[number]]
    )


DIGITS = "digits, tanh units; random steps are as long as the gradient times the learning rate"
HALF_SPACE = "a half-space of the plane; a linear net, 16 rectifiers, 16 tanh units"
CRITERIA = (
    *equations_against(("linen",), statements=(82, 83)),
    *equations_against(("grad", "jacobians"), statements=(88, 89, 90, 91)),
    *equations_against(
        ("finite_differences",), "_by_differences", (88, 89, 90, 91), ("tanh", "logistic"), by_differences=True
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
        "test accuracy gained by biases where the boundary goes through the origin",
        equals(gained_by_biases(0.0), 0.0, within=MATTERS),
        control=gained_by_biases(FAR, "identity"),
        scope=HALF_SPACE,
    ),
    Criterion(
        "84.linear_needs_bias_elsewhere",
        "test accuracy that a linear net gains by biases where the boundary lies away from the origin",
        exceeds(gained_by_biases(FAR, "identity"), MATTERS),
        control=gained_by_biases(0.0, "identity"),
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
        exceeds(metric("log10_gradient_ratio", case="stated", precision="float32"), -3.0),
        control=metric("log10_gradient_ratio", case="control", precision="float32"),
        scope="dense, normalise, convolution, maximum, dense, softmax; the control has a threshold for normalise",
    ),
    within_rounding("87.printed_sigmoids", "the printed sigmoids against the library's", "library_error"),
    within_rounding("87.tanh_is_a_logistic", "tanh(z) against 2 logistic(2z) - 1", "identity_error"),
    Criterion(
        "87.printed_tanh_overflows",
        "largest |z| at which the printed tanh is a number in float32",
        exact(metric("largest_finite_input", nonlinearity="tanh", precision="float32"), below=100.0),
        control=metric("largest_finite_input", nonlinearity="logistic", precision="float32"),
        scope="exp(89) overflows in float32; the printed logistic goes to 0 there, which is right",
        role="limit",
    ),
)


def draw(records):
    """Panels c and d with the errors of the equations and their mutations; what the gradient and biases gain."""
    return {"equations": draw_equations(records, EQUATIONS), "learning": draw_learning(records)}
