"""Shallow methods on pixels: on all nuisances at once, with random labels, and on one nuisance alone."""

from collections.abc import Mapping, Sequence
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from dl_jax.data.by_seed import BySeed, data_key
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.measures.canids import Pictures, picture_metrics
from dl_jax.measures.kernel_methods import Fit, gaussian_ridge, linear_ridge
from dl_jax.measures.nearest_neighbour import nearest_neighbour_votes
from dl_jax.measures.worlds import NUISANCES, World
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy
from experiments.selectivity_invariance.nets import first, judged
from experiments.selectivity_invariance.pictures import draw_alone

Tried = Mapping[str, tuple[Fit, tuple[float, ...]]]
SHALLOW: Tried = {
    "linear": (linear_ridge, (1e1, 1e2, 1e3, 1e4, 1e5)),
    "nearest_neighbours": (nearest_neighbour_votes, (1, 3, 9, 25)),
    "gaussian": (gaussian_ridge, (0.125, 0.25, 0.5, 1.0, 2.0)),
}
"""Ridges, numbers of neighbours, widths: more hyperparameters than a net has learning rates."""
RELATED = {"position": "position", "orientation": "pose", "illumination": "illumination"}
"""The nuisances of which statement 72 speaks, and their names here."""
KEYS = 7
"""Folded into a seed's key for pictures in which one nuisance varies, so that they differ from its others."""


def fit_on_pixels(
    pictures: BySeed[Pictures], train_sizes: Sequence[int], seeds: Sequence[int], context: Context, **axes: str
) -> Records:
    """Records of the accuracy of every method with true labels, and of the Gaussian kernel with random ones.

    The linear classifier that learns from the most pictures also has the other `picture_metrics`.
    """

    def of(seed, name, labels, size):
        learned = first(judged(pictures.of(seed)), size)
        if labels == "random":
            learned = with_random_labels(learned, jax.random.fold_in(jax.random.key(seed), KEYS))
        fit, tried = SHALLOW[name]
        whole = name == "linear" and size == max(train_sizes)
        metrics_H = _every(fit, whole)(learned, jnp.asarray(tried, jnp.float32))
        return _rows(metrics_H, tried, method=name, labels=labels, train_size=size, seed=seed, **axes)

    def compute(seed):
        runs = [(name, "true", size) for name in SHALLOW for size in train_sizes]
        runs += [("gaussian", "random", size) for size in train_sizes]
        with threadpool_limits(1, "blas"):  # LAPACK's own threads wait for one another at full speed
            return Records.gather(of(seed, *run) for run in runs)

    return for_each_seed(compute, seeds, context, label="shallow methods", sizes=list(train_sizes), **axes)


def fit_on_single_nuisances(of: World, seeds: Sequence[int], context: Context, **axes: str) -> Records:
    """Records about one nuisance (axis `alone`), at the hyperparameter with the best validation accuracy.

    nuisance_cost: accuracy of a linear classifier on pictures without the nuisance minus that on pictures with it, the
                   least over its ridges; by what it `learned` from, pictures "without" the nuisance or "with" it.
    test_accuracy: where pose alone varies, of each shallow method that learned there.
    """
    draw = jax.jit(partial(draw_alone, of))

    def with_one(seed, name):
        key = jax.random.fold_in(data_key(jax.random.key(seed)), KEYS)
        alone = draw(key, {each: jnp.float32(each == name) for each in NUISANCES})
        tests = alone.still[-1], alone.varied[-1]
        rows = []
        for learned, trained in (("without", alone.still), ("with", alone.varied)):
            fit, tried = SHALLOW["linear"]
            still_H, varied_H = _accuracies(fit)(trained[0], tests, jnp.asarray(tried, jnp.float32))
            cost = {"nuisance_cost": np.min(still_H - varied_H)}
            rows.append(measured(cost, alone=name, learned=learned, method="linear", seed=seed, **axes))
        for method, (fit, tried) in SHALLOW.items() if name == "pose" else ():
            values = jnp.asarray(tried, jnp.float32)
            validation_H, test_H = _accuracies(fit)(alone.varied[0], alone.varied[1:], values)
            best = {"test_accuracy": test_H[np.argmax(validation_H)]}
            rows.append(measured(best, alone=name, learned="with", method=method, seed=seed, **axes))
        return Records.gather(rows)

    def compute(seed):
        with threadpool_limits(1, "blas"):
            return Records.gather(with_one(seed, name) for name in NUISANCES)

    return for_each_seed(compute, seeds, context, label="one nuisance", **axes)


def with_random_labels(pictures: Pictures, key: jax.Array) -> Pictures:
    """The pictures with labels that no number of examples helps to predict."""
    parts = (pictures.train, pictures.validation, pictures.test)
    keys = jax.random.split(key, len(parts))
    drawn = (
        part._replace(y=jax.random.bernoulli(key, shape=part.y.shape).astype(jnp.int32))
        for key, part in zip(keys, parts, strict=True)
    )
    return Pictures(*drawn, pictures.matched_variants)


@cache
def _every(fit, whole):
    """(pictures, hyperparameters_H) -> metrics_H; the methods are fitted one by one, since each may fill the memory."""

    def one(pictures, value):
        score = fit(pictures.train, 2, value)
        if whole:
            return picture_metrics(score, pictures)
        return {
            f"{name}_accuracy": accuracy(score(part.x), part.y)
            for name, part in (("validation", pictures.validation), ("test", pictures.test))
        }

    return jax.jit(lambda pictures, value_H: jax.lax.map(partial(one, pictures), value_H))


@cache
def _accuracies(fit):
    """(training examples, two sets of examples, hyperparameters_H) -> the accuracies_H on each set, NumPy arrays."""

    def one(train, sets, value):
        score = fit(train, 2, value)
        return tuple(accuracy(score(part.x), part.y) for part in sets)

    every = jax.jit(lambda train, sets, value_H: jax.lax.map(partial(one, train, sets), value_H))
    return lambda *arguments: jax.device_get(every(*arguments))


def _rows(metrics_H, tried, **axes):
    metrics_H = jax.device_get(metrics_H)
    return Records.gather(
        measured(jax.tree.map(lambda leaf_H, at=at: leaf_H[at], metrics_H), hyperparameter=value, **axes)
        for at, value in enumerate(tried)
    )
