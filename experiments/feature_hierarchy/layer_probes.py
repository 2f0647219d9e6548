"""What each layer of a convolutional net holds of a planted picture: its object, parts, nuisances and pixels."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.probes import auc, binary_accuracy, gram_matrices, r2, ridge_from_grams
from dl_jax.measures.similarity import linear_cka
from dl_jax.models.model import Model, Params
from experiments.feature_hierarchy.planted_hierarchy import OBJECTS, Scene, described, parts_of, rendered
from experiments.feature_hierarchy.scatter import distance, scatter_ratio

LAYERS = ("pixels", "stage 1", "stage 2", "stage 3", "hidden", "scores")
READ = ("position", "contrast", "slope", "part_shifts", "distractors")
"""Nuisances that are read from every layer."""
MOVED = ("position", "part_shifts", "edge_shifts", "contrast", "slope", "waves", "distractors")
"""Nuisances that are drawn anew, one at a time."""
PAIRS = 256
"""Pictures of which one thing is changed."""
FAR = 3
"""Layers so far apart are no neighbours."""


class Pictures(NamedTuple):
    """x_NxHxWx1; y_N: the object; parts_NxP: 1 for those that are there; nuisance -> its numbers_NxK."""

    x: jax.Array
    y: jax.Array
    parts: jax.Array
    scene: Scene


class Shown(NamedTuple):
    """What a trial sees: pictures to learn from, and others to read its layers by.

    apart: the same objects in the same scenes as in `whole`, their parts set apart.
    changed: the first pictures of `whole.test` with one nuisance drawn anew, or ("object") with the next object.
    """

    train: Examples
    whole: Splits
    apart: Splits
    changed: dict[str, jax.Array]
    lot: jax.Array


def shown(key: jax.Array, count: int, probes: int, side: int) -> Shown:
    """`count` pictures to learn from, `probes` to fit probes on, half as many to choose and to judge by."""
    key_all, key_anew, key_lot = jax.random.split(key, 3)
    kind_N, scene_N = described(key_all, count + 2 * probes)
    train, fit, choose, judge = (
        slice(*bounds) for bounds in pairwise((0, count, count + probes, count + probes + probes // 2, None))
    )

    def part_of(which):
        return kind_N[which], jax.tree.map(lambda numbers: numbers[which], scene_N)

    kind_M, scene_M = jax.tree.map(lambda part: part[:PAIRS], part_of(judge))
    _, anew_M = described(key_anew, len(kind_M))
    sets = [(kind_N, scene_N), part_of(slice(count, None))]
    sets += [(kind_M, scene_M | {name: anew_M[name]}) for name in MOVED] + [((kind_M + 1) % len(OBJECTS), scene_M)]
    scrambled = [jnp.full(len(kind), float(at == 1)) for at, (kind, _) in enumerate(sets)]
    every = jax.tree.map(lambda *parts: jnp.concatenate(parts), *sets)
    # All in one call: one program to compile.
    x = jnp.split(rendered(*every, jnp.concatenate(scrambled), side), np.cumsum([len(kind) for kind, _ in sets])[:-1])

    def pictures(x, which):
        kind, scene = part_of(which)
        return Pictures(x, kind, parts_of(kind), scene)

    whole = Splits(*(pictures(x[0][which], which) for which in (fit, choose, judge)))
    apart = Splits(
        *(three._replace(x=part) for three, part in zip(whole, jnp.split(x[1], [probes, probes * 3 // 2]), strict=True))
    )
    changed = dict(zip((*MOVED, "object"), x[2:], strict=True))
    return Shown(Examples(x[0][train], kind_N[train]), whole, apart, changed, jax.random.randint(key_lot, (), 0, 2**30))


def numbers_of(scene: Scene) -> dict[str, jax.Array]:
    """nuisance -> numbers_NxK that a linear probe can be asked for: how far one part is shifted from the other, and
    how many distractors are there; the others as they are."""

    def asked(name):
        numbers_NxK = scene[name]
        if name == "part_shifts":
            return numbers_NxK[:, :2] - numbers_NxK[:, 2:]
        if name == "distractors":
            return jnp.sum(numbers_NxK[:, 3::4] > 0.5, 1, keepdims=True).astype(jnp.float32)
        return numbers_NxK

    return {name: asked(name) for name in READ}


def levels(model: Model, nets: Sequence[Params], seen: Shown) -> list[dict[str, jax.Array]]:
    """For each of the nets (weights of the model) metrics with one entry for each of LAYERS, and of the net as a whole.

    class: accuracy of a linear probe for the object. parts: share of right answers on which parts are there, wherever
    they stand. nuisances, and read_<name>: variance explained by a linear probe. pixels: the same for the picture.
    ratio: log10 of the variance between objects over that within. against_object, and moved_<name>: log10 of the
    distance that a nuisance drawn anew makes over that of another object in the same scene.
    parts_apart: how surely whole pictures show more of their parts than those with the parts apart; 1/2 is a toss.
    object_apart: the same of the score of the object over those of the others.
    alike_<k>: alignment with layer k; near, far: its mean over neighbours and over layers FAR apart, and of pictures
    that do not belong together (unpaired).
    """

    sets = (*(pictures.x for pictures in (*seen.whole, *seen.apart)), *seen.changed.values())
    all_of_them, bounds = jnp.concatenate(sets), np.cumsum([len(x) for x in sets])[:-1]
    layers = [(all_of_them, *model.layers(params, all_of_them)) for params in nets]
    # One program for all nets, one after the other; the convolutions stay outside of the loop, which would slow them.
    metrics = jax.lax.map(lambda layers: _of_net(layers, bounds, seen), _stacked(layers))
    return [jax.tree.map(lambda values, net=net: values[net], metrics) for net in range(len(nets))]


def _of_net(layers, bounds, seen):
    whole, apart, changed = [], [], []  # for each layer
    for y in layers:
        parts = jnp.split(y, bounds)
        whole.append(Splits(*parts[:3]))
        apart.append(Splits(*parts[3:6]))
        changed.append(dict(zip(seen.changed, parts[6:], strict=True)))
    read, part_probes = _probes(seen)
    whole_grams = _stacked([gram_matrices(y) for y in whole])
    mixed_grams = _stacked([gram_matrices(_half_each(*both)) for both in zip(whole, apart, strict=True)])
    metrics = jax.lax.map(lambda grams: read(grams[0]) | part_probes(grams[1]), (whole_grams, mixed_grams))
    label_N = seen.whole.test.y
    ratios = [jnp.log10(jnp.maximum(scatter_ratio(y.test, label_N, len(OBJECTS)), 1e-4)) for y in whole]
    metrics |= _stacked([_moved(y.test, each) for y, each in zip(whole, changed, strict=True)])
    margin_whole, margin_apart = (_margin(three[-1].test, label_N) for three in (whole, apart))
    metrics |= {"object_apart": auc(margin_whole, margin_apart), "accuracy": jnp.mean(margin_whole > 0)}
    return metrics | {"ratio": jnp.stack(ratios)} | _alike([y.test for y in whole])


def _stacked(trees):
    """One tree of arrays with an entry for each tree of the list."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _half_each(whole, apart):
    """Probes for parts see whole pictures and those with their parts apart alike, so that they know parts, not objects:
    half of each to fit on, no scene twice; all of both to choose and to judge by."""
    half = len(whole.train) // 2
    fit = jnp.concatenate([whole.train[:half], apart.train[half:]])
    return Splits(fit, *(jnp.concatenate(pair) for pair in zip(whole[1:], apart[1:], strict=True)))


def _probes(seen):
    """Two functions of the products of one layer's features: what is read of whole pictures, and of parts."""
    numbers = [numbers_of(pictures.scene) for pictures in seen.whole]
    blocks = {
        "class": Splits(*(jax.nn.one_hot(pictures.y, len(OBJECTS)) for pictures in seen.whole)),
        **{f"read_{name}": Splits(*(each[name] for each in numbers)) for name in READ},
        "pixels": Splits(*(pictures.x.reshape(len(pictures.x), -1) for pictures in seen.whole)),
    }
    targets = Splits(*(jnp.concatenate(parts, 1) for parts in zip(*blocks.values(), strict=True)))
    bounds = np.cumsum([three.train.shape[1] for three in blocks.values()])[:-1]
    there = _half_each(*(Splits(*(pictures.parts for pictures in each)) for each in (seen.whole, seen.apart)))
    count = len(seen.whole.test.y)

    def read(gram):
        found = dict(zip(blocks, jnp.split(ridge_from_grams(gram, targets), bounds, 1), strict=True))
        metrics = {name: r2(found[name], blocks[name].test) for name in blocks if name != "class"}
        metrics["class"] = jnp.mean(jnp.argmax(found["class"], 1) == seen.whole.test.y)
        return metrics | {"nuisances": jnp.mean(jnp.stack([metrics[f"read_{name}"] for name in READ]))}

    def part_probes(gram):
        read_NxP = ridge_from_grams(gram, there)
        evidence_N = jnp.sum(read_NxP * (2 * there.test - 1), 1)
        apart = auc(evidence_N[:count], evidence_N[count:])
        return {"parts": binary_accuracy(read_NxP, there.test), "parts_apart": apart}

    return read, part_probes


def _moved(y, changed):
    """log10 of distances over that of another object; of all nuisances the root mean square."""
    gone = {name: distance(y[: len(other)], other) for name, other in changed.items()}
    unit = gone.pop("object") + 1e-30
    found = {f"moved_{name}": jnp.log10(each / unit + 1e-30) for name, each in gone.items()}
    together = jnp.sqrt(jnp.mean(jnp.stack(list(gone.values())) ** 2))
    return found | {"against_object": jnp.log10(together / unit + 1e-30)}


def _margin(scores_NxC, label_N):
    """By how much the score of the object exceeds the highest other."""
    mine_NxC = jax.nn.one_hot(label_N, scores_NxC.shape[1], dtype=bool)
    return jnp.max(jnp.where(mine_NxC, scores_NxC, -jnp.inf), 1) - jnp.max(jnp.where(mine_NxC, -jnp.inf, scores_NxC), 1)


def _alike(layers):
    similarity_LxL = linear_cka(layers)
    unpaired_LxL = linear_cka([jnp.roll(y, at, 0) for at, y in enumerate(layers)])
    off_LxL = jnp.abs(jnp.arange(len(layers))[:, None] - jnp.arange(len(layers))[None])
    metrics = {f"alike_{at + 1}": similarity_LxL[at] for at in range(len(layers))}
    for name, values_LxL in (("", similarity_LxL), ("unpaired_", unpaired_LxL)):
        for kind, wanted_LxL in (("near", off_LxL == 1), ("far", off_LxL >= FAR)):
            metrics[f"{name}{kind}"] = jnp.sum(values_LxL * wanted_LxL) / jnp.sum(wanted_LxL)
    return metrics
