"""Pictures that each seed draws anew."""

import numpy as np
import pytest

from dl_jax.data.dataset import Dataset
from experiments.image_recognition.pictures import MOST_TEST, MOST_TRAINING, pictures

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def dataset(counts=(60, 20, 40), official_test=False):
    """Pictures of 4 x 4 pixels that are all different, of two classes."""
    total, parts, at = sum(counts), [], 0
    values = np.tile(15 * np.arange(16, dtype=np.uint8), (total, 1))
    x = np.random.default_rng(0).permuted(values, axis=1).reshape(total, 4, 4)
    for count in counts:
        parts.append((x[at : at + count], np.arange(count) % 2))
        at += count
    return Dataset("some", *parts, ("even", "odd"), "planted", official_test)


def names(part):
    """The order of a picture's pixels by value, which no scaling changes."""
    x_NxD = np.asarray(part.x).reshape(len(part.x), -1)
    return {tuple(np.argsort(row)) for row in x_NxD}


def test_half_of_what_there_is_is_for_the_test_and_no_picture_is_in_two_splits():
    splits = pictures(dataset()).of(0)
    assert [len(part.y) for part in splits] == [40, 20, 60]
    assert not names(splits.train) & names(splits.test)
    assert not names(splits.validation) & (names(splits.test) | names(splits.train))


def test_no_two_seeds_share_their_draw():
    one, other = (pictures(dataset()).of(seed) for seed in (0, 1))
    for part, others in zip(one, other, strict=True):
        assert names(part) != names(others)


def test_an_official_test_stays_apart_and_is_resampled():
    given = dataset((60, 20, 40), official_test=True)
    one, other = (pictures(given).of(seed) for seed in (0, 1))
    official = {tuple(np.argsort(row)) for row in given.test[0].reshape(40, -1)}
    for splits in (one, other):
        assert names(splits.test) <= official
        assert not names(splits.train) & official
    assert not np.array_equal(one.test.x, other.test.x)


def test_so_many_examples_and_half_as_many_for_validation():
    splits = pictures(dataset((60, 30, 40), official_test=True), examples=30).of(0)
    assert [len(part.y) for part in splits] == [30, 15, 40]
    assert names(splits.train) != names(pictures(dataset((60, 30, 40), official_test=True), examples=30).of(1).train)


def test_tests_are_bounded():
    shapes = pictures(dataset((60, 20, MOST_TEST + 50), official_test=True)).shapes
    assert len(shapes.test.y) == MOST_TEST
    assert len(pictures(dataset((MOST_TRAINING + 50, 20, 40), official_test=True)).shapes.train.y) == MOST_TRAINING
