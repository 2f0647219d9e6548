"""Planted pictures to train a net on, and others to measure its layers with."""

from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS, Scene, draw_scenes, parts_of, render_all

PROBED = ("position", "contrast", "slope", "part_shifts", "distractors")
"""Nuisances that linear probes predict from every layer."""
REDRAWN = ("position", "part_shifts", "edge_shifts", "contrast", "slope", "waves", "distractors")
"""Nuisances that are drawn again, one at a time."""
PAIRS = 256
"""Test pictures, at most, of which one thing is changed."""


class Pictures(NamedTuple):
    """Pictures x_NxHxWx1; y_N: the objects; parts_NxP: 1 for their parts; scene: {nuisance: its numbers_NxK}."""

    x: jax.Array
    y: jax.Array
    parts: jax.Array
    scene: Scene


class PlantedExamples(NamedTuple):
    """The pictures of one trial.

    train:   to train the net on.
    whole:   `Splits` of `Pictures` for linear probes: to fit them, to choose their penalty, and to test them.
    apart:   the same objects in the same scenes, with their parts moved away from each other.
    changed: the first test pictures with one nuisance drawn again, by its name; or with the next "object".
    seed:    for the random numbers of the evaluation.
    """

    train: Examples
    whole: Splits
    apart: Splits
    changed: dict[str, jax.Array]
    seed: jax.Array


def draw_examples(key: jax.Array, count: int, probes: int, side: int) -> PlantedExamples:
    """Draw `count` training pictures, and for probes `probes` to fit, half as many to choose and half to test."""
    key_all, key_again, key_seed = jax.random.split(key, 3)
    kind_N, scene_N = draw_scenes(key_all, count + 2 * probes)
    train, fit, choose, test = (
        slice(*bounds) for bounds in pairwise((0, count, count + probes, count + probes + probes // 2, None))
    )

    def at(indices):
        return kind_N[indices], jax.tree.map(lambda numbers: numbers[indices], scene_N)

    kind_M, scene_M = jax.tree.map(lambda leaf: leaf[:PAIRS], at(test))
    _, again_M = draw_scenes(key_again, len(kind_M))
    sets = [(kind_N, scene_N), at(slice(count, None))]
    sets += [(kind_M, scene_M | {name: again_M[name]}) for name in REDRAWN]
    sets += [((kind_M + 1) % len(OBJECTS), scene_M)]
    scrambled = [jnp.full(len(kind), float(number == 1)) for number, (kind, _) in enumerate(sets)]
    every = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *sets)
    bounds = np.cumsum([len(kind) for kind, _ in sets])[:-1]
    # One call, which compiles once.
    x, x_apart, *x_changed = jnp.split(render_all(*every, jnp.concatenate(scrambled), side), bounds)

    def pictures(x, indices):
        kind, scene = at(indices)
        return Pictures(x, kind, parts_of(kind), scene)

    whole = Splits(*(pictures(x[indices], indices) for indices in (fit, choose, test)))
    thirds = jnp.split(x_apart, [probes, probes * 3 // 2])
    apart = Splits(*(pictures._replace(x=x) for pictures, x in zip(whole, thirds, strict=True)))
    changed = dict(zip((*REDRAWN, "object"), x_changed, strict=True))
    seed = jax.random.randint(key_seed, (), 0, 2**30)
    return PlantedExamples(Examples(x[train], kind_N[train]), whole, apart, changed, seed)


def probe_targets(scene: Scene) -> dict[str, jax.Array]:
    """Return {nuisance: target_NxK} for linear probes.

    Of part_shifts it is the shift of one part from the other, of distractors their number.
    """

    def target(name):
        numbers_NxK = scene[name]
        if name == "part_shifts":
            return numbers_NxK[:, :2] - numbers_NxK[:, 2:]
        if name == "distractors":
            return jnp.sum(numbers_NxK[:, 3::4] > 0.5, 1, keepdims=True).astype(jnp.float32)
        return numbers_NxK

    return {name: target(name) for name in PROBED}
