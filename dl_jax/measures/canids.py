"""What machines make of Samoyeds and white wolves: shallow ones on pixels, and nets, from equally many pictures."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.data.synthetic.canids import (
    CLASSES,
    NUISANCES,
    canids,
    matched_variants,
    neutral_scene,
    random_scene,
    render,
)
from dl_jax.evidence.records import Row
from dl_jax.measures import selectivity
from dl_jax.measures.ensembles import Score
from dl_jax.measures.kernel_machines import gaussian_machine, kernel_rows, linear_machine
from dl_jax.measures.nearest_neighbour import nearest_neighbour_votes
from dl_jax.measures.pictures import picture_rows
from dl_jax.models.model import Key, Model
from dl_jax.training.batches import subsample
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner

VALIDATION, TEST, COMPARED = 512, 1024, 128
ALONE = (512, 128, 256)
"""Pictures in which one nuisance varies alone: to learn from, to choose by and to judge by."""
SHALLOW = {
    "linear": (linear_machine, (30.0, 1000.0, 30000.0)),
    "nearest neighbours": (nearest_neighbour_votes, (1, 5, 21)),
    "gaussian": (gaussian_machine, (0.25, 0.5, 1.0)),
}
"""Each with as many settings as a net has learning rates: ridges, numbers of neighbours, widths."""
RATES = (5e-4, 1.5e-3, 5e-3)
LABELS = ("true", "by lot")
GALLERY = 64
"""Pixels along a picture that people look at."""
FEATURES, WIDTH = 256, 0.5
"""Of a net's last hidden layer: pictures that a Gaussian kernel learns from there, and its width."""


class Pictures(NamedTuple):
    """Splits of x_NxHxWx3, and what is to be compared."""

    train: Examples
    validation: Examples
    test: Examples
    matched_variants: dict[str, jax.Array]


def draw_pictures(count: int, side: int, nuisances: Sequence[str], detail: float, seed: int) -> Pictures:
    """`count` to learn from, and the others; colours from -2 to 2. All machines and seeds see parts of them."""
    _, *keys, key_pairs = _keys(seed)
    sizes = (count, VALIDATION, TEST)
    splits = (_drawn(key, size, side, tuple(nuisances), detail) for key, size in zip(keys, sizes, strict=True))
    pairs = jax.jit(lambda key: jax.tree.map(_centred, matched_variants(key, COMPARED, side, nuisances, detail)))(
        key_pairs
    )
    return Pictures(*splits, pairs)


def draw_alone(side: int, nuisances: Sequence[str], detail: float, seed: int) -> dict[str, Splits]:
    """For each nuisance ALONE pictures in which it varies and no other does."""
    alone, (first, second) = {}, np.cumsum(ALONE)[:-1]
    for name, key in zip(nuisances, jax.random.split(_keys(seed)[0], len(nuisances)), strict=True):
        x, y = _drawn(key, sum(ALONE), side, (name,), detail)
        parts = map(slice, (None, first, second), (first, second, None))
        alone[name] = Splits(*(Examples(x[at], y[at]) for at in parts))
    return alone


def _keys(seed):
    return jax.random.split(jax.random.key(seed), 5)


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def _drawn(key, count, side, nuisances, detail):
    x, y = canids(key, count, side, nuisances, detail)
    return Examples(_centred(x), y)


def _centred(x):
    return 4.0 * (x - 0.5)


def some(count: int) -> Callable[[Key, Examples], Examples]:
    """(key, training examples) -> so many of them, drawn without replacement."""

    def shown(key, train):
        index_N = subsample(key, len(train.x), count)
        return Examples(*(jnp.asarray(part)[index_N] for part in train))

    return shown


def seen(answer: Score, pictures: Pictures) -> dict[str, jax.Array]:
    """Accuracy, and how the answer changes with the kind and with each nuisance."""
    asked = {"validation": pictures.validation.x, "test": pictures.test.x}
    scores = _at_once(answer, asked | pictures.compared)
    margins = {name: selectivity.margin(scores[name]) for name in pictures.compared}
    return {
        "validation_accuracy": accuracy(scores["validation"], pictures.validation.y),
        "test_accuracy": accuracy(scores["test"], pictures.test.y),
        "test_pairs_right": selectivity.pair_accuracy(margins),
        **{f"test_{name}": ratio for name, ratio in selectivity.class_to_nuisance_ratios(margins).items()},
    }


def _at_once(function, x):
    """{name: function(x)}, in one call: a program that calls a net many times takes long to compile."""
    output_N, ends = function(jnp.concatenate(list(x.values()))), np.cumsum([len(each) for each in x.values()])[:-1]
    return dict(zip(x, jnp.split(output_N, ends), strict=True))


def gallery_rows(seed: int) -> list[Row]:
    """Pictures to look at: both kinds in the plain scene, where each nuisance varies alone, and where all do."""
    first, second = jax.random.split(jax.random.key(seed))
    scenes = {"nothing varies": neutral_scene()} | {name: random_scene(first, [name]) for name in NUISANCES}
    painted = jax.jit(lambda kind, at: jnp.moveaxis(render(kind, at, GALLERY), -1, 0))
    return [
        row
        for shown, at in (scenes | {"all vary": random_scene(second)}).items()
        for kind, name in enumerate(CLASSES)
        for row in picture_rows(
            {"trial": 0, "seed": seed, "kind": name, "shown": shown, "metric": "picture"},
            np.asarray(painted(jnp.float32(kind), at)),
        )
    ]


def pixel_rows(side: int, nuisances: Sequence[str], detail: float, seeds: Iterable[int], context: Context) -> list[Row]:
    """How far apart the pixels of animals are: another detail in the same scene, beside another scene."""

    def compute():
        @jax.jit
        def found(key):
            pictures = matched_variants(key, COMPARED, side, nuisances, detail)
            return selectivity.scene_to_class_distance(pictures), selectivity.class_to_scene_distance(pictures)

        return [
            {"trial": seed, "machine": "pixels", "setting": 0, "seed": seed, "metric": metric, "value": float(value)}
            for seed in seeds
            for metric, value in zip(
                ("test_scene_over_kind", "test_detail_over_scene"), found(jax.random.key(seed)), strict=True
            )
        ]

    name = {"pixels": side, "nuisances": list(nuisances), "detail": detail, "seeds": list(seeds)}
    return context.events.cached(name, compute)


def shallow_rows(pictures: Pictures, counts: Iterable[int], seeds: Iterable[int], context: Context) -> list[Row]:
    """Shallow machines on the pixels; and where labels are by lot, which no number of examples can help."""

    def draw(key, task, count):
        splits = some(count)(key, pictures.train), pictures.validation, pictures.test
        by_lot_S = [jax.random.bernoulli(key, shape=split.y.shape).astype(jnp.int32) for split in splits]
        by_lot = task["labels"] == LABELS.index("by lot")
        given = (split._replace(y=jnp.where(by_lot, y, split.y)) for split, y in zip(splits, by_lot_S, strict=True))
        return Pictures(*given, pictures.compared)

    rows = []
    for count in counts:
        for labels, machines in zip(LABELS, (SHALLOW, {"gaussian": SHALLOW["gaussian"]}), strict=True):
            at = [{"labels": LABELS.index(labels)}]
            found = kernel_rows(machines, partial(draw, count=count), at, seeds, seen, context, size=count)
            rows += [row | {"labels": labels} for row in found]
    return rows


def alone_rows(alone: dict[str, Splits], seeds: Iterable[int], context: Context) -> list[Row]:
    """Shallow machines where one nuisance varies alone."""
    splits = jax.tree.map(lambda *each: jnp.stack(each), *alone.values())

    def draw(key, task):
        train, validation, test = jax.tree.map(lambda each: each[task["alone"]], splits)
        return Splits(some(ALONE[0] // 2)(key, train), validation, test)

    def look(score, splits):
        return {
            "validation_accuracy": accuracy(score(splits.validation.x), splits.validation.y),
            "test_accuracy": accuracy(score(splits.test.x), splits.test.y),
        }

    return kernel_rows(SHALLOW, draw, [{"alone": name} for name in alone], seeds, look, context)


def trained_rows(
    name: str, model: Model, pictures: Pictures, count: int, seeds: Iterable[int], steps: int, context: Context
) -> list[Row]:
    """A net at each of RATES: what is seen of its answers, and what a Gaussian kernel does on its last hidden layer."""

    def look(learner, first, last, pictures):
        def hidden(params, x):
            return learner.model.layers(params, x)[-2].reshape(len(x), -1)

        def kernel_on(params):
            x = {"train": pictures.train.x[:FEATURES], "test": pictures.test.x}
            top = _at_once(partial(hidden, params), x)
            score = gaussian_machine(Examples(top["train"], pictures.train.y[:FEATURES]), 2, WIDTH)
            return accuracy(score(top["test"]), pictures.test.y)

        top = _at_once(partial(hidden, last), pictures.compared)
        return seen(partial(learner.model.apply, last), pictures) | {
            "test_scene_over_kind": selectivity.scene_to_class_distance(top),
            "test_detail_over_scene": selectivity.class_to_scene_distance(top),
            "test_kernel_on_top": kernel_on(last),
            "test_kernel_on_untrained_top": kernel_on(first),
        }

    return sweep(
        lambda trial: Learner(model, cross_entropy, adam(trial["setting"])),
        pictures,
        grid(setting=RATES, seed=seeds),
        steps=steps,
        look=look,
        context=context,
        batch_size=32,
        shown=some(count),
        machine=name,
        labels="true",
        size=count,
    )
