"""What the machine is shown: examples with their labels, in splits that are kept apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import jax
import numpy as np

from dl_jax.errors import DataError


class Examples(NamedTuple):
    """x_NxD (float32; rows are examples) and y_N (int32 labels) or y_NxC (float32 targets)."""

    x: jax.Array
    y: jax.Array


class Splits(NamedTuple):
    """To learn from, to choose settings on, and to judge by: no example is in two of them."""

    train: Examples
    validation: Examples
    test: Examples


class Stream(NamedTuple):
    """Labelled examples that are too many for memory: any step's batch by its number.

    example: the shapes and types of one example, x_D... and y, as jax.ShapeDtypeStruct.
    count:   examples in one pass.
    batches: (first_step, steps, batch_size) -> x_TxBxD..., y_TxB, NumPy. A function of its arguments alone: a training
             that resumes is shown what it would have been shown. Of several processes each is given its own part of
             every batch, B over their number.
    """

    example: Examples
    count: int
    batches: Callable[[int, int, int], Examples]


@dataclass(frozen=True)
class Dataset:
    """Examples as they came (x_NxD or x_NxHxW[xC], uint8 where the source is), with where they came from.

    Each split is a pair (x, y) of NumPy arrays, y_N in 0..C-1.
    """

    name: str
    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    class_names: tuple[str, ...]
    provenance: str

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change whenever any pixel, label or split does."""
        digest = sha256()
        for array in (*self.train, *self.validation, *self.test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:12]

    def standardized(self) -> Splits:
        """Rows of float32, every input shifted and scaled to mean 0 and variance 1 over the training examples.

        An input that never varies there stays 0. Only the training split is looked at.
        """
        x_NxD = _rows(self.train[0])
        mean_D, deviation_D = x_NxD.mean(0), x_NxD.std(0)  # in float64: a time stamp has many digits before it varies
        varies_D = deviation_D > 1e-12 * np.abs(x_NxD).max(0)
        scale_D = np.where(varies_D, 1.0 / np.where(varies_D, deviation_D, 1.0), 0.0)

        def examples(split):
            x, y = split
            return Examples(((_rows(x) - mean_D) * scale_D).astype(np.float32), y.astype(np.int32))

        return Splits(examples(self.train), examples(self.validation), examples(self.test))

    def images(self) -> Splits:
        """x_NxHxWxC of float32, every colour shifted and scaled to mean 0 and variance 1 over all training pixels.

        Neighbours stay comparable, as a convolution needs. Only the training split is looked at. DataError if the
        examples are rows.
        """
        if self.train[0].ndim < 3:
            raise DataError(f"{self.name} holds rows of numbers, and a convolution takes images: x of N x H x W [x C]")
        x_NxHxWxC = _coloured(self.train[0])
        mean_C = x_NxHxWxC.mean((0, 1, 2), dtype=np.float64)
        deviation_C = np.maximum(x_NxHxWxC.std((0, 1, 2), dtype=np.float64), 1e-12)

        def examples(split):
            x, y = split
            return Examples(((_coloured(x) - mean_C) / deviation_C).astype(np.float32), y.astype(np.int32))

        return Splits(examples(self.train), examples(self.validation), examples(self.test))


def _coloured(x):
    return x if x.ndim == 4 else x[..., None]


def _rows(x):
    return np.asarray(x, np.float64).reshape(len(x), -1)


def hold_out(x: np.ndarray, y: np.ndarray, share: float, seed: int = 0) -> tuple[tuple, tuple]:
    """Two disjoint pairs (x, y): the rest, and `share` of every class (at least one of each), drawn at random.

    A class with a single example stays in the first.
    """
    generator = np.random.default_rng(seed)
    held = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = generator.permutation(np.flatnonzero(y == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held[members[:count]] = True
    return (x[~held], y[~held]), (x[held], y[held])


def two_classes(dataset: Dataset, first: Sequence[int], second: Sequence[int]) -> Splits:
    """The standardised examples with these labels, and 0 or 1 for the kind. DataError where a label is not there."""
    kinds = [*first, *second]
    if len(set(kinds)) < len(kinds) or max(kinds) >= len(dataset.class_names):
        last = len(dataset.class_names) - 1
        raise DataError(f"the labels of {dataset.name} go from 0 to {last}; each belongs to one kind at most")

    def chosen(examples):
        ours_N = np.isin(examples.y, kinds)
        return Examples(examples.x[ours_N], np.isin(examples.y[ours_N], second).astype(np.int32))

    return Splits(*map(chosen, dataset.standardized()))


def generated(
    draw: Callable[[jax.Array, int], Examples], train: int, rest: int = 1024
) -> Callable[[jax.Array], Splits]:
    """key -> three independent draws: `train` examples to learn from, `rest` to choose by and `rest` to judge by."""

    def splits(key):
        key_train, key_validation, key_test = jax.random.split(key, 3)
        return Splits(draw(key_train, train), draw(key_validation, rest), draw(key_test, rest))

    return splits


def spread_subset(examples: Examples, count: int) -> Examples:
    """At most `count` examples, evenly spaced: many sets are sorted by class."""
    index = np.unique(np.linspace(0, len(examples.x) - 1, min(count, len(examples.x))).astype(int))
    return Examples(examples.x[index], examples.y[index])
