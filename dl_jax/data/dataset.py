"""Labelled examples in memory or as a stream, their splits, and a dataset with its provenance."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

import jax
import numpy as np

from dl_jax.data.by_seed import BySeed
from dl_jax.data.resampling import drawn_anew, resampled_test, split_anew
from dl_jax.errors import DataError

Pair = tuple[np.ndarray, np.ndarray]
"""Raw examples of a split: x and y."""


class Examples(NamedTuple):
    """Inputs x_NxD (float32, one row per example) and labels y_N (int32) or targets y_NxC (float32).

    The arrays are JAX or NumPy arrays.
    """

    x: jax.Array
    y: jax.Array


class Splits(NamedTuple):
    """Disjoint examples to train on, to choose hyperparameters on, and to report results on."""

    train: Examples
    validation: Examples
    test: Examples


OnProgress = Callable[[str, int, int], None]
"""Called with a label, and how much of the total is done."""


class Stream(NamedTuple):
    """Labelled examples that do not fit into memory, as a function from a step to its batch.

    example: the shapes and dtypes of one example, x_D... and y, as jax.ShapeDtypeStruct.
    count:   examples per epoch.
    batches: (first_step, steps, batch_size) -> x_TxBxD..., y_TxB as NumPy arrays. It depends on its arguments alone, so
             that a resumed training gets the same batches. With several processes, each gets its own share of every
             batch: B is batch_size divided by the number of processes.
    prepare: (on_progress) -> None; what has to be done before the first batch can be read, such as writing the
             examples. A dry run does not call it. on_progress: (label, done, total) -> None.
    """

    example: Examples
    count: int  # type: ignore[assignment]
    batches: Callable[[int, int, int], Examples]
    prepare: Callable[[OnProgress], None] = lambda on_progress: None


@dataclass(frozen=True)
class Dataset:
    """Raw examples (x_NxD or x_NxHxW[xC], uint8 where the source is) in three splits, with their provenance.

    Each split is a pair (x, y) of NumPy arrays with labels y_N in 0..C-1.

    official_test: whether the test examples are those that everybody reports results on.
    redraw:        key -> as many other examples; where examples are generated. Traced.
    """

    name: str
    train: Pair
    validation: Pair
    test: Pair
    class_names: tuple[str, ...]
    provenance: str
    official_test: bool = False
    redraw: Callable[[jax.Array], Splits] | None = None

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change whenever any pixel, label or split does."""
        digest = sha256()
        for array in (*self.train, *self.validation, *self.test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:12]

    def by_seed(self, images: bool = False) -> BySeed[Splits]:
        """Return the splits that each seed draws anew, for whatever is judged over seeds.

        Rows as in `standardized`, or x_NxHxWxC as in `images`, standardised over the seed's own training split.

        generated examples: drawn by the seed, and kept as uint8.
        an official test:   drawn from it with replacement; training and validation are the same for all seeds.
        otherwise:          all examples are split anew, with as many of every class in each split as here.
        """
        form, axes = (Dataset.images, (0, 1, 2)) if images else (Dataset.standardized, (0,))
        if self.redraw is not None:
            return drawn_anew(self.redraw, axes)
        if self.official_test:
            return resampled_test(form(self))
        parts = self.train, self.validation, self.test
        count_PxC = np.stack([np.bincount(y, minlength=len(self.class_names)) for _, y in parts])
        x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return split_anew(form(replace(self, train=(x, y))).train, count_PxC, axes, Splits)

    def standardized(self) -> Splits:
        """Return rows of float32 with every input standardised to mean 0 and variance 1 over the training split.

        Inputs that are constant in the training split become 0. This is one draw of the splits: for what is about these
        examples, such as a picture of them. Over seeds, `by_seed`.
        """
        x_NxD = _rows(self.train[0])
        # float64, because inputs such as time stamps vary in their last digits only.
        mean_D, deviation_D = x_NxD.mean(0), x_NxD.std(0)
        varies_D = deviation_D > 1e-12 * np.abs(x_NxD).max(0)
        scale_D = np.where(varies_D, 1.0 / np.where(varies_D, deviation_D, 1.0), 0.0)

        def examples(split):
            x, y = split
            return Examples(((_rows(x) - mean_D) * scale_D).astype(np.float32), y.astype(np.int32))

        return Splits(examples(self.train), examples(self.validation), examples(self.test))

    def images(self) -> Splits:
        """Return x_NxHxWxC of float32 with every channel standardised over all pixels of the training split.

        One mean and variance per channel leave neighbouring pixels comparable, as convolutions need. One draw of the
        splits, as `standardized`. DataError if the examples are rows.
        """
        if self.train[0].ndim < 3:
            raise DataError(f"{self.name} has rows of numbers, and a convolution takes images: x of N x H x W [x C]")
        x_NxHxWxC = _with_channels(self.train[0])
        mean_C = x_NxHxWxC.mean((0, 1, 2), dtype=np.float64)
        deviation_C = np.maximum(x_NxHxWxC.std((0, 1, 2), dtype=np.float64), 1e-12)

        def examples(split):
            x, y = split
            return Examples(((_with_channels(x) - mean_C) / deviation_C).astype(np.float32), y.astype(np.int32))

        return Splits(examples(self.train), examples(self.validation), examples(self.test))


def _with_channels(x):
    return x if x.ndim == 4 else x[..., None]


def _rows(x):
    return np.asarray(x, np.float64).reshape(len(x), -1)


def hold_out(x: np.ndarray, y: np.ndarray, share: float, seed: int = 0) -> tuple[Pair, Pair]:
    """Split (x, y) at random into two disjoint pairs: the rest, and `share` of every class (at least one example each).

    The single example of a class stays in the first pair.
    """
    generator = np.random.default_rng(seed)
    held_out = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = generator.permutation(np.flatnonzero(y == label))
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held_out[members[:count]] = True
    return (x[~held_out], y[~held_out]), (x[held_out], y[held_out])


def generated(
    draw: Callable[[jax.Array, int], Examples], train: int, rest: int = 1024
) -> Callable[[jax.Array], Splits]:
    """Return key -> Splits of three independent draws: `train` training, `rest` validation and `rest` test examples."""

    def splits(key):
        key_train, key_validation, key_test = jax.random.split(key, 3)
        return Splits(draw(key_train, train), draw(key_validation, rest), draw(key_test, rest))

    return splits


def spread_subset(examples: Examples, count: int) -> Examples:
    """Return at most `count` examples at even distances, which covers all classes of a dataset sorted by class."""
    index = np.unique(np.linspace(0, len(examples.x) - 1, min(count, len(examples.x))).astype(int))
    return Examples(examples.x[index], examples.y[index])
