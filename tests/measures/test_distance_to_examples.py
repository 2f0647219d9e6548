"""Distances against SciPy, and means over bins of distance by hand."""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from dl_jax.measures.distance_to_examples import by_distance, distance_to_nearest, farthest_quarter, median_distance

X = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
ASKED = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)


def test_distances_are_scipys():
    np.testing.assert_allclose(distance_to_nearest(X, ASKED), cdist(ASKED, X).min(1), atol=1e-5)
    np.testing.assert_allclose(median_distance(X), np.median(pdist(X)), rtol=1e-5)


def test_the_mean_in_each_bin():
    found = by_distance(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.2, 1.0, 5.0]), (0.0, 1.0, 2.0, 3.0))
    np.testing.assert_array_equal(found, [0.5, 1.0, np.nan])


def test_the_farthest_quarter():
    assert farthest_quarter(np.arange(8.0), np.array([5.0, 1, 2, 9, 0, 3, 4, 1])) == (0 + 3) / 2
