"""The error as a landscape of hills and valleys, and training as the way down (statements 60, 62 and 63; section III).

What it says   Averaged over the training examples the objective is a hilly landscape above the space of all weights.
               Training seeks the weights where it is lowest; a picture shows gradient descent as a path down to there.
Refuted if     the error on a segment between two trained nets, or between a net and its mirrored self, stays below
               its chord; if it nowhere curves down; if most directions are steep; if on a convex problem, whose lowest
               point Newton's method knows, training ends elsewhere; if the path climbs or ends above its surroundings
Counter        in a net the lowest error is not at one point; stopped before it, a net may generalise better; a random
               slice, as such pictures show it, holds next to nothing of the path; in the plane that holds most of
               the path its end is not the lowest point
Run            bash launch/local.sh loss_landscape --hidden=32 --dataset=mnist --manual_dir=DIR
Takes          40 s on 2 CPU cores, 60 s on an accelerator
Left open      the paper draws no picture; the note-taker's is lost. Slices are normalised filter by filter (Li et al.
               2018); the plane of the path is that of its two principal components. The convex machine is the linear
               classifier with a ridge; curvature comes from Lanczos's method, and is that of at most 2,000 examples
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, below, exceeds, identity
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.choices import choose
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.losses import cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.snapshots import remembering
from dl_jax.training.step import Learner
from dl_jax.training.stochastic_methods import METHODS, stochastic
from experiments.loss_landscape import figures as landscapes
from experiments.loss_landscape.pair import of_both, twins
from experiments.loss_landscape.path import by_step, landscape, losses, lowest, lowest_point

NET, LINEAR, NOISY = "net", "linear", "net, some labels wrong"
RATES, RIDGES = {NET: 0.1, LINEAR: 0.2, NOISY: 0.1}, {NET: 0.0, LINEAR: 0.03, NOISY: 0.0}
"""Of SGD: the rate falls where there is a ridge, as rate / (1 + rate ridge t)."""
WAYS = ("gradient", "random direction")
PICTURES = ("slice", "plane", "path", "ritz")
"""Beginnings of the names of what is drawn for the first seed only."""
HILL, DOWNWARD, MOST, LITTLE = 0.1, 0.01, 0.5, 0.05
"""Nats above a chord that are a hill; part of the steepest curvature that is worth calling downward; shares."""
NONE_LEFT, NEARLY_THERE, FAR = 0.01, 0.1, 0.5
"""Of the error and of the way to the lowest point; and what is far apart, over the length of the weights."""
CLIMB, LOWER, GAIN, BEYOND = 0.05, 0.01, 0.05, 0.1
"""A rise over the first error; nats that are lower; nats worth stopping for; part of the error that is still to go."""
SAME = 1e-5
"""Nats that rounding may change."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    hidden: tuple[int, ...] = flag((16,), "tanh units of the net's hidden layers", at_least=1)
    steps: int = flag(6000, "training steps of 32 examples", at_least=64)
    wrong: float = flag(0.3, "share of wrong labels where it may pay to stop early; 0 leaves that out", at_least=0)


SMOKE = {"seeds": 2, "steps": 400, "hidden": (4,), "wrong": 0.0}
PRESETS = {"smoke": SMOKE, "accelerator": {"seeds": 20, "hidden": (64,)}}
SECONDS = {"smoke": 19, "laptop": 40, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Train each machine twice a seed, along the gradient and at random, and look at the landscape about its path."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes = dataset.standardized(), len(dataset.class_names)
    noisy = splits._replace(train=with_wrong_labels(splits.train, classes, config.wrong))
    shown = {NET: splits, LINEAR: splits} | ({NOISY: noisy} if config.wrong else {})
    parts = [train(config, context, kind, splits, classes) for kind, splits in shown.items()]

    def kept(row):
        picture = row["metric"].startswith(PICTURES)
        return not picture or (row["seed"] == config.first_seed and row["direction"] == WAYS[0])

    return Records(tuple(row for part in parts for row in part if kept(row)))


def train(config, context, kind, splits, classes):
    """Rows of one kind of machine. Looks are taken after 0, 1, 2, 4, ... steps."""
    model = mlp(() if kind == LINEAR else config.hidden, classes, NONLINEARITIES["tanh"])
    steps_K, ridge = sorted({min(2**k, config.steps) for k in range(30)}), RIDGES[kind]
    lowest_P = lowest_point(model, splits.train, ridge) if kind == LINEAR else None

    def learner(trial):
        steered = optax.chain(
            step_along(choose(trial["direction"], [DIRECTIONS[way] for way in WAYS]), trial["seed"]),
            stochastic(METHODS["SGD"], RATES[kind], ridge),
        )
        return remembering(Learner(twins(model), of_both(cross_entropy), steered), steps_K)

    def look(learner, first, last, splits):
        path_Kx = jax.tree.map(lambda w, w_K: jnp.concatenate([w[:1], w_K[:, 0]]), first["now"], last["then"])
        other = jax.tree.map(lambda w: w[1], last["now"])
        found = losses(model, path_Kx, splits, ridge)
        if kind != NOISY:
            found |= landscape(model, path_Kx, other, splits.train, ridge)
        if kind == LINEAR:
            found |= lowest(model, path_Kx, lowest_P, splits.train, ridge)
        return found

    trials = grid(direction=WAYS[:1] if kind == NOISY else WAYS, seed=config.all_seeds)
    rows = sweep(learner, splits, trials, steps=config.steps, look=look, context=context, batch_size=32, kind=kind,
                 dataset=config.dataset, hidden=",".join(map(str, config.hidden)))  # fmt: skip
    return [by_step(row, (0, *steps_K)) for row in rows]


def with_wrong_labels(train, classes, share):
    """The same examples, of which this share has another label, drawn at random."""
    generator = np.random.default_rng(0)
    shift_N = generator.integers(1, classes, len(train.y)) * (generator.random(len(train.y)) < share)
    return train._replace(y=((train.y + shift_N) % classes).astype(np.int32))


def of(name, kind, direction=WAYS[0]):
    """A number of one kind of machine."""
    return metric(name, kind=kind, direction=direction)


def gain_of_stopping(kind):
    """Test error (nats) at the end, minus where the validation error was lowest on the path."""

    def estimand(records):
        steps = records.where(kind=kind).axis("step") or (0,)
        validation_KxS, test_KxS = (
            np.stack([records.by_seed(name, kind=kind, direction=WAYS[0], step=step) for step in steps])
            for name in ("validation", "test")
        )
        return test_KxS[-1] - np.take_along_axis(test_KxS, np.argmin(validation_KxS, 0)[None], 0)[0]

    return estimand


def scope(records):
    """For what the verdicts hold."""
    return f"{', '.join(records.axis('dataset'))}; tanh units: {', '.join(records.axis('hidden'))}"


CRITERIA = (
    Criterion(
        60,
        "between two trained nets lies a hill: nats above the chord of the segment",
        exceeds(of("bump", NET), HILL),
        control=of("bump", LINEAR),
        scope=scope,
    ),
    Criterion(
        60,
        "a net with its hidden units in another order is the same function elsewhere: nats of difference",
        identity(of("mirrored_differs", NET), SAME),
        control=of("half_mirrored_differs", NET),
        scope=scope,
    ),
    Criterion(
        60,
        "and between these two equal valleys lies a hill too: nats above the chord",
        exceeds(of("bump_mirrored", NET), HILL),
        control=of("bump", LINEAR),
        scope=scope,
    ),
    Criterion(
        60,
        "somewhere on the path the error curves down: downward curvature over the steepest upward",
        exceeds(of("curves_down", NET), DOWNWARD),
        control=of("curves_down", LINEAR),
        scope=scope,
    ),
    Criterion(
        60,
        "most of its many directions are not steep: share that curves at least a tenth as much as the steepest",
        below(of("steep", NET), MOST),
        control=of("bowl_steep", NET),
        scope=scope,
    ),
    Criterion(
        62,
        "on a convex problem training finds the lowest error: what is left of it",
        below(of("left", LINEAR), NONE_LEFT),
        control=of("left", LINEAR, WAYS[1]),
        scope=scope,
    ),
    Criterion(
        62,
        "and the weights where it is lowest: what is left of the way to them",
        below(of("left_to_go", LINEAR), NEARLY_THERE),
        control=of("left_to_go", LINEAR, WAYS[1]),
        scope=scope,
    ),
    Criterion(
        62,
        "in a net the lowest error is not at one point: two trainings end apart, over the length of the weights",
        exceeds(of("apart", NET), FAR),
        control=of("apart", LINEAR),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        62,
        "with some labels wrong it pays to stop before the lowest error: nats of test error saved",
        exceeds(gain_of_stopping(NOISY), GAIN),
        control=gain_of_stopping(LINEAR),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        63,
        "the path runs down: largest rise between two looks, over the first error",
        below(of("largest_rise", NET), CLIMB),
        control=of("largest_rise", NET, WAYS[1]),
        scope=scope,
    ),
    Criterion(
        63,
        "towards the lowest point around: nats by which a random slice through the end goes lower",
        below(of("above_slice", NET), LOWER),
        control=of("above_first_slice", NET),
        scope=scope,
    ),
    Criterion(
        63,
        "such a random slice holds next to nothing of the path: share of its extent",
        below(of("in_slice", NET), LITTLE),
        control=of("in_plane", NET),
        scope=scope,
        counter_evidence=True,
    ),
    Criterion(
        63,
        "in the plane of the path the error falls on beyond its end: part of the last error",
        exceeds(of("lower_beyond", NET), BEYOND),
        control=of("lower_beyond", LINEAR),
        scope=scope,
        counter_evidence=True,
    ),
)


def draw(records):
    """The picture of descent, slices, segments, curvature, and errors by step."""
    first = records.where(direction=WAYS[0])
    return {
        "descent": landscapes.descent(first, NET),
        "slices": landscapes.slices(first, (NET, LINEAR)),
        "segments": landscapes.segments(first, NET, LINEAR),
        "curvature": landscapes.curvature(first, (NET, LINEAR)),
        "errors_by_step": landscapes.errors_by_step(first, first.where(metric="train").axis("kind")),
    }
