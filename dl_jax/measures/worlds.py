"""Worlds of pictures with two kinds of object and known nuisances, drawn by a seed's key.

`world("canids")` draws Samoyeds and white wolves; `world("mnist")` puts real digits before real photographs. Both draw
the same `Pictures`, so that an experiment runs on either.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data import catalog
from dl_jax.data.dataset import Examples
from dl_jax.data.synthetic import canids, digit_scenes
from dl_jax.measures.canids import Pictures, centred
from dl_jax.measures.kernel_methods import COMPILE_QUICKLY, data_key
from dl_jax.measures.selectivity import ORIGINAL, OTHER_CLASS, OTHER_SCENE
from dl_jax.models.model import Key

NAMES = ("canids", *digit_scenes.KINDS)
"""Values of --dataset."""
NUISANCES = tuple(canids.NUISANCES)
SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.1, 0.3)
"""Of the pairs of digits, those that are in the pictures of each split."""
NEARBY, NEAR = "nearby", 0.1
"""The variant in which every nuisance has moved by a tenth of the way to another scene."""
Scenes = dict[str, jax.Array]


class World(NamedTuple):
    """individuals: how many objects there are of each kind. render: (individual, label, scene) -> image_HxWx3."""

    individuals: int
    render: Callable[[jax.Array, jax.Array, Scenes], jax.Array]
    random_scene: Callable[..., Scenes]


def world(name: str, side: int, detail: float = 1.0, manual_dir: str | None = None) -> World:
    """Return a world: one of NAMES, in pictures of side x side pixels.

    detail: share of the difference between the kinds that is drawn. manual_dir: as for `catalog.load`.
    """
    if name == "canids":
        return World(
            1, lambda individual, label, scene: canids.render(label, scene, side, detail), canids.random_scene
        )
    of = digit_scenes.cutouts(catalog.load(name, manual_dir), digit_scenes.KINDS[name])
    render = partial(digit_scenes.render, of, side=side, detail=detail)
    return World(len(of.pairs), render, digit_scenes.random_scene)


def draw_pictures(
    of: World, key: Key, sizes: Sequence[int], matched: int, nuisances: Sequence[str] = NUISANCES
) -> Pictures:
    """Draw pictures from -2 to 2, half of each kind, and `matched` test pictures with their variants.

    sizes: of the training, validation and test pictures. Every picture has its own scene, and no individual is in two
    splits unless there is but one.

    Variants differ in one respect. "kind": the other kind in the same scene. "scene": the same object in another scene.
    "nearby": the same, a tenth of the way there. The name of a nuisance: with only that nuisance drawn again.
    """
    key_pool, key_who, key_scene = jax.random.split(key, 3)
    ends = np.cumsum([*sizes, matched, matched])
    scene_M = jax.vmap(lambda key: of.random_scene(key, nuisances))(jax.random.split(key_scene, ends[-1]))
    *_, here_N, there_N = _cut(scene_M, ends)
    nearby_N = jax.tree.map(lambda here, there: here + NEAR * (there - here), here_N, there_N)
    variants = {ORIGINAL: here_N, OTHER_CLASS: here_N, OTHER_SCENE: there_N, NEARBY: nearby_N}
    variants |= {name: here_N | {name: there_N[name]} for name in nuisances}
    bits_M = jax.random.uniform(key_who, (ends[-2],))
    parts = zip(_cut(bits_M, ends[:-1]), _pools(key_pool, of.individuals), strict=True)
    *who, matched_N = (pool[(bits_N * len(pool)).astype(int)] for bits_N, pool in parts)
    labels = [np.arange(count) % 2 for count in (*sizes, matched)]
    label_N = labels[-1]
    # One batched call: a program that renders many times takes long to compile.
    scenes = [*_cut(scene_M, ends)[: len(SPLITS)], *variants.values()]
    every_label = [*labels[:-1], *(1 - label_N if name == OTHER_CLASS else label_N for name in variants)]
    x_MxHxWx3 = centred(
        jax.vmap(of.render)(
            jnp.concatenate([*who, jnp.tile(matched_N, len(variants))]),
            jnp.concatenate(every_label).astype(jnp.float32),
            jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *scenes),
        )
    )
    x = _cut(x_MxHxWx3, np.cumsum([*sizes, *[matched] * len(variants)]))
    splits = (Examples(x_N, jnp.asarray(y_N, jnp.int32)) for x_N, y_N in zip(x, labels[:-1], strict=False))
    return Pictures(*splits, dict(zip(variants, x[len(SPLITS) :], strict=True)))


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


def draw_for_seeds(
    of: World, seeds: Sequence[int], sizes: Sequence[int], matched: int, nuisances: Sequence[str] = NUISANCES
) -> Pictures:
    """Draw the `Pictures` of every seed, NumPy arrays with a leading axis of seeds, in 256 levels to save memory."""

    @partial(jax.jit, compiler_options=COMPILE_QUICKLY)
    def draw(key):
        return jax.tree.map(_levels, draw_pictures(of, key, sizes, matched, nuisances))

    drawn = [jax.device_get(draw(data_key(seed))) for seed in seeds]
    return jax.tree.map(lambda *arrays: np.stack(arrays), *drawn)


def training_pictures(seeds: Sequence[int], count: int | None = None) -> Callable[[Key, Examples], Examples]:
    """Return the `subset` of a sweep on pictures of `draw_for_seeds`: each seed's own, the first `count` of them."""
    keys_S = jax.vmap(lambda seed: jax.random.key_data(data_key(seed)))(jnp.asarray(seeds))

    def subset(key, train):
        at = jnp.argmax(jnp.all(keys_S == jax.random.key_data(key)[None], 1))
        return jax.tree.map(lambda x_SxN: _decoded(x_SxN[at][:count]), train)

    return subset


def pictures_of(splits: Pictures, seeds: Sequence[int], seed: jax.Array) -> Pictures:
    """The pictures of one seed, as an evaluation during a sweep sees them: its training pictures are picked already."""
    at = jnp.argmax(jnp.asarray(seeds) == seed)
    rest = jax.tree.map(lambda x_SxN: _decoded(x_SxN[at]), splits._replace(train=()))
    return rest._replace(train=splits.train)


def _levels(x):
    return jnp.round(255 * (x / 4 + 0.5)).astype(jnp.uint8) if x.ndim == 4 else x


def _decoded(x):
    return centred(x.astype(jnp.float32) / 255) if x.dtype == jnp.uint8 else x
