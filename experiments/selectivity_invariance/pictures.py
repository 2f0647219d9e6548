"""Distances between pixels, pictures in which one nuisance varies or does not, and a gallery."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic import canids
from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures import selectivity
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.measures.canids import Pictures, centred
from dl_jax.measures.selectivity import ORIGINAL, OTHER_CLASS, OTHER_SCENE
from dl_jax.measures.worlds import NEARBY, NUISANCES, World
from dl_jax.models.model import Key
from dl_jax.training.context import Context

CHANGED = (OTHER_SCENE, NEARBY, "position")
"""Variants whose distance is compared with that to the other kind."""
GALLERY_SIDE = 64
"""Pixels along a picture of the gallery."""
ALONE = (512, 128, 512)
"""Pictures to train on, to choose on and to test on where a single nuisance is studied."""


class Alone(NamedTuple):
    """Pictures in which one nuisance varies, and the same with nothing varying."""

    varied: tuple[Examples, Examples, Examples]
    still: tuple[Examples, Examples, Examples]


def draw_alone(of: World, key: Key, varies: dict[str, jax.Array]) -> Alone:
    """Draw pictures in which those nuisances vary whose entry is 1; traced, so that one program serves them all.

    Individuals of the training pictures are in no other picture, unless there is but one of each kind.
    """
    count = sum(ALONE)
    key_scene, key_who, key_pool = jax.random.split(key, 3)
    scene_N = jax.vmap(lambda key: of.random_scene(key, NUISANCES))(jax.random.split(key_scene, count))
    neutral = {name: jnp.full_like(value_NxU, 0.5) for name, value_NxU in scene_N.items()}
    varied_N = {name: jnp.where(varies[name] > 0, value_NxU, neutral[name]) for name, value_NxU in scene_N.items()}
    order = jax.random.permutation(key_pool, of.individuals)
    half = max(1, of.individuals // 2)
    bits_N = jax.random.uniform(key_who, (count,))
    of_first_N = jnp.arange(count) < ALONE[0]
    rest = of.individuals - half
    among_N = jnp.where(of_first_N | (rest == 0), bits_N * half, half + bits_N * rest)
    who_N = order[among_N.astype(int)]
    label_N = jnp.arange(count) % 2
    both = jax.tree.map(lambda *arrays: jnp.concatenate(arrays), varied_N, neutral)
    x_MxHxWx3 = centred(
        jax.vmap(partial(of.render, of.cutouts))(jnp.tile(who_N, 2), jnp.tile(label_N, 2).astype(jnp.float32), both)
    )
    ends = np.cumsum([*ALONE, *ALONE])
    parts = [
        Examples(x_MxHxWx3[end - size : end], jnp.arange(size, dtype=jnp.int32) % 2)
        for size, end in zip((*ALONE, *ALONE), ends, strict=True)
    ]
    return Alone(tuple(parts[:3]), tuple(parts[3:]))


def pixel_distances(pictures: BySeed[Pictures], seeds: Sequence[int], context: Context, **axes: str) -> Records:
    """Records of the two distances of `measures.selectivity` between the pixels of matched pictures.

    scene_to_class_distance: by what has `changed` in the picture of the same object: the whole scene, a tenth of the
    way to it, or the position alone.
    """

    def distances(variants):
        ratios = [
            selectivity.scene_to_class_distance(
                {ORIGINAL: variants[ORIGINAL], OTHER_CLASS: variants[OTHER_CLASS], OTHER_SCENE: variants[changed]}
            )
            for changed in CHANGED
            if changed in variants
        ]
        return {
            "scene_to_class_distance": named(np.stack(ratios), changed=[name for name in CHANGED if name in variants]),
            "class_to_scene_distance": selectivity.class_to_scene_distance(variants),
        }

    return for_each_seed(
        lambda seed: measured(distances(pictures.of(seed).matched_variants), features="pixels", seed=seed, **axes),
        seeds,
        context,
        label="pixels",
        **axes,
    )


def gallery(of: World, seed: int) -> Records:
    """Return the array `picture`: each kind in the neutral scene, with each nuisance alone, and with all at once.

    Levels from 0 to 255 on the axes kind, varied, row, column, colour; `varied` is "nothing", a nuisance or "all".
    """
    key_single, key_all = jax.random.split(jax.random.key(seed))
    scenes = {"nothing": of.random_scene(key_single, ())}
    scenes |= {name: of.random_scene(key_single, [name]) for name in NUISANCES}
    scenes["all"] = of.random_scene(key_all, NUISANCES)
    scene_V = jax.tree.map(lambda *each: jnp.stack(each), *scenes.values())
    draw_all = jax.vmap(partial(of.render, of.cutouts, jnp.asarray(0)), in_axes=(None, 0))
    picture_KxVxHxWx3 = jax.jit(jax.vmap(draw_all, in_axes=(0, None)))(jnp.arange(2.0), scene_V)
    levels = np.round(255 * np.asarray(picture_KxVxHxWx3)).astype(np.uint8)
    pixels = range(1, GALLERY_SIDE + 1)
    kinds = canids.CLASSES if of.individuals == 1 else ("first kind", "second kind")
    return measured(
        {
            "picture": array(
                levels, kind=kinds, varied=tuple(scenes), row=pixels, column=pixels, colour=("red", "green", "blue")
            )
        },
        seed=seed,
    )
