"""A redundant training set: every image several times, shifted by up to a pixel and with noise."""

import numpy as np

from dl_jax.data.dataset import Examples, Splits

NOISE = 0.3
"""Standard deviation of the noise on every pixel; that of the pixels is 1 (`Dataset.images`)."""


def redundant(splits: Splits, copies: int, seed: int = 0) -> Splits:
    """Return the splits with every training image (x_NxHxWxC) `copies` times: the original, and noisy shifted copies.

    A copy is shifted by -1, 0 or 1 pixels down and across; the gap is filled with the lowest value of the images.
    Validation and test examples stay as they are. seed: of the shifts and the noise.
    """
    x_NxHxWxC, y_N = (np.asarray(part) for part in splits.train)
    generator, parts = np.random.default_rng(seed), [x_NxHxWxC]
    height, width = x_NxHxWxC.shape[1:3]
    padded = np.pad(x_NxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=x_NxHxWxC.min())
    for _ in range(copies - 1):
        down_N, across_N = generator.integers(0, 3, (2, len(y_N)))
        row_NxH, column_NxW = down_N[:, None] + np.arange(height), across_N[:, None] + np.arange(width)
        shifted = padded[np.arange(len(y_N))[:, None, None], row_NxH[:, :, None], column_NxW[:, None, :]]
        parts.append((shifted + NOISE * generator.normal(size=shifted.shape)).astype(x_NxHxWxC.dtype))
    return splits._replace(train=Examples(np.concatenate(parts), np.tile(y_N, copies)))
