"""k-means clustering, for the centres of radial units (Lloyd 1982)."""

import numpy as np

ITERATIONS = 20


def k_means(generator: np.random.Generator, x_NxD: np.ndarray, count: int) -> np.ndarray:
    """Return centres_MxD after ITERATIONS of Lloyd's algorithm, started from `count` random examples.

    A centre that is nearest to no example stays where it is.
    """
    centres_MxD = x_NxD[generator.choice(len(x_NxD), count, replace=False)]
    for _ in range(ITERATIONS):
        nearest_N = np.argmin((centres_MxD**2).sum(1) - 2 * x_NxD @ centres_MxD.T, 1)
        belongs_MxN = (nearest_N == np.arange(count)[:, None]).astype(x_NxD.dtype)
        members_Mx1 = belongs_MxN.sum(1, keepdims=True)
        centres_MxD = np.where(members_Mx1 > 0, belongs_MxN @ x_NxD / np.maximum(members_Mx1, 1), centres_MxD)
    return centres_MxD
