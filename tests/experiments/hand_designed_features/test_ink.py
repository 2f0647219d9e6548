"""Pictures as ink, and moved."""

import numpy as np
import pytest

from dl_jax.data.dataset import Dataset, Examples
from dl_jax.errors import DataError
from experiments.hand_designed_features.ink import ink, moved


def dataset(x):
    y = np.zeros(len(x), int)
    return Dataset("some", (x[:2], y[:2]), (x[2:3], y[2:3]), (x[3:], y[3:]), ("one",), "planted")


def test_the_background_is_0_and_the_darkest_training_pixel_1():
    x_NxHxW = np.random.default_rng(0).integers(20, 220, (4, 5, 6)).astype(np.uint8)
    splits, low, high = ink(dataset(x_NxHxW)), x_NxHxW[:2].min(), x_NxHxW[:2].max()
    assert splits.train.x.min() == 0.0
    assert splits.train.x.max() == 1.0
    np.testing.assert_allclose(splits.test.x[0], (x_NxHxW[3] - np.float32(low)) / (high - low), rtol=1e-6)
    assert all(split.x.dtype == np.float32 for split in splits)


def test_colours_are_averaged_and_rows_are_refused():
    x_NxHxWxC = np.zeros((4, 5, 6, 3), np.uint8)
    x_NxHxWxC[..., 1] = 60
    assert ink(dataset(x_NxHxWxC)).train.x.shape == (2, 5, 6)
    assert ink(dataset(x_NxHxWxC)).test.x.mean() == pytest.approx(1 / 3)
    with pytest.raises(DataError, match="takes pictures"):
        ink(dataset(np.zeros((4, 9))))


def test_moved_four_ways_with_background_coming_in():
    picture = np.arange(1.0, 10.0, dtype=np.float32).reshape(1, 3, 3)
    down, up, right, left = moved(Examples(picture, np.array([7])), 1).x
    np.testing.assert_array_equal(down, [[0, 0, 0], [1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(up, [[4, 5, 6], [7, 8, 9], [0, 0, 0]])
    np.testing.assert_array_equal(right, [[0, 1, 2], [0, 4, 5], [0, 7, 8]])
    np.testing.assert_array_equal(left, [[2, 3, 0], [5, 6, 0], [8, 9, 0]])
    assert list(moved(Examples(picture, np.array([7])), 1).y) == [7] * 4
