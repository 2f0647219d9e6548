"""Centres for radial units: the means of groups of examples that lie together (Lloyd 1982)."""

import numpy as np

ROUNDS = 20


def k_means(generator: np.random.Generator, x_NxD: np.ndarray, count: int) -> np.ndarray:
    """centres_MxD: `count` examples drawn at random, ROUNDS times each becoming the mean of those nearest to it."""
    centres_MxD = x_NxD[generator.choice(len(x_NxD), count, replace=False)]
    for _ in range(ROUNDS):
        nearest_N = np.argmin((centres_MxD**2).sum(1) - 2 * x_NxD @ centres_MxD.T, 1)
        belongs_MxN = (nearest_N == np.arange(count)[:, None]).astype(x_NxD.dtype)
        members_Mx1 = belongs_MxN.sum(1, keepdims=True)
        centres_MxD = np.where(members_Mx1 > 0, belongs_MxN @ x_NxD / np.maximum(members_Mx1, 1), centres_MxD)
    return centres_MxD
