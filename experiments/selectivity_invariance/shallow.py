"""Shallow methods on pixels: on all nuisances at once, with random labels, and on one nuisance alone."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Splits
from dl_jax.evidence.records import Records
from dl_jax.measures.canids import Pictures, picture_metrics
from dl_jax.measures.kernel_methods import fit_methods, gaussian_ridge, linear_ridge
from dl_jax.measures.nearest_neighbour import nearest_neighbour_votes
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, combinations
from dl_jax.training.losses import accuracy
from experiments.selectivity_invariance.pictures import SINGLE_NUISANCE, random_subset

SHALLOW = {
    "linear": (linear_ridge, (30.0, 1000.0, 30000.0)),
    "nearest_neighbours": (nearest_neighbour_votes, (1, 5, 21)),
    "gaussian": (gaussian_ridge, (0.25, 0.5, 1.0)),
}
"""Each with as many hyperparameters as a net has learning rates: ridges, numbers of neighbours, widths."""
LABELS = {"true": False, "random": True}
"""Whether labels are drawn at random, which no number of examples helps to predict."""


def fit_on_pixels(pictures: Pictures, train_sizes: Sequence[int], seeds: Sequence[int], context: Context) -> Records:
    """Records of `picture_metrics` of every method with true labels, and of the Gaussian kernel with random ones."""

    def draw(key, task, size):
        splits = random_subset(size)(key, pictures.train), pictures.validation, pictures.test
        relabelled = []
        for split in splits:
            random_N = jax.random.bernoulli(key, shape=split.y.shape).astype(jnp.int32)
            relabelled.append(split._replace(y=jnp.where(task.labels, random_N, split.y)))
        return Pictures(*relabelled, pictures.matched_variants)

    def fit(methods, labels, size):
        return fit_methods(
            methods,
            partial(draw, size=size),
            combinations(labels=choice(LABELS, [labels])),
            seeds=seeds,
            evaluate=picture_metrics,
            context=context,
            train_size=size,
        ).with_axes(train_size=size)

    gaussian = {"gaussian": SHALLOW["gaussian"]}
    return Records.gather(
        records for size in train_sizes for records in (fit(SHALLOW, "true", size), fit(gaussian, "random", size))
    )


def fit_on_single_nuisances(alone: dict[str, Splits], seeds: Sequence[int], context: Context) -> Records:
    """Records of validation and test accuracy of every method, by the nuisance that varies alone (axis `alone`)."""

    def draw(key, task):
        return task.alone._replace(train=random_subset(SINGLE_NUISANCE.train // 2)(key, task.alone.train))

    def evaluate(scores, splits):
        return {
            "validation_accuracy": accuracy(scores(splits.validation.x), splits.validation.y),
            "test_accuracy": accuracy(scores(splits.test.x), splits.test.y),
        }

    return fit_methods(
        SHALLOW, draw, combinations(alone=choice(alone)), seeds=seeds, evaluate=evaluate, context=context
    )
