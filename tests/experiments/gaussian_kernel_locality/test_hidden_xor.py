"""Hidden XOR: the two directions, recovered from the moments of the data."""

import jax
import numpy as np
import pytest

from experiments.gaussian_kernel_locality.hidden_xor import REST, hidden_xor


@pytest.mark.parametrize("dimensions", [2, 5, 8])
def test_two_directions_determine_the_class_and_no_other_matters(dimensions):
    splits = hidden_xor(jax.random.key(0), dimensions, 8, 20000)
    x_NxD, sign_N = np.asarray(splits.train.x, float), 2.0 * np.asarray(splits.train.y) - 1
    assert np.all(x_NxD[:, dimensions:] == 0)
    assert np.mean(x_NxD**2) == pytest.approx(1.0, abs=0.03)
    # E[sign(u v) x x^T] is (2 / pi) (u v^T + v u^T) for unit u, v: eigenvalues +-2 / pi, and 0 for all else.
    moment = (x_NxD * sign_N[:, None]).T @ x_NxD / len(x_NxD) * dimensions / 8
    values, vectors = np.linalg.eigh(moment)
    expected = np.sort([2 / np.pi, -2 / np.pi, *[0.0] * 6])
    np.testing.assert_allclose(values, expected, atol=0.06)
    u, v = vectors[:, -1] + vectors[:, 0], vectors[:, -1] - vectors[:, 0]
    assert np.mean(np.sign((x_NxD @ u) * (x_NxD @ v)) == sign_N) > 0.95
    assert np.abs(x_NxD.T @ sign_N / len(x_NxD)).max() < 0.06


def test_splits_are_different_examples_of_one_task():
    splits = hidden_xor(jax.random.key(0), 3, 4, 10)
    assert [len(split.x) for split in splits] == [10, REST, REST]
    assert not np.array_equal(splits.validation.x, splits.test.x)
