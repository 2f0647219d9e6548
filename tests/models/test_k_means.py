"""k-means against scikit-learn from the same start."""

import numpy as np
from sklearn.cluster import KMeans

from dl_jax.models.k_means import ROUNDS, k_means


def test_it_is_scikit_learns_from_the_same_start():
    x_NxD = np.random.default_rng(1).normal(size=(300, 4))
    start = x_NxD[np.random.default_rng(0).choice(300, 6, replace=False)]
    theirs = KMeans(6, init=start, n_init=1, max_iter=ROUNDS, tol=0, algorithm="lloyd").fit(x_NxD).cluster_centers_
    np.testing.assert_allclose(k_means(np.random.default_rng(0), x_NxD, 6), theirs, rtol=1e-9)


def test_groups_far_apart_are_found_at_their_means():
    group = np.repeat([[0.0, 0.0], [100.0, 0.0]], 50, 0) + np.random.default_rng(0).normal(size=(100, 2))
    found = k_means(np.random.default_rng(3), group, 2)
    np.testing.assert_allclose(found[np.argsort(found[:, 0])], [group[:50].mean(0), group[50:].mean(0)], rtol=1e-9)


def test_as_many_centres_as_examples_are_the_examples():
    x_NxD = np.random.default_rng(0).normal(size=(5, 2))
    assert sorted(k_means(np.random.default_rng(0), x_NxD, 5).tolist()) == sorted(x_NxD.tolist())
