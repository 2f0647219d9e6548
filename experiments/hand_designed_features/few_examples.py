"""Subsets of the training examples, drawn for each seed, as features.

N examples, M drawn examples, D features, K principal components.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.hand_features.of_pictures import of_pictures
from dl_jax.models.model import Key
from dl_jax.training.batches import subsample
from experiments.hand_designed_features.ink import moved
from experiments.hand_designed_features.principal_components import principal_components

Fit = Callable[[jax.Array], Callable[[jax.Array], jax.Array]]
"""training x -> (x -> features): a step that is itself fitted to the training examples."""
ORIGINAL, MOVED = "original", "moved"
"""Test pictures: coordinates of the axis `pictures`."""
MOVED_COUNT = 500
"""Test pictures that are also moved, at most."""


class FeatureSplits(NamedTuple):
    """Splits, and test pictures that were moved by a few pixels."""

    train: Examples
    validation: Examples
    test: Examples
    moved: Examples


def as_features(pictures: Splits, features: Callable[[jax.Array], jax.Array], by: int) -> FeatureSplits:
    """Compute features(ink_HxW) of every picture, and of the first MOVED_COUNT test pictures moved by `by` pixels."""
    moved_test = moved(Examples(*(part[:MOVED_COUNT] for part in pictures.test)), by)
    compute = of_pictures(features)
    return FeatureSplits(*(Examples(compute(split.x), split.y) for split in (*pictures, moved_test)))


def subset_of(splits: FeatureSplits, examples: int, *fits: Fit) -> Callable[[Key], FeatureSplits]:
    """Return key -> the splits with `examples` of the training examples, drawn without replacement.

    Every step of `fits` is fitted to the drawn ones alone. They are repeated up to the original number, so that an
    epoch has each equally often, up to one, and programs are the same for any number of them.
    """
    count = len(splits.train.x)

    def draw(key):
        drawn_M = subsample(key, count, examples)
        index_N = drawn_M[jnp.arange(count) % examples]
        subset = splits._replace(train=Examples(*(jnp.asarray(part)[index_N] for part in splits.train)))
        for fit in fits:
            transform = fit(subset.train.x[:examples])
            subset = FeatureSplits(*(split._replace(x=transform(split.x)) for split in subset))
        return subset

    return draw


def scaled(x_NxD: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """Fit a shift of each feature to mean 0, and a scale of all of them together to mean square 1.

    One scale for all: its own would enlarge a feature that hardly varies in few examples without bound.
    """
    mean_D = jnp.mean(x_NxD, 0, keepdims=True)
    scale = 1.0 / jnp.maximum(jnp.sqrt(jnp.mean((x_NxD - mean_D) ** 2)), 1e-12)
    return lambda x: (x - mean_D) * scale


def projected(count: int) -> Fit:
    """Return the fit of a projection onto the `count` principal components of the training examples."""

    def fit(x_NxD):
        mean_D, direction_DxK = principal_components(x_NxD, count)
        return lambda x: (x - mean_D[None]) @ direction_DxK

    return fit
