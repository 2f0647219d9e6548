"""Pictures as ink that each seed draws anew, moved, and as features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Dataset, Examples, Splits
from experiments.hand_designed_features.pictures import ink, moved, pictures, scaled, with_features

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def dataset(count=48, side=4):
    """Pictures with equally many pixels of every gray, each in another order; the label is the picture's number."""
    values = np.tile(np.arange(side**2, dtype=np.uint8), (count, 1))
    x = np.random.default_rng(0).permuted(values, axis=1).reshape(count, side, side)
    y = np.arange(count) % 2
    return Dataset("some", (x[:20], y[:20]), (x[20:30], y[20:30]), (x[30:], y[30:]), ("even", "odd"), "planted")


def names(part):
    return {tuple(np.round(15 * row).astype(int)) for row in np.asarray(part.x).reshape(len(part.x), -1)}


def test_every_seed_has_its_own_pictures_half_of_them_for_the_test():
    data = pictures(dataset())
    one, other = data.of(0), data.of(1)
    assert [len(part.y) for part in one] == [16, 8, 24]
    assert len(names(one.train) | names(one.validation) | names(one.test)) == 48
    assert all(names(part) != names(others) for part, others in zip(one, other, strict=True))


def test_the_background_is_0_and_the_darkest_training_pixel_1():
    x_NxHxWxC = np.random.default_rng(0).normal(size=(6, 5, 5, 3)).astype(np.float32)
    part = Examples(jnp.asarray(x_NxHxWxC), jnp.zeros(6, int))
    splits = ink(Splits(part, part._replace(x=part.x - 100), part._replace(x=part.x + 100)))
    gray = x_NxHxWxC.mean(-1)
    np.testing.assert_allclose(splits.train.x, (gray - gray.min()) / (gray.max() - gray.min()), atol=1e-5)
    assert splits.validation.x.max() == 0.0
    assert splits.test.x.min() == 1.0


def test_moved_four_ways_with_background_coming_in():
    picture = np.arange(1.0, 10.0, dtype=np.float32).reshape(1, 3, 3)
    down, up, right, left = moved(Examples(picture, np.array([7])), 1).x
    np.testing.assert_array_equal(down, [[0, 0, 0], [1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(up, [[4, 5, 6], [7, 8, 9], [0, 0, 0]])
    np.testing.assert_array_equal(right, [[0, 1, 2], [0, 4, 5], [0, 7, 8]])
    np.testing.assert_array_equal(left, [[2, 3, 0], [5, 6, 0], [8, 9, 0]])
    assert list(moved(Examples(picture, np.array([7])), 1).y) == [7] * 4


def test_few_examples_are_the_first_of_all_and_what_is_fitted_is_fitted_to_them_alone():
    data = pictures(dataset())
    few, every = (with_features(data, lambda ink_HxW: ink_HxW.reshape(-1), size, 1).of(3) for size in (5, 16))
    assert [len(part.y) for part in few] == [5, 8, 24, 96]
    np.testing.assert_array_equal(few.train.y, every.train.y[:5])
    raw = data.of(3)
    first_NxD = np.asarray(raw.train.x[:5]).reshape(5, -1)
    scale = np.sqrt(np.mean((first_NxD - first_NxD.mean(0)) ** 2))
    np.testing.assert_allclose(
        few.test.x, (np.asarray(raw.test.x).reshape(24, -1) - first_NxD.mean(0)) / scale, rtol=1e-3, atol=1e-4
    )
    assert with_features(data, lambda ink_HxW: ink_HxW.reshape(-1), 5).of(3).moved is None


def test_a_feature_that_never_varies_stays_finite():
    assert np.isfinite(scaled(jnp.ones((5, 3)))(jnp.ones((2, 3)))).all()


def test_a_key_gives_the_pictures_of_its_seed():
    data = with_features(pictures(dataset()), lambda ink_HxW: ink_HxW.reshape(-1), 5)
    key = jax.random.split(jax.random.key(2), 3)[0]
    np.testing.assert_allclose(data(key).test.x, data.of(2).test.x, rtol=1e-5, atol=1e-6)
