"""Splits, standardisation and fingerprints of datasets."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from dl_jax.data.dataset import Dataset, Examples, generated, hold_out, spread_subset
from dl_jax.data.digits import digits
from dl_jax.errors import DataError


@pytest.fixture(scope="module")
def images():
    return digits()


def random_split(generator, count):
    return generator.normal(3.0, 5.0, (count, 2, 3)), generator.integers(0, 2, count)


@pytest.fixture
def dataset():
    generator = np.random.default_rng(0)
    return Dataset("mine", *(random_split(generator, count) for count in (40, 10, 12)), ("a", "b"), "made here")


# Holding out


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0.01, 0.99), st.integers(0, 3))
def test_the_two_parts_are_a_partition(labels, share, seed):
    y = np.array(labels)
    (x_rest, y_rest), (x_held_out, y_held_out) = hold_out(np.arange(len(y)), y, share, seed)
    assert sorted([*x_rest, *x_held_out]) == list(range(len(y)))
    np.testing.assert_array_equal(y_rest, y[x_rest])
    np.testing.assert_array_equal(y_held_out, y[x_held_out])


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0.01, 0.99))
def test_the_share_is_held_out_of_every_class(labels, share):
    y = np.array(labels)
    (_, y_rest), (_, y_held_out) = hold_out(y, y, share)
    for label, count in zip(*np.unique(y, return_counts=True), strict=True):
        count_held_out = np.sum(y_held_out == label)
        assert np.sum(y_rest == label) >= 1
        if count > 1:
            assert count_held_out >= 1
            assert abs(count_held_out - share * count) <= 1


def test_holding_out_depends_on_the_seed_alone():
    x, y = np.arange(100), np.arange(100) % 3
    (again, _), (_, _) = hold_out(x, y, 0.3)
    np.testing.assert_array_equal(hold_out(x, y, 0.3)[0][0], again)
    assert not np.array_equal(hold_out(x, y, 0.3, seed=1)[0][0], again)


# Standardising


def test_standardized_equals_the_scaler_of_scikit_learn(dataset):
    scaler = StandardScaler().fit(dataset.train[0].reshape(40, 6))
    for ours, (x, y) in zip(dataset.standardized(), (dataset.train, dataset.validation, dataset.test), strict=True):
        assert ours.x.dtype == np.float32
        assert ours.y.dtype == np.int32
        np.testing.assert_allclose(ours.x, scaler.transform(x.reshape(len(x), 6)), atol=1e-5)
        np.testing.assert_array_equal(ours.y, y)


def test_standardized_digits_equal_the_scaler_of_scikit_learn(images):
    x = images.train[0].reshape(len(images.train[0]), 64).astype(float)
    expected = StandardScaler().fit(x).transform(images.test[0].reshape(-1, 64).astype(float))
    varies = x.std(0) > 0
    standardized = images.standardized().test.x
    np.testing.assert_allclose(standardized[:, varies], expected[:, varies], atol=1e-4)
    assert not standardized[:, ~varies].any()


@pytest.mark.parametrize("constant", [0.0, 7.0, 1e5, -0.1])
def test_a_constant_input_becomes_zero(dataset, constant):
    x = dataset.train[0].copy()
    x[:, 0, 0] = constant
    splits = replace(dataset, train=(x, dataset.train[1])).standardized()
    assert not splits.train.x[:, 0].any()
    assert not splits.test.x[:, 0].any()


def test_standardisation_uses_the_training_split_alone(dataset):
    shifted = replace(dataset, test=(1e3 + dataset.test[0], dataset.test[1]))
    np.testing.assert_array_equal(shifted.standardized().train.x, dataset.standardized().train.x)
    np.testing.assert_array_equal(shifted.standardized().validation.x, dataset.standardized().validation.x)


# Fingerprints


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_the_fingerprint_changes_with_one_pixel_label_dtype_or_shape(dataset, part):
    x, y = getattr(dataset, part)
    pixel, label = x.copy(), y.copy()
    pixel[3, 1, 2] = np.nextafter(pixel[3, 1, 2], 10)
    label[2] = 1 - label[2]
    changes = [
        (pixel, y),
        (x, label),
        (x.astype(np.float32), y),
        (x.reshape(len(x), 6), y),
        (x[::-1], y),
        (x[1:], y[1:]),
    ]
    fingerprints = {replace(dataset, **{part: change}).fingerprint for change in changes}
    assert len(fingerprints | {dataset.fingerprint}) == len(changes) + 1


def test_the_fingerprint_depends_on_the_content_alone(dataset):
    copy = replace(dataset, train=(np.asfortranarray(dataset.train[0]), dataset.train[1].copy()), name="other")
    assert copy.fingerprint == dataset.fingerprint
    assert replace(dataset, validation=dataset.test, test=dataset.validation).fingerprint != dataset.fingerprint
    assert len(dataset.fingerprint) == 12
    int(dataset.fingerprint, 16)


# Digits


def test_splits_of_the_digits_are_disjoint(images):
    parts = images.train, images.validation, images.test
    assert [len(y) for _, y in parts] == [1079, 359, 359]
    assert images.train[0].dtype == np.uint8
    assert images.train[0].shape[1:] == (8, 8)
    pixels = [{x.tobytes() for x in part[0]} for part in parts]
    assert sum(map(len, pixels)) == len(set.union(*pixels)) == 1797
    for _, y in parts:
        np.testing.assert_allclose(np.bincount(y) / len(y), 0.1, atol=0.01)


# Generated splits


def test_generated_splits_are_independent_and_reproducible():
    def draw(key, count):
        x = jax.random.uniform(key, (count, 1))
        return Examples(x, (x[:, 0] > 0.5).astype(jnp.int32))

    splits = generated(draw, train=50, rest=20)
    first = splits(jax.random.key(0))
    assert [len(part.y) for part in first] == [50, 20, 20]
    assert len(np.unique(np.concatenate([part.x for part in first]))) == 90
    np.testing.assert_array_equal(splits(jax.random.key(0)).test.x, first.test.x)
    assert not np.array_equal(splits(jax.random.key(1)).test.x, first.test.x)


# Images


def test_images_keep_their_shape_and_channels_are_standardised_over_the_training_split():
    generator = np.random.default_rng(0)
    rgb = generator.integers(0, 255, (30, 5, 4, 3)).astype(np.uint8) // np.array([1, 2, 5], np.uint8)
    pair = rgb, np.zeros(30, int)
    splits = Dataset("mine", pair, pair, (rgb[:7], pair[1][:7]), ("a",), "made here").images()
    assert splits.train.x.shape == (30, 5, 4, 3)
    assert splits.test.x.dtype == np.float32
    np.testing.assert_allclose(splits.train.x.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(splits.train.x.std((0, 1, 2)), 1, rtol=1e-5)
    np.testing.assert_array_equal(splits.test.x, splits.train.x[:7])


def test_grey_images_get_a_channel_axis(images):
    splits = images.images()
    assert splits.train.x.shape[1:] == (8, 8, 1)
    shift, scale = images.train[0].mean(), images.train[0].std()
    np.testing.assert_allclose(splits.test.x[..., 0], (images.test[0] - shift) / scale, atol=1e-5)


def test_rows_of_numbers_are_not_images(dataset):
    rows = replace(dataset, train=(dataset.train[0].reshape(40, -1), dataset.train[1]))
    with pytest.raises(DataError, match="rows of numbers"):
        rows.images()


def test_a_spread_subset_covers_all_classes_of_a_sorted_dataset():
    sorted_by_class = Examples(np.arange(1000), np.repeat(np.arange(10), 100))
    subset = spread_subset(sorted_by_class, 50)
    assert np.bincount(subset.y).tolist() == [5] * 10
    np.testing.assert_array_equal(sorted_by_class.y[subset.x], subset.y)
    assert np.bincount(spread_subset(Examples(np.arange(1024), np.arange(1024) % 2), 64).y).min() > 20
    assert len(spread_subset(sorted_by_class, 5000).x) == 1000
