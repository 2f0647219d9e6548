"""The pictures that a seed learns from and is tested on, as ink on paper, and the features that are made of them.

N examples, D features.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Dataset, Examples, Splits, hold_out
from dl_jax.models.hand_features.of_pictures import of_pictures
from dl_jax.training.batches import subsample

ORIGINAL, MOVED = "original", "moved"
"""Test pictures: coordinates of the axis `pictures`."""
MOVED_COUNT = 500
"""Test pictures that are also moved, at most."""
MOST_TRAINING, MOST_TEST = 3000, 10_000
"""Examples of a seed, at most, where the flag leaves them open."""


class FeatureSplits(NamedTuple):
    """Splits, and test pictures that were moved by a few pixels, where they are of use."""

    train: Examples
    validation: Examples
    test: Examples
    moved: Examples | None = None


def pictures(dataset: Dataset, examples: int = 0) -> BySeed[Splits]:
    """Return pictures x_NxHxW as ink that each seed draws anew: `examples` for training, half as many for validation.

    Without an official test, half of all examples are for the test, at most MOST_TEST. examples: 0 for all that are
    left, at most MOST_TRAINING.
    """
    dataset = dataset if dataset.official_test or dataset.redraw else _with_half_for_the_test(dataset)
    count = min(examples or MOST_TRAINING, len(dataset.train[1]))

    def drawn(key, splits):
        train, validation = (_drawn(key, part, most) for part, most in zip(splits, (count, count // 2), strict=False))
        return ink(Splits(train, validation, Examples(*(part[:MOST_TEST] for part in splits.test))))

    return dataset.by_seed(images=True).map_with_key(drawn)


def ink(images: Splits) -> Splits:
    """Average the colours of x_NxHxWxC: the least value of all training pixels becomes 0, the largest 1.

    Moments and edges need a background of 0. Values beyond those of the training pixels are cut off.
    """
    gray = [jnp.mean(x_NxHxWxC, -1) for x_NxHxWxC, _ in images]
    low, high = jnp.min(gray[0]), jnp.max(gray[0])
    inks = [jnp.clip((x_NxHxW - low) / jnp.maximum(high - low, 1e-12), 0.0, 1.0) for x_NxHxW in gray]
    return Splits(*(Examples(x, part.y) for x, part in zip(inks, images, strict=True)))


def moved(test: Examples, by: int) -> Examples:
    """Return every picture x_NxHxW four times: moved `by` pixels down, up, right and left, background coming in."""
    x_NxHxW, y_N = test
    height, width = x_NxHxW.shape[1:]
    wide = jnp.pad(x_NxHxW, ((0, 0), (by, by), (by, by)))
    corners = [(0, by), (2 * by, by), (by, 0), (by, 2 * by)]
    x = jnp.concatenate([wide[:, row : row + height, column : column + width] for row, column in corners])
    return Examples(x, jnp.tile(y_N, len(corners)))


def with_features(
    pictures: BySeed[Splits], features: Callable[[jax.Array], jax.Array], size: int, move_by: int = 0
) -> BySeed[FeatureSplits]:
    """Return features(ink_HxW) of every picture, of the first `size` training examples alone, and scaled to these.

    move_by: pixels by which the first MOVED_COUNT test pictures are also moved; 0 for none.
    """
    compute = of_pictures(features)

    def draw(shared, key):
        # Features are computed where examples are drawn, once for each trial, and not whenever it goes on.
        splits = pictures.build(shared, pictures.draw(shared, key))
        few = Examples(*(part[:size] for part in splits.train))
        first = Examples(*(part[:MOVED_COUNT] for part in splits.test))
        parts = (few, *splits[1:], *([moved(first, move_by)] if move_by else []))
        computed = FeatureSplits(*(Examples(compute(part.x), part.y) for part in parts))
        scale = scaled(computed.train.x)
        return FeatureSplits(*(part and part._replace(x=scale(part.x)) for part in computed))

    return BySeed(pictures.shared, draw, lambda shared, own: own)


def scaled(x_Nx: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """Fit a shift of each feature to mean 0, and a scale of all of them together to mean square 1.

    One scale for all: its own would enlarge a feature that hardly varies in few examples without bound.
    """
    mean = jnp.mean(x_Nx, 0, keepdims=True)
    scale = 1.0 / jnp.maximum(jnp.sqrt(jnp.mean((x_Nx - mean) ** 2)), 1e-12)
    return lambda x: (x - mean) * scale


def _drawn(key: jax.Array, examples: Examples, most: int) -> Examples:
    """`most` of the examples, or all if there are fewer, drawn without replacement."""
    count = len(examples.y)
    index_N = subsample(key, count, min(most, count))
    return Examples(*(jnp.asarray(part)[index_N] for part in examples))


def _with_half_for_the_test(dataset: Dataset) -> Dataset:
    """The dataset with a third of its examples for training, a sixth for validation and half for the test."""
    parts = dataset.train, dataset.validation, dataset.test
    x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    rest, test = hold_out(x, y, 1 / 2)
    train, validation = hold_out(*rest, 1 / 3)
    return replace(dataset, train=train, validation=validation, test=test)
