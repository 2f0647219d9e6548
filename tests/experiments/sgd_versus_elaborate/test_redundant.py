"""Copies of images: their number, their shifts, and the splits that stay as they are."""

import jax
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from experiments.sgd_versus_elaborate.redundant import NOISE, redundant

X_NxHxWxC = np.zeros((50, 6, 6, 1), np.float32)
X_NxHxWxC[:, 2, 3] = 10.0
EXAMPLES = Examples(X_NxHxWxC, np.arange(50, dtype=np.int32))
SPLITS = Splits(EXAMPLES, EXAMPLES, EXAMPLES)
KEY = jax.random.key(0)


def test_copies_keep_their_labels_and_are_shifted_by_one_pixel_at_most():
    found = redundant(KEY, SPLITS, 4)
    assert found.train.x.shape == (200, 6, 6, 1)
    assert found.train.x.dtype == np.float32
    np.testing.assert_array_equal(found.train.y, np.tile(np.arange(50), 4))
    np.testing.assert_array_equal(found.train.x[:50], X_NxHxWxC)
    copies = np.asarray(found.train.x[50:])
    positions = {divmod(int(np.argmax(x)), 6) for x in copies}
    assert positions == {(row, column) for row in (1, 2, 3) for column in (2, 3, 4)}
    assert abs(copies[copies < 5].std() - NOISE) < 0.01


def test_validation_and_test_examples_stay():
    found = redundant(KEY, SPLITS, 3)
    assert found.validation is SPLITS.validation
    assert found.test is SPLITS.test
    np.testing.assert_array_equal(redundant(KEY, SPLITS, 1).train.x, X_NxHxWxC)


def test_another_key_draws_other_copies():
    one, other = (redundant(jax.random.key(seed), SPLITS, 2).train.x[50:] for seed in (0, 1))
    assert np.mean(one != other) > 0.99
