"""Pictures in which one nuisance varies alone, distances between pixels, and a gallery of the animals."""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.data.synthetic.canids import CLASSES, NUISANCES, matched_variants, neutral_scene, random_scene, render
from dl_jax.evidence.named import array
from dl_jax.evidence.records import Records, measured
from dl_jax.measures import selectivity
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.measures.canids import MATCHED, draw_examples, picture_keys
from dl_jax.models.model import Key
from dl_jax.training.batches import subsample
from dl_jax.training.context import Context

SINGLE_NUISANCE = Splits(512, 128, 256)
"""Pictures of each split in which a single nuisance varies."""
GALLERY_SIDE = 64
"""Pixels along a picture of the gallery."""


def draw_single_nuisances(side: int, nuisances: Sequence[str], detail: float, seed: int) -> dict[str, Splits]:
    """Return {nuisance: pictures in which it alone varies}, NumPy arrays."""
    first, second = np.cumsum(SINGLE_NUISANCE)[:-1]
    parts, drawn = (slice(first), slice(first, second), slice(second, None)), {}
    for name, key in zip(nuisances, jax.random.split(picture_keys(seed).single_nuisances, len(nuisances)), strict=True):
        x, y = jax.device_get(draw_examples(key, sum(SINGLE_NUISANCE), side, (name,), detail))
        drawn[name] = Splits(*(Examples(x[part], y[part]) for part in parts))
    return drawn


def random_subset(count: int) -> Callable[[Key, Examples], Examples]:
    """Return (key, examples) -> `count` of them, drawn without replacement."""

    def subset(key, examples):
        index_N = subsample(key, len(examples.x), count)
        return Examples(*(jnp.asarray(part)[index_N] for part in examples))

    return subset


def pixel_distances(
    side: int, nuisances: Sequence[str], detail: float, seeds: Sequence[int], context: Context
) -> Records:
    """Records of the two distances of `measures.selectivity` between the pixels of matched pictures."""

    @jax.jit
    def distances(key):
        variants = matched_variants(key, MATCHED, side, nuisances, detail)
        return {
            "scene_to_class_distance": selectivity.scene_to_class_distance(variants),
            "class_to_scene_distance": selectivity.class_to_scene_distance(variants),
        }

    return for_each_seed(
        lambda seed: measured(distances(jax.random.key(seed)), features="pixels", seed=seed),
        seeds,
        context,
        label="pixels",
        side=side,
        nuisances=list(nuisances),
        detail=detail,
    )


def gallery(seed: int) -> Records:
    """Return the array `picture`: each kind in the neutral scene, with each nuisance alone, and with all at once.

    Levels from 0 to 255 on the axes kind, varied, row, column, colour; `varied` is "nothing", a nuisance or "all".
    """
    key_single, key_all = jax.random.split(jax.random.key(seed))
    scenes = {"nothing": neutral_scene()} | {name: random_scene(key_single, [name]) for name in NUISANCES}
    scenes["all"] = random_scene(key_all)
    scene_V = jax.tree.map(lambda *each: jnp.stack(each), *scenes.values())
    draw_all = jax.vmap(partial(render, side=GALLERY_SIDE), in_axes=(None, 0))
    picture_KxVxHxWx3 = jax.jit(jax.vmap(draw_all, in_axes=(0, None)))(jnp.arange(2.0), scene_V)
    levels = np.round(255 * np.asarray(picture_KxVxHxWx3)).astype(np.uint8)
    pixels = range(1, GALLERY_SIDE + 1)
    return measured(
        {
            "picture": array(
                levels, kind=CLASSES, varied=tuple(scenes), row=pixels, column=pixels, colour=("red", "green", "blue")
            )
        },
        seed=seed,
    )
