"""The pictures that a seed learns from and is tested on."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.dataset import Dataset, Examples, Splits, hold_out
from dl_jax.training.batches import subsample

MOST_TRAINING, MOST_TEST = 3000, 10_000
"""Examples of a seed, at most, where the flag leaves them open."""


def pictures(dataset: Dataset, examples: int = 0) -> BySeed[Splits]:
    """Return x_NxHxWxC that each seed draws anew: `examples` for training, and half as many for validation.

    Without an official test, half of all examples are for the test, at most MOST_TEST. examples: 0 for all that are
    left, at most MOST_TRAINING.
    """
    dataset = dataset if dataset.official_test or dataset.redraw else _with_half_for_the_test(dataset)
    count = min(examples or MOST_TRAINING, len(dataset.train[1]))

    def drawn(key, splits):
        train, validation = (_drawn(key, part, most) for part, most in zip(splits, (count, count // 2), strict=False))
        return Splits(train, validation, Examples(*(part[:MOST_TEST] for part in splits.test)))

    return dataset.by_seed(images=True).map_with_key(drawn)


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
