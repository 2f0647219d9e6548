"""Copies of images: their number, their shifts, and the splits that stay as they are."""

import numpy as np

from dl_jax.data.dataset import Examples, Splits
from experiments.sgd_versus_elaborate.redundant import NOISE, redundant

GENERATOR = np.random.default_rng(0)
X_NxHxWxC = np.zeros((50, 6, 6, 1), np.float32)
X_NxHxWxC[:, 2, 3] = 10.0
EXAMPLES = Examples(X_NxHxWxC, np.arange(50, dtype=np.int32))
SPLITS = Splits(EXAMPLES, EXAMPLES, EXAMPLES)


def test_copies_keep_their_labels_and_are_shifted_by_one_pixel_at_most():
    found = redundant(SPLITS, 4)
    assert found.train.x.shape == (200, 6, 6, 1)
    assert found.train.x.dtype == np.float32
    np.testing.assert_array_equal(found.train.y, np.tile(np.arange(50), 4))
    np.testing.assert_array_equal(found.train.x[:50], X_NxHxWxC)
    positions = {divmod(int(np.argmax(x)), 6) for x in found.train.x[50:]}
    assert positions == {(row, column) for row in (1, 2, 3) for column in (2, 3, 4)}
    dark = found.train.x[50:][found.train.x[50:] < 5]
    assert abs(dark.std() - NOISE) < 0.01


def test_validation_and_test_examples_stay():
    found = redundant(SPLITS, 3)
    assert found.validation is SPLITS.validation
    assert found.test is SPLITS.test
    np.testing.assert_array_equal(redundant(SPLITS, 1).train.x, X_NxHxWxC)
