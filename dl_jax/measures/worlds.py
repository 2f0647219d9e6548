"""Worlds of pictures with two kinds of object and known nuisances, drawn by a seed's key.

`world("canids")` draws Samoyeds and white wolves; `world("mnist")` puts real digits before real photographs. Both draw
the same `Pictures`, so that an experiment runs on either.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.data.by_seed import BySeed, precomputed
from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic import canids, digit_scenes
from dl_jax.measures.canids import Pictures, centred
from dl_jax.measures.selectivity import ORIGINAL, OTHER_CLASS, OTHER_SCENE
from dl_jax.models.model import Key

REAL = tuple(digit_scenes.KINDS)
"""Worlds of real objects before real photographs."""
NAMES = ("canids", *REAL)
"""Values of --dataset."""
NUISANCES = tuple(canids.NUISANCES)
SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.1, 0.3)
"""Shares of the pairs of digits that are in the pictures of each split."""
NEARBY, NEAR = "nearby", 0.1
"""The variant in which every nuisance has moved by a tenth of the way to another scene."""
Scenes = dict[str, jax.Array]


class World(NamedTuple):
    """What pictures are drawn of, and how.

    individuals:  objects of each kind. cutouts: the arrays that `render` needs.
    render:       (cutouts, individual, label, scene) -> image_HxWx3.
    random_scene: (key, nuisances) -> the scene in which these vary.
    """

    individuals: int
    cutouts: Any
    render: Callable[[Any, jax.Array, jax.Array, Scenes], jax.Array]
    random_scene: Callable[[Key, Sequence[str]], Scenes]


def world(name: str, side: int, detail: float = 1.0, manual_dir: str | None = None) -> World:
    """Return a world: one of NAMES, in pictures of side x side pixels.

    detail: share of the difference between the kinds that is drawn. manual_dir: as for `catalog.load`.
    """
    if name == "canids":

        def render(cutouts, individual, label, scene):
            return canids.render(label, scene, side, detail)

        return World(1, (), render, canids.random_scene)
    cutouts = digit_scenes.cutouts(catalog.load(name, manual_dir), digit_scenes.KINDS[name])
    paste = partial(digit_scenes.render, side=side, detail=detail)
    return World(len(cutouts.pairs), cutouts, paste, digit_scenes.random_scene)


def draw_pictures(
    of: World, key: Key, sizes: Sequence[int], matched: int, nuisances: Sequence[str] = NUISANCES
) -> Pictures:
    """Draw pictures from -2 to 2, half of each kind, and `matched` test pictures with their variants.

    sizes: of the training, validation and test pictures. Every picture has its own scene, and no individual is in two
    splits unless there is but one.

    Variants differ in one respect. "kind": the other kind in the same scene. "scene": the same object in another scene.
    "nearby": the same, a tenth of the way there. The name of a nuisance: with only that nuisance drawn again.
    """
    key_pool, key_individual, key_scene = jax.random.split(key, 3)
    ends = np.cumsum([*sizes, matched, matched])
    scene_M = jax.vmap(lambda key: of.random_scene(key, nuisances))(jax.random.split(key_scene, ends[-1]))
    *_, here_N, there_N = _cut(scene_M, ends)
    nearby_N = jax.tree.map(lambda here, there: here + NEAR * (there - here), here_N, there_N)
    variants = {ORIGINAL: here_N, OTHER_CLASS: here_N, OTHER_SCENE: there_N, NEARBY: nearby_N}
    variants |= {name: here_N | {name: there_N[name]} for name in nuisances}
    bits_M = jax.random.uniform(key_individual, (ends[-2],))
    parts = zip(_cut(bits_M, ends[:-1]), _pools(key_pool, of.individuals), strict=True)
    *individuals, matched_N = (pool[(bits_N * len(pool)).astype(int)] for bits_N, pool in parts)
    labels = [np.arange(count) % 2 for count in (*sizes, matched)]
    label_N = labels[-1]
    # One batched call: a program that renders many times takes long to compile.
    scenes = [*_cut(scene_M, ends)[: len(SPLITS)], *variants.values()]
    every_label = [*labels[:-1], *(1 - label_N if name == OTHER_CLASS else label_N for name in variants)]
    x_MxHxWx3 = centred(
        jax.vmap(partial(of.render, of.cutouts))(
            jnp.concatenate([*individuals, jnp.tile(matched_N, len(variants))]),
            jnp.concatenate(every_label).astype(jnp.float32),
            jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *scenes),
        )
    )
    x = _cut(x_MxHxWx3, np.cumsum([*sizes, *[matched] * len(variants)]))
    train, validation, test = (Examples(x[at], jnp.asarray(labels[at], jnp.int32)) for at in range(len(SPLITS)))
    return Pictures(train, validation, test, dict(zip(variants, x[len(SPLITS) :], strict=True)))


def _cut(tree, ends):
    """The parts of arrays that end at these rows."""
    starts = [0, *ends[:-1]]
    return [jax.tree.map(lambda x, a=a, b=b: x[a:b], tree) for a, b in zip(starts, ends, strict=True)]


def _pools(key, individuals):
    """The individuals of each split and of the matched pictures, which are of the test split; disjoint if several."""
    if individuals == 1:
        return [jnp.zeros(1, int)] * (len(SPLITS) + 1)
    first = int(SHARES[0] * individuals)
    second = first + int(SHARES[1] * individuals)
    order = jax.random.permutation(key, individuals)
    return [order[:first], order[first:second], order[second:], order[second:]]


def pictures_by_seed(
    of: World, seeds: Sequence[int], sizes: Sequence[int], matched: int, nuisances: Sequence[str] = NUISANCES
) -> BySeed[Pictures]:
    """Return the `Pictures` of every seed, drawn once for all its trials; in 256 levels, to save memory."""

    def draw(cutouts, key):
        return jax.tree.map(_levels, draw_pictures(of._replace(cutouts=cutouts), key, sizes, matched, nuisances))

    data: Any = BySeed(of.cutouts, draw, lambda _, drawn: jax.tree.map(_decoded, drawn))
    return precomputed(data, seeds)


def _levels(x):
    return jnp.round(255 * (x / 4 + 0.5)).astype(jnp.uint8) if x.ndim == 4 else x


def _decoded(x):
    return centred(x.astype(jnp.float32) / 255) if x.dtype == jnp.uint8 else x
