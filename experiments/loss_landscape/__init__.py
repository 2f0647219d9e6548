"""The objective as a landscape of hills, and training as the way down (statements 60, 62 and 63; section III).

What it says   Averaged over the training examples, the objective is a kind of hilly landscape in the high-dimensional
               space of weight values. The negative gradient is the direction of steepest descent in it and takes
               training closer to a minimum, where the output error is low on average.
Refuted if     the objective on the segment between two trained nets stays below its chord, as on that from the initial
               weights of one; if its curvature is nowhere negative; if on a convex problem, whose minimum Newton's
               method finds, training ends elsewhere; or if the path climbs or ends above its surroundings.
Counter        A curve leads around the hill from one trained net to the other, and to the other net with its units in
               the same order there is none. In a net the lowest objective is not at one point. Stopped before it, a
               net may generalize better. A random slice, as such pictures show it, contains next to nothing of the
               path. In the plane that contains most of the path, its end is not the lowest point.
Run            bash launch/local.sh loss_landscape --hidden=32 --dataset=mnist --manual_dir=DIR
Takes          90 s on 2 CPU cores, 60 s on an accelerator
Left open      The paper draws no picture, and the note-taker's is lost. Slices are normalized filter by filter (Li et
               al. 2018); the plane of the path is that of its two principal components. The convex model is the linear
               classifier with a ridge. Curvature comes from Lanczos's method, over at most 2,000 examples. The curve
               is that of Garipov et al. (2018), a parabola. In wider nets hills may be lower: --hidden=256.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import optax

from dl_jax.data import catalog
from dl_jax.evidence.records import Records
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from dl_jax.training.directions import DIRECTIONS, step_along
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import cross_entropy
from dl_jax.training.step import Learner
from dl_jax.training.stochastic_methods import METHODS, stochastic
from dl_jax.training.sweep import sweep
from experiments.loss_landscape import figures
from experiments.loss_landscape.criteria import ALONG, LINEAR, NET, RANDOM, TRUE, WRONG
from experiments.loss_landscape.criteria import CRITERIA as CRITERIA
from experiments.loss_landscape.criteria import NOT_JUDGED as NOT_JUDGED
from experiments.loss_landscape.metrics import landscape, losses, way_down
from experiments.loss_landscape.pair import pair, summed

LEARNING_RATES, RIDGES = {NET: 0.1, LINEAR: 0.2}, {NET: 0.0, LINEAR: 0.03}
"""Hyperparameters of SGD; with a ridge the learning rate falls: see `stochastic`."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to learn: {', '.join(catalog.NAMES)}, or your own file.npz or file.csv")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each TensorFlow data set")
    hidden: tuple[int, ...] = flag((16,), "tanh units of the net's hidden layers", at_least=1)
    steps: int = flag(6000, "training steps of 32 examples", at_least=64)
    wrong: float = flag(0.3, "share of wrong labels where it may pay to stop early; 0 leaves that out", at_least=0)


SMOKE = {"seeds": 2, "steps": 400, "hidden": (4,), "wrong": 0.0}
PRESETS = {"smoke": SMOKE, "accelerator": {"seeds": 26, "hidden": (64,)}}
SECONDS = {"smoke": 19, "laptop": 90, "accelerator": 60}


def measure(config: Config, context: Context) -> Records:
    """Train pairs of models, along the gradient and along random directions, and measure what surrounds their paths."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    true, classes = dataset.by_seed(), len(dataset.class_names)
    data = {TRUE: true, WRONG: true.map_with_key(partial(with_wrong_labels, classes=classes, share=config.wrong))}
    layers = {NET: config.hidden, LINEAR: ()}
    models = {name: mlp(hidden, classes, NONLINEARITIES["tanh"]) for name, hidden in layers.items()}
    steps_K = evaluation_steps(config.steps)

    def learner(trial):
        descent = stochastic(METHODS["SGD"], LEARNING_RATES[trial.model], RIDGES[trial.model])
        optimizer = optax.chain(step_along(DIRECTIONS[trial.direction], trial.seed), descent)
        return Learner(pair(models[trial.model]), summed(cross_entropy), optimizer)

    def trials(names, labels, directions):
        axes = {"model": names, "labels": [labels], "direction": directions}
        return grid(**{axis: static(values) for axis, values in axes.items()}, seed=config.all_seeds)

    def evaluate(trial):
        return partial(losses, models[trial.model], RIDGES[trial.model]) if trial.direction == ALONG else None

    def evaluate_path(trial):
        of_model = (models[trial.model], RIDGES[trial.model], trial.model == LINEAR)
        if trial.direction == RANDOM:
            return partial(way_down, *of_model)
        return partial(landscape, *of_model, steps_K) if trial.labels == TRUE else None

    some_wrong = [trials([NET], WRONG, [ALONG])] if config.wrong else []
    records = sweep(
        learner,
        per_program(lambda trial: data[trial.labels]),
        sum(some_wrong, trials([NET, LINEAR], TRUE, [ALONG, RANDOM])),
        steps=config.steps,
        evaluate=per_program(evaluate),
        eval_steps=steps_K,
        evaluate_path=per_program(evaluate_path),
        batch_size=32,
        context=context,
        dataset=config.dataset,
        hidden=",".join(map(str, config.hidden)),
    )
    return Records(records.rows, tuple(array for array in records.arrays if drawn(array, config.first_seed)))


def evaluation_steps(steps: int) -> list[int]:
    """0, 1, 2, 4, 8, ... up to the last step."""
    return sorted({0, steps, *(2**k for k in range(steps.bit_length()) if 2**k < steps)})


def drawn(array, first_seed):
    """Whether a figure shows an array: the segments of all seeds, of the rest those of one."""
    return array.metric == "segment" or array.at["seed"] == first_seed


def with_wrong_labels(key, splits, classes, share):
    """Return the splits, where this share of the training examples has another label, drawn at random."""
    key_shift, key_where = jax.random.split(key)
    label_N = splits.train.y
    shift_N = jax.random.randint(key_shift, label_N.shape, 1, classes)
    wrong_N = jax.random.uniform(key_where, label_N.shape) < share
    label_N = jnp.where(wrong_N, (label_N + shift_N) % classes, label_N).astype(jnp.int32)
    return splits._replace(train=splits.train._replace(y=label_N))


def draw(records):
    """The picture of descent, slices, segments, curvature, and losses by step."""
    true = records.where(direction=ALONG, labels=TRUE)
    return {
        "descent": figures.descent(true.where(model=NET)),
        "slices": figures.slices(true, (NET, LINEAR)),
        "segments": figures.segments(true, NET, LINEAR),
        "curvature": figures.curvature(true, (NET, LINEAR)),
        "losses_by_step": figures.losses_by_step(records.where(direction=ALONG)),
    }
