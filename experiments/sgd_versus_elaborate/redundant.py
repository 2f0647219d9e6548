"""Many examples that say nearly the same: every image several times, moved by a pixel and with noise."""

import numpy as np

from dl_jax.data.dataset import Examples, Splits

NOISE = 0.3
"""Standard deviation that is added to every pixel, of which the standard deviation is 1 (`Dataset.images`)."""


def redundant(splits: Splits, copies: int, seed: int = 0) -> Splits:
    """The splits, with every training image (x_NxHxWxC) `copies` times: once as it is, the others changed at random.

    A changed copy is moved by -1, 0 or 1 pixels down and across, the gap filled with the lowest value there is.
    The examples to choose and to judge by stay as they are.
    """
    x_NxHxWxC, y_N = (np.asarray(part) for part in splits.train)
    generator, every = np.random.default_rng(seed), [x_NxHxWxC]
    height, width = x_NxHxWxC.shape[1:3]
    around = np.pad(x_NxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=x_NxHxWxC.min())
    for _ in range(copies - 1):
        down_N, across_N = generator.integers(0, 3, (2, len(y_N)))
        row_NxH, column_NxW = down_N[:, None] + np.arange(height), across_N[:, None] + np.arange(width)
        moved = around[np.arange(len(y_N))[:, None, None], row_NxH[:, :, None], column_NxW[:, None, :]]
        every.append((moved + NOISE * generator.normal(size=moved.shape)).astype(x_NxHxWxC.dtype))
    return splits._replace(train=Examples(np.concatenate(every), np.tile(y_N, copies)))
