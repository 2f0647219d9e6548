"""Linear CKA: 1 for rotations, 0 for independent features, and equal to its closed form."""

import jax
import numpy as np
import pytest

from dl_jax.measures.similarity import centered_gram, linear_cka

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 8)).astype(np.float32)


def test_rotation_scale_and_offset_leave_it_at_1():
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(8, 8)))
    np.testing.assert_allclose(linear_cka([X, 3 * X @ rotation.astype(np.float32) + 1]), np.ones((2, 2)), atol=1e-4)


def test_independent_features_of_any_width_have_expectation_0():
    of_pair = jax.jit(lambda x, y: linear_cka([x, y])[0, 1])
    cka = [of_pair(*(RANDOM.normal(size=(30, width)).astype(np.float32) for width in (5, 300))) for _ in range(100)]
    assert abs(np.mean(cka)) < 4 * np.std(cka) / 10


def test_it_agrees_with_the_printed_unbiased_hsic():
    """Song et al. (2007), equation 4: trace(KL) + sum K sum L / (n-1)(n-2) - 2 sum KL / (n-2), over n (n-3)."""
    y, count = (X[:, :3] + RANDOM.normal(size=(60, 3))).astype(np.float32), len(X)
    grams = []
    for x in (X, y):
        x = x - x.mean(0)
        gram = x @ x.T / np.mean(np.sum(x**2, 1))
        np.fill_diagonal(gram, 0)
        grams.append(gram)

    def hsic(k, m):
        correction = k.sum() * m.sum() / (count - 1) / (count - 2) - 2 * (k @ m).sum() / (count - 2)
        return (np.trace(k @ m) + correction) / count / (count - 3)

    expected = hsic(*grams) / np.sqrt(hsic(grams[0], grams[0]) * hsic(grams[1], grams[1]))
    np.testing.assert_allclose(linear_cka([X, y])[0, 1], expected, atol=1e-4)


def test_centered_gram_has_zero_diagonal_and_row_sums():
    gram_NxN = centered_gram(X)
    np.testing.assert_array_equal(np.diag(gram_NxN), 0)
    np.testing.assert_allclose(gram_NxN.sum(1), 0, atol=1e-4)
