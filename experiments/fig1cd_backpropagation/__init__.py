"""The equations of figure 1c and 1d, executed as printed (statements 7, 8, 54, 82-85 and 87-91).

What it says   Forward, z is a weighted sum of the outputs below and y = f(z). Backward, dE/dy is y - t at the output
               and a weighted sum of the dE/dz above elsewhere; times f'(z) it is dE/dz; times y_j, dE/dw_jk. So each
               layer learns how to change, through any module with derivatives. Biases are left out "for simplicity".
Refuted if     an equation is further than rounding from linen, jax.grad or explicit Jacobians; if following it lowers
               the error no more than random steps as long; if layers see past the layer below; if biases never matter.
Beside it      every equation with a mistake in it; the printed tanh, which overflows; cross-entropy, which is no
               distance; and fixed random feedback in place of the weights, which teaches the layers below as well.
Run            bash launch/local.sh fig1cd_backpropagation --seeds=20
Takes          35 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no sizes, weights or data; here nets are random, and scikit-learn's digits are learnt.
               The rectifier has no derivative at 0: there it counts as 0, and central differences are not judged.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import optax

from dl_jax.data import catalog
from dl_jax.data.dataset import generated
from dl_jax.data.synthetic import planes
from dl_jax.evidence.criteria import Criterion, below, equals, exceeds
from dl_jax.evidence.estimands import difference, metric
from dl_jax.evidence.records import Records
from dl_jax.evidence.rounding import exact
from dl_jax.measures.old_by_seed import PRECISIONS, at_once, rows_by_seed
from dl_jax.models.backpropagation import PRINTED, UNITS, printed_net
from dl_jax.models.initializers import lecun
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import one_of
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.losses import accuracy, binary_cross_entropy, half_squared_error
from dl_jax.training.optimizers import adam, train_only
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.old_sweep import grid, sweep
from experiments.fig1cd_backpropagation.figure_1 import beside_equations, of_equations
from experiments.fig1cd_backpropagation.figures import draw_equations, draw_learning
from experiments.fig1cd_backpropagation.mutations import AS_PRINTED, EQUATIONS, MUTATIONS, weights_or_random

MATTERS = 0.05
"""Accuracy, or share of the error; a smaller difference is no difference."""
BOUNDARY, FAR = 0.3 / 5**0.5, 1.0  # from the origin to the line of `planes.half_space`, and to where it is moved
TOGETHER = {"cpu": 8, "gpu": 256, "tpu": 256}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    hidden: tuple[int, ...] = flag((32, 32), "units of the hidden layers that learn digits", at_least=1)
    steps: int = flag(400, "training steps", at_least=1)
    learning_rate: float = flag(0.2, "of the equations' gradient, and of random steps as long", above=0)


PRESETS = {"smoke": {"seeds": 2, "steps": 50}, "accelerator": {"seeds": 100}}
SECONDS = {"smoke": 23, "laptop": 35, "accelerator": 35}


def measure(config: Config, context: Context) -> Records:
    """Every equation against its oracles, the identities beside them, and what learns by them."""
    looks = [(beside_equations, {}), *((partial(of_equations, name=name), {"nonlinearity": name}) for name in UNITS)]
    parts = [
        partial(rows_by_seed, look, config.all_seeds, precision, **axes)
        for precision in PRECISIONS
        for look, axes in looks
    ]
    exact_rows = context.events.cached({"seeds": list(config.all_seeds)}, lambda: at_once(parts))
    return Records((*exact_rows, *by_directions(config, context), *by_biases(config, context)))


def by_directions(config, context):
    """The share of the training error on digits that each way of changing removes (7)."""
    digits = catalog.load("digits").standardized()

    def learner(trial):
        equations = PRINTED._replace(to_outputs_below=weights_or_random(trial["feedback"]))
        model = printed_net(config.hidden, 10, UNITS["tanh"], lecun, equations)
        turn = optax.chain(step_along(trial["direction"], trial["seed"]), optax.sgd(config.learning_rate))
        return Learner(model, lambda y_BxC, label_B: half_squared_error(y_BxC, jax.nn.one_hot(label_B, 10)), turn)

    trials = grid(seed=config.all_seeds, direction=DIRECTIONS, feedback=("weights",))
    trials += grid(seed=config.all_seeds, direction=DIRECTIONS[:1], feedback=("random",))
    sizes = {"steps": config.steps, "context": context, "together": TOGETHER[context.kind]}
    return sweep(learner, digits, trials, look=error_removed, task="digits", **sizes)


def error_removed(learner, first, last, splits):
    """1 for all of it, 0 for none, below 0 where the error has grown."""
    return {"error_removed": 1 - mean_loss(learner, last, splits.train) / mean_loss(learner, first, splits.train)}


def by_biases(config, context):
    """How well machines with and without biases learn a half-space, near the origin or moved away from it (84)."""
    names = ("identity", "relu", "tanh")

    def learner(trial):
        net = mlp((16,), 1, one_of(names, trial["nonlinearity"]))
        move_2 = (trial["distance"] - BOUNDARY) * jnp.array([1.0, 2.0]) / 5**0.5
        moved = net._replace(apply=lambda params, x_Bx2: net.apply(params, x_Bx2 + move_2[None]))
        optimizer = train_only(adam(0.01), lambda path: trial["biases"] if path[-1].key == "b" else 1)
        return Learner(moved, binary_cross_entropy, optimizer)

    trials = grid(seed=config.all_seeds, distance=(0.0, FAR), biases=(0, 1), nonlinearity=names)
    sizes = {"steps": config.steps, "context": context, "together": TOGETHER[context.kind]}
    return sweep(learner, generated(planes.half_space, 1024), trials, look=last_accuracy, task="half_space", **sizes)


def last_accuracy(learner, first, last, splits):
    """Of the last weights."""
    return {"test_accuracy": accuracy(learner.model.apply(last, splits.test.x), splits.test.y)}


def removed(direction, feedback="weights"):
    """The share of the training error that is removed."""
    return metric("error_removed", direction=direction, feedback=feedback)


def worth_of_biases(distance, nonlinearity=("identity", "relu", "tanh")):
    """Test accuracy with biases minus without, the mean over the machines."""
    where = {"distance": distance, "nonlinearity": nonlinearity}
    return difference(metric("test_accuracy", biases=1, **where), metric("test_accuracy", biases=0, **where))


def against(oracles, statements=tuple(EQUATIONS), nonlinearities=tuple(UNITS), **how):
    """A criterion for each equation: as printed it agrees with these oracles, and with any mistake it does not."""
    return tuple(
        exact(
            number,
            says,
            "relative_error",
            stated={"equation": name, "mutation": AS_PRINTED, "oracle": oracles, "nonlinearity": nonlinearities},
            control={"equation": name, "mutation": tuple(MUTATIONS[name])},
            scope=f"{', '.join(nonlinearities)}; float32 and float64",
            **how,
        )
        for number in statements
        for name, says in [EQUATIONS[number]]
    )


LEARNT = "digits, tanh units; steps as long as the gradient times the learning rate"
HALF_SPACE = "a half-space of the plane; linear, 16 rectifiers, 16 tanh units"
CRITERIA = (
    *against(("linen", "grad", "jacobians")),
    *against(("finite_differences",), (88, 89, 90, 91), ("tanh", "logistic"), by_differences=True),
    Criterion(
        7,
        "following the equations removes more of the error than random steps as long: share of it",
        exceeds(difference(removed("gradient"), removed("random direction")), MATTERS),
        control=difference(removed("random direction"), removed("no update")),
        scope=LEARNT,
    ),
    Criterion(
        7,
        "so do equations whose weights on the way down are fixed random numbers: share of the error",
        exceeds(difference(removed("gradient", "random"), removed("random direction")), MATTERS),
        control=difference(removed("random direction"), removed("no update")),
        scope=LEARNT,
        counter_evidence=True,
    ),
    exact(8, "a layer made again from the layer below alone is the same", "unlike_recomputed"),
    exact(8, "inputs that agree at a layer agree above it", "sees_past"),
    exact(54, "the cost is half the squared distance", "unlike_distance"),
    Criterion(
        54,
        "cross-entropy is no distance: its least value at scores that are the desired pattern",
        exceeds(metric("cost_at_target", cost="cross-entropy", precision="float32"), MATTERS),
        control=metric("cost_at_target", cost="half squared", precision="float32"),
        scope="it falls to 0 only as the right score grows without end",
        counter_evidence=True,
    ),
    Criterion(
        84,
        "no bias is needed where the boundary goes through the origin: accuracy gained by biases",
        equals(worth_of_biases(0.0), 0.0, within=MATTERS),
        control=worth_of_biases(FAR, "identity"),
        scope=HALF_SPACE,
    ),
    Criterion(
        84,
        "a linear machine needs them elsewhere: accuracy gained by biases",
        exceeds(worth_of_biases(FAR, "identity"), MATTERS),
        control=worth_of_biases(0.0, "identity"),
        scope=HALF_SPACE,
        counter_evidence=True,
    ),
    exact(85, "derivatives handed from module to module are those of the whole", "unlike_grad"),
    Criterion(
        85,
        "something arrives at the foot: log10 of |dE/dx| over |dE/dy|",
        exceeds(metric("log10_passed_down", case="stated", precision="float32"), -3.0),
        control=metric("log10_passed_down", case="control", precision="float32"),
        scope="dense, normalise, convolution, maximum, dense, softmax; the control has a threshold for normalise",
    ),
    exact(87, "the printed sigmoids are the library's", "unlike_library"),
    exact(87, "tanh(z) is 2 logistic(2z) - 1", "unlike_each_other"),
    Criterion(
        87,
        "the printed tanh ends in overflow: last |z| in float32 at which it is a number",
        below(metric("last_number", nonlinearity="tanh", precision="float32"), 100.0),
        control=metric("last_number", nonlinearity="logistic", precision="float32"),
        scope="exp(89) is beyond float32; the printed logistic falls to 0 there, as it should",
        counter_evidence=True,
    ),
)


def draw(records):
    """Panels c and d with the errors of their equations and of the mutations; what gradient and biases are worth."""
    return {"equations": draw_equations(records, EQUATIONS), "learning": draw_learning(records)}
