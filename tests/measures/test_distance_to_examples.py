"""Distances against SciPy, and averages over bins of distance by hand."""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from dl_jax.measures.distance_to_examples import (
    SAMPLE_SIZE,
    distance_to_nearest,
    mean_by_distance,
    mean_of_farthest_quarter,
    median_distance,
)

TRAIN = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
TEST = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)


def test_distances_agree_with_scipy():
    np.testing.assert_allclose(distance_to_nearest(TRAIN, TEST), cdist(TEST, TRAIN).min(1), atol=1e-5)
    np.testing.assert_allclose(median_distance(TRAIN), np.median(pdist(TRAIN)), rtol=1e-5)


def test_the_median_is_over_the_first_points_only():
    near, far = np.tile(TRAIN, (3, 1))[:SAMPLE_SIZE], 1e3 * TRAIN
    np.testing.assert_array_equal(median_distance(np.concatenate([near, far])), median_distance(near))


def test_mean_in_each_bin():
    mean_E = mean_by_distance(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.2, 1.0, 5.0]), (0.0, 1.0, 2.0, 3.0))
    np.testing.assert_array_equal(mean_E, [0.5, 1.0, np.nan])


def test_mean_of_the_farthest_quarter():
    assert mean_of_farthest_quarter(np.arange(8.0), np.array([5.0, 1, 2, 9, 0, 3, 4, 1])) == (0 + 3) / 2
