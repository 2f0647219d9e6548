"""k-means against scikit-learn with the same initial centres."""

import numpy as np
from sklearn.cluster import KMeans

from dl_jax.models.k_means import ITERATIONS, k_means


def test_centres_equal_those_of_scikit_learn():
    x_NxD = np.random.default_rng(1).normal(size=(300, 4))
    start = x_NxD[np.random.default_rng(0).choice(300, 6, replace=False)]
    theirs = KMeans(6, init=start, n_init=1, max_iter=ITERATIONS, tol=0, algorithm="lloyd").fit(x_NxD).cluster_centers_
    np.testing.assert_allclose(k_means(np.random.default_rng(0), x_NxD, 6), theirs, rtol=1e-9)


def test_centres_of_distant_clusters_are_their_means():
    x_NxD = np.repeat([[0.0, 0.0], [100.0, 0.0]], 50, 0) + np.random.default_rng(0).normal(size=(100, 2))
    centres = k_means(np.random.default_rng(3), x_NxD, 2)
    expected = [x_NxD[:50].mean(0), x_NxD[50:].mean(0)]
    np.testing.assert_allclose(centres[np.argsort(centres[:, 0])], expected, rtol=1e-9)


def test_n_centres_of_n_examples_are_the_examples():
    x_NxD = np.random.default_rng(0).normal(size=(5, 2))
    assert sorted(k_means(np.random.default_rng(0), x_NxD, 5).tolist()) == sorted(x_NxD.tolist())
