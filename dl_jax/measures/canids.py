"""Drawn pictures of Samoyeds and white wolves, split for learning, and the metrics of a classifier on them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic.canids import (
    alternating,
    canids,
    matched_scenes,
    matched_variants,
    random_scenes,
    render_bytes,
)
from dl_jax.evidence.named import named
from dl_jax.measures import selectivity
from dl_jax.models.model import Key
from dl_jax.training.losses import accuracy

VALIDATION, TEST = 512, 1024
"""Pictures to choose hyperparameters on, and to test on."""
MATCHED = 128
"""Pictures of which there are matched variants: the other class in the same scene, the same animal in another, ..."""


class Pictures(NamedTuple):
    """Splits of pictures x_NxHxWx3, and sets of pictures that differ in one respect (`matched_variants`)."""

    train: Examples
    validation: Examples
    test: Examples
    matched_variants: dict[str, jax.Array]


class Keys(NamedTuple):
    """The keys from which a seed draws pictures; `single_nuisances` is for pictures in which one nuisance varies."""

    single_nuisances: Key
    train: Key
    validation: Key
    test: Key
    matched_variants: Key


def picture_keys(seed: int) -> Keys:
    """Return the keys of a seed."""
    return Keys(*jax.random.split(jax.random.key(seed), len(Keys._fields)))


def draw_pictures(count: int, side: int, nuisances: Sequence[str], detail: float, seed: int) -> Pictures:
    """Draw `count` training pictures, and those of the other splits, of side x side pixels.

    nuisances: what differs from picture to picture.
    detail:    share of the difference between the classes that is drawn, from 0 to 1.
    """
    keys, about = picture_keys(seed), (side, tuple(nuisances), detail)
    variants = jax.jit(lambda key: jax.tree.map(centred, matched_variants(key, MATCHED, *about)))
    return Pictures(
        draw_examples(keys.train, count, *about),
        draw_examples(keys.validation, VALIDATION, *about),
        draw_examples(keys.test, TEST, *about),
        variants(keys.matched_variants),
    )


def pictures_by_seed(count: int, side: int, nuisances: Sequence[str], detail: float) -> BySeed[Pictures]:
    """Return the pictures that each seed draws, rounded to bytes; arguments as of `draw_pictures`.

    10,000 pictures of 24 x 24 pixels take a CPU half a second; `by_seed.precomputed` draws them once for all trials of
    a seed, and keeps those of all seeds in memory, 2 kB a picture.
    """
    sizes = {"train": count, "validation": VALIDATION, "test": TEST}

    def draw(shared, key):
        # One draw and one rendering of all: each takes seconds to compile.
        scenes = _cut(random_scenes(key, sum(sizes.values()) + 2 * MATCHED, nuisances), [*sizes.values(), MATCHED])
        labels = [alternating(len(scene_N["pose"])) for scene_N in scenes]
        cases = dict(zip(sizes, zip(labels, scenes, strict=False), strict=False))
        cases |= matched_scenes(labels[-1], *scenes[-2:], nuisances)
        label_M, scene_M = jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *cases.values())
        counts = [len(label_N) for label_N, _ in cases.values()]
        x = dict(zip(cases, _cut(render_bytes(label_M, scene_M, side, detail), counts[:-1]), strict=True))
        parts = {name: Examples(x.pop(name), cases[name][0].astype(jnp.int32)) for name in sizes}
        return Pictures(**parts, matched_variants=x)

    def build(shared, drawn):
        def colours(part):
            return centred(part.astype(jnp.float32) / 255) if part.dtype == jnp.uint8 else part

        return jax.tree.map(colours, drawn)

    return BySeed((), draw, build)


def _cut(tree, sizes):
    """Cut arrays along the first axis: parts of these sizes, and the rest."""
    leaves, structure = jax.tree.flatten(tree)
    parts = zip(*(jnp.split(leaf, np.cumsum(sizes)) for leaf in leaves), strict=True)
    return [structure.unflatten(part) for part in parts]


@partial(jax.jit, static_argnums=(1, 2, 3, 4))
def draw_examples(key: Key, count: int, side: int, nuisances: tuple[str, ...], detail: float) -> Examples:
    """Draw pictures x_NxHxWx3 from -2 to 2, half of each class."""
    x, y = canids(key, count, side, nuisances, detail)
    return Examples(centred(x), y)


def centred(x: jax.Array) -> jax.Array:
    """Map colours from 0..1 to -2..2."""
    return 4.0 * (x - 0.5)


def picture_metrics(score: Callable[[jax.Array], jax.Array], pictures: Pictures) -> dict[str, Any]:
    """Return the accuracy of a classifier, x -> scores_Nx2, and how its score depends on class and nuisances.

    pair_accuracy:  share of scenes in which both classes are classified correctly.
    response_ratio: by `nuisance`: the median change of the margin with the class, over that with this nuisance;
                    nuisance "scene" stands for all of them at once.
    """
    variants = pictures.matched_variants
    scores = apply_to_all(score, {"validation": pictures.validation.x, "test": pictures.test.x} | variants)
    margins = {name: selectivity.margin(scores[name]) for name in variants}
    ratios = selectivity.class_to_nuisance_ratios(margins)
    return {
        "validation_accuracy": accuracy(scores["validation"], pictures.validation.y),
        "test_accuracy": accuracy(scores["test"], pictures.test.y),
        "pair_accuracy": selectivity.pair_accuracy(margins),
        "response_ratio": named(jnp.stack([*ratios.values()]), nuisance=[*ratios]),
    }


def apply_to_all(function: Callable[[jax.Array], jax.Array], x: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Return {name: function(x)} from a single call: a program that calls a net many times takes long to compile."""
    ends = np.cumsum([len(each) for each in x.values()])[:-1]
    return dict(zip(x, jnp.split(function(jnp.concatenate(list(x.values()))), ends), strict=True))
