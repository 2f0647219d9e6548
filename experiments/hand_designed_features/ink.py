"""Pictures as ink on paper: one number for each pixel, 0 for the background."""

import numpy as np

from dl_jax.data.dataset import Dataset, Examples, Splits
from dl_jax.errors import DataError


def ink(dataset: Dataset) -> Splits:
    """Return x_NxHxW of float32, colours averaged: the least value of all training pixels is 0, the largest 1.

    Moments and gradients need a background of 0. DataError if the examples are rows.
    """
    if dataset.train[0].ndim < 3:
        raise DataError(f"{dataset.name} has rows of numbers, and this takes pictures: x of N x H x W [x C]")
    low, high = float(dataset.train[0].min()), float(dataset.train[0].max())

    def examples(split):
        x, y = split
        x_NxHxW = x.astype(np.float32) if x.ndim == 3 else x.mean(-1, dtype=np.float32)
        return Examples((x_NxHxW - low) / max(high - low, 1e-12), y.astype(np.int32))

    return Splits(examples(dataset.train), examples(dataset.validation), examples(dataset.test))


def moved(pictures: Examples, by: int) -> Examples:
    """Return every picture four times: moved `by` pixels down, up, right and left, with background at the edge."""
    x_NxHxW, y_N = pictures
    height, width = x_NxHxW.shape[1:]
    wide = np.pad(x_NxHxW, ((0, 0), (by, by), (by, by)))
    corners = [(0, by), (2 * by, by), (by, 0), (by, 2 * by)]
    x = np.concatenate([wide[:, row : row + height, column : column + width] for row, column in corners])
    return Examples(x, np.tile(y_N, len(corners)))
