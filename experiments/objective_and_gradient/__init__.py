"""An error, its derivatives, and the way down that they show (statements 53-56, 58, 59 and 61; section III).

What it says   Untrained, a machine is right by chance. An objective measures how far its scores are from those wanted;
               it adjusts its weights, real numbers like knobs, so that this falls. The gradient tells for each weight
               what a tiny step of it does to the error; against the gradient the way down is steepest.
Refuted if     untrained nets are not at 1/K; training removes nothing of the error; scores jump as a knob is turned; a
               derivative is not what a tiny change finds; any of thousands of directions beats the negative gradient.
Counter        a single untrained net may be far from chance; steps that are not tiny do what no derivative tells, and
               at such lengths other directions are better
Run            bash launch/local.sh objective_and_gradient --directions=100000
               bash launch/local.sh objective_and_gradient --dataset=fashion_mnist --manual_dir=DIR
Takes          60 s on 2 CPU cores, as long on an accelerator
Left open      the paper names no machine and no data. Chance is the mean over many draws of the first weights, and
               small steps are taken in float64, with the error averaged over 64 examples, on one hidden layer
"""

from dataclasses import dataclass
from functools import partial

import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, equals, exceeds, identity
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.measures.old_by_seed import at_once, rows_by_seed
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import one_of
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.step import Learner, mean_loss
from dl_jax.training.old_sweep import grid, sweep
from experiments.objective_and_gradient.chance import by_chance
from experiments.objective_and_gradient.figures import draw_beginning, draw_knobs, draw_steps
from experiments.objective_and_gradient.loss_shape import OBJECTIVES, SIGNED, of_objectives
from experiments.objective_and_gradient.small_steps import GROWN, LENGTHS, NOTCH, TINY, TURNS, small_steps

UNITS = ("relu", "tanh", "logistic")
MATTERS = 0.02
"""Accuracy; a smaller difference is no difference."""
SHARE = 0.05
"""Of an error, or of many directions; less is nothing."""
LOW = 0.5
"""An error is low where less than this share of the first one is left."""
EXACT = 1e-3
"""Of a slope: room for what curvature adds in a tiny step."""
TOGETHER = {"cpu": 8, "gpu": 256, "tpu": 256}


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz (x, y) or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    depths: tuple[int, ...] = flag((1, 3, 10), "numbers of hidden layers, untrained and trained", at_least=1)
    width: int = flag(32, "units of each of these layers", at_least=1)
    learning_rates: tuple[float, ...] = flag((0.03, 0.1, 0.3), "to choose from, of plain SGD", above=0)
    steps: int = flag(300, "training steps", at_least=1)
    hidden: int = flag(8, "units of the hidden layer of the nets whose weights are turned", at_least=1)
    directions: int = flag(10_000, "random directions to hold against the negative gradient", at_least=1)


PRESETS = {
    "smoke": {"seeds": 2, "depths": (1,), "learning_rates": (0.1,), "steps": 60, "directions": 300},
    "accelerator": {"seeds": 20, "directions": 100_000},
}
SECONDS = {"smoke": 32, "laptop": 60, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Chance; the way down, by batches and by all examples; then small steps from weights, untrained and trained."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes = dataset.standardized(), len(dataset.class_names)
    of = {"units": UNITS, "classes": classes}
    turned = {"hidden": (config.hidden,), "steps": config.steps, "directions": config.directions}
    looks = [(of_objectives, "float32", {}), (partial(small_steps, train=splits.train, **turned, **of), "float64", {})]
    for depth in config.depths:
        hidden = (config.width,) * depth
        looks.append((partial(by_chance, hidden=hidden, test=splits.test, **of), "float32", {"depth": depth}))
    parts = [partial(rows_by_seed, look, config.all_seeds, precision, **axes) for look, precision, axes in looks]
    rows = [context.events.cached({"seeds": list(config.all_seeds)}, lambda: at_once(parts))]
    rows += [train(config, splits, classes, context, depth, UNITS) for depth in config.depths]
    rows.append(train(config, splits, classes, context, 1, ("tanh",), "all examples", batch_size=len(splits.train.x)))
    each, judged = ("task", "depth", "nonlinearity", "direction"), ("above_chance", "error_removed")
    return Records.gather(rows).best("learning_rate", by="validation_accuracy", of=each, judged=judged)


def train(config, splits, classes, context, depth, units, task="batches", batch_size=128):
    """Rows of nets of one depth that go along the gradient, or along random directions in steps as long."""
    each = {"learning_rate": config.learning_rates, "seed": config.all_seeds}
    trials = grid(nonlinearity=units, direction=DIRECTIONS[:2], **each)

    def learner(trial):
        model = mlp((config.width,) * depth, classes, one_of(units, trial["nonlinearity"]))
        turn = optax.chain(step_along(trial["direction"], trial["seed"]), optax.sgd(trial["learning_rate"]))
        return Learner(model, cross_entropy, turn)

    def look(learner, first, last, splits):
        test, validation = (accuracy(learner.model.apply(last, split.x), split.y) for split in splits[:0:-1])
        left = mean_loss(learner, last, splits.train) / mean_loss(learner, first, splits.train)
        removed = 1 - jnp.minimum(2.0, jnp.nan_to_num(left, nan=jnp.inf))  # -1 where it doubled, or is no number
        return {"above_chance": test - 1 / classes, "validation_accuracy": validation, "error_removed": removed}

    sizes = {"steps": config.steps, "batch_size": batch_size, "together": TOGETHER[context.kind]}
    return sweep(learner, splits, trials, look=look, context=context, task=task, state="trained", depth=depth, **sizes)


def slope_off(way, wanted):
    """How far the slope of a tiny step is from the wanted one, in units of |dE/dw|, where it is farthest."""

    def farthest(slopes):
        return max(np.subtract(slopes, wanted), key=abs)

    return metric("slope", farthest, way=way, length=TINY)


def order_of_jumps(kind):
    """The slope of log(largest jump) over log(turn): 1 where jumps are as small as you like, 0 where they stay."""

    def estimand(records):
        jump_TxS = [records.by_seed("largest_jump", np.mean, knobs=kind, turn=turn) for turn in TURNS]
        return np.polyfit(np.log(TURNS), np.log(jump_TxS), 1)[0]

    return estimand


def removed(direction, task):
    """The share of the training error that is gone at the end."""
    return metric("error_removed", direction=direction, task=task)


def scope(records):
    """For what the verdicts on many nets hold."""
    return f"{', '.join(UNITS)}; {', '.join(map(str, records.where(task='batches').axis('depth')))} hidden layers"


STEPS = f"one hidden layer of {', '.join(UNITS)}; untrained and trained; float64"
CRITERIA = (
    Criterion(
        53,
        "untrained nets are right by chance: mean accuracy above 1/K",
        equals(metric("above_chance", state="untrained"), 0.0, within=MATTERS),
        control=metric("above_chance", state="trained", direction="gradient", task="batches"),
        scope=scope,
    ),
    Criterion(
        53,
        "one untrained net need not be at chance: accuracy varies from net to net by a standard deviation of",
        exceeds(metric("spread", machine="net"), MATTERS),
        control=metric("spread", machine="guesses"),
        scope="few of its categories ever score highest, so it is no dice; the control guesses",
        counter_evidence=True,
    ),
    Criterion(
        54,
        "objectives are never negative: how far below 0 they get",
        identity(metric("below_zero", np.max, loss=OBJECTIVES), 1e-9),
        control=metric("below_zero", loss=SIGNED),
        scope=f"{', '.join(OBJECTIVES)}; the control is the sum of y - t",
    ),
    Criterion(
        54,
        "they rise all the way out from the wanted pattern: share of lines on which they do not",
        identity(metric("not_rising", np.max, loss=OBJECTIVES), 1e-9),
        control=metric("not_rising", loss=SIGNED),
        scope="lines from the wanted outputs, or probabilities, to others; the control is the sum of y - t",
    ),
    Criterion(
        55,
        "adjusting the weights makes the error smaller: share of it that is removed",
        exceeds(removed("gradient", "batches"), SHARE),
        control=removed("random direction", "batches"),
        scope=scope,
    ),
    Criterion(
        56,
        "weights are knobs that turn smoothly: jumps of the scores go as the turn: slope in log-log minus 1",
        identity(lambda records: order_of_jumps("real")(records) - 1, 0.1),
        control=lambda records: order_of_jumps("catching")(records) - 1,
        scope=f"{STEPS}; the control's weights catch at multiples of {NOTCH}",
    ),
    Criterion(
        56,
        "together they settle the outputs: difference of the scores of another library's layers with these weights",
        identity(metric("unlike_elsewhere", np.max, left_behind="none"), 1e-9),
        control=metric("unlike_elsewhere", np.min, left_behind=("the first", "the last")),
        scope="flax's layers; the control lacks one layer's weights",
    ),
    Criterion(
        58,
        "the derivative of each weight tells what a tiny step of it does: miss at the worst weight, of the largest",
        identity(metric("miss", np.max, told="its own", step=GROWN[0]), 1e-4),
        control=metric("miss", np.min, told=("the next one's", "half the examples'"), step=GROWN[0]),
        scope=f"{STEPS}; every weight by itself grows by {GROWN[0]:g}",
    ),
    Criterion(
        58,
        "it does not tell what a step of 1 does: miss at the worst weight, of the largest",
        exceeds(metric("miss", told="its own", step=GROWN[-1]), 0.1),
        control=metric("miss", told="its own", step=GROWN[0]),
        scope=STEPS,
        counter_evidence=True,
    ),
    *(
        Criterion(
            59,
            f"{way} the gradient the error {does}: its slope, in units of |dE/dw|, minus {wanted}",
            identity(slope_off(way, wanted), EXACT),
            control=slope_off(other, wanted),
            scope=f"{STEPS}; steps of length {TINY:g}; the control goes {other}",
        )
        for way, does, wanted, other in (
            ("against", "falls", -1, "across"),
            ("along", "rises", 1, "across"),
            ("across", "does neither", 0, "against"),
        )
    ),
    *(
        Criterion(
            61,
            f"the negative gradient is steepest: directions drawn {among} that are better",
            identity(metric("better", np.max, among=among, leader="negative gradient"), 0.5),
            control=metric("better", np.max, among=among, leader="one of them"),
            scope=f"{STEPS}; steps of length {TINY:g}; the control is one of these directions",
        )
        for among in ("anywhere", "near")
    ),
    Criterion(
        61,
        "following it leads to a place of low error: share of the error that is removed",
        exceeds(removed("gradient", "all examples"), LOW),
        control=removed("random direction", "all examples"),
        scope="gradient descent with all examples at each step, one hidden layer of tanh units",
    ),
    Criterion(
        61,
        "at some longer step it is the steepest no more: share of directions that are better there",
        exceeds(
            lambda records: np.max([records.by_seed("share_better", np.mean, length=at) for at in LENGTHS], axis=0),
            SHARE,
        ),
        control=metric("share_better", length=LENGTHS[0]),
        scope=f"{STEPS}; steps of length up to {LENGTHS[-1]:g}",
        counter_evidence=True,
    ),
)


def draw(records):
    """Chance and what training makes of it; knobs and derivatives; steps down the slope and in other directions."""
    return {"beginning": draw_beginning(records), "knobs": draw_knobs(records), "steps": draw_steps(records)}
