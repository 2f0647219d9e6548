"""Alignment: 1 for what is turned and scaled, 0 for what is independent, and its closed form."""

import jax
import numpy as np
import pytest

from dl_jax.measures.similarity import alignment, centred

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 8)).astype(np.float32)


def test_a_rotation_and_a_scale_change_nothing():
    turn, _ = np.linalg.qr(RANDOM.normal(size=(8, 8)))
    np.testing.assert_allclose(alignment([X, 3 * X @ turn.astype(np.float32) + 1]), np.ones((2, 2)), atol=1e-4)


def test_independent_features_are_not_alike_however_wide():
    of_pair = jax.jit(lambda x, y: alignment([x, y])[0, 1])
    found = [of_pair(*(RANDOM.normal(size=(30, width)).astype(np.float32) for width in (5, 300))) for _ in range(100)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 10


def test_it_is_the_unbiased_hsic_as_printed():
    """Song et al. (2007), equation 4: trace(KL) + sum K sum L / (n-1)(n-2) - 2 sum KL / (n-2), over n (n-3)."""
    y, count = (X[:, :3] + RANDOM.normal(size=(60, 3))).astype(np.float32), len(X)
    grams = []
    for part in (X, y):
        part = part - part.mean(0)
        gram = part @ part.T / np.mean(np.sum(part**2, 1))
        np.fill_diagonal(gram, 0)
        grams.append(gram)

    def hsic(k, m):
        off = k.sum() * m.sum() / (count - 1) / (count - 2) - 2 * (k @ m).sum() / (count - 2)
        return (np.trace(k @ m) + off) / count / (count - 3)

    expected = hsic(*grams) / np.sqrt(hsic(grams[0], grams[0]) * hsic(grams[1], grams[1]))
    np.testing.assert_allclose(alignment([X, y])[0, 1], expected, atol=1e-4)
    np.testing.assert_allclose(centred(X).sum(1), 0, atol=1e-4)
