"""Scatter: Gaussians of known means and spread, and changes that redraw some of them."""

import jax
import numpy as np
import pytest

from experiments.feature_hierarchy.scatter import scatter_ratio, share_between, share_moved

pytestmark = pytest.mark.usefixtures("quick_to_compile")

RANDOM = np.random.default_rng(0)


def gaussians(apart, count=4000, width=10, classes=4):
    """Classes whose means lie on the axes, `apart` from 0: the variance of the means is apart^2 (1 - 1/C)."""
    label_N = RANDOM.integers(0, classes, count)
    x_NxD = RANDOM.normal(size=(count, width))
    x_NxD[np.arange(count), label_N] += apart
    return x_NxD.astype(np.float32), label_N


@pytest.mark.parametrize("apart", [0.0, 1.0, 5.0])
def test_gaussians_have_the_ratio_of_their_variances(apart):
    expected = apart**2 * (1 - 1 / 4) / 10
    np.testing.assert_allclose(scatter_ratio(*gaussians(apart), 4), expected, rtol=0.05, atol=2e-3)
    np.testing.assert_allclose(share_between(*gaussians(apart), 4), expected / (1 + expected), rtol=0.05, atol=2e-3)


def test_few_examples_of_equal_classes_have_ratio_0_on_average():
    ratio = jax.jit(lambda x_NxD, label_N: scatter_ratio(x_NxD, label_N, 4))
    ratios = [ratio(*gaussians(0.0, count=12)) for _ in range(300)]
    assert abs(np.mean(ratios)) < 3 * np.std(ratios) / np.sqrt(300) + 0.02


def test_scale_offset_and_absent_classes_do_not_matter():
    x_NxD, label_N = gaussians(1.0, 200)
    np.testing.assert_allclose(scatter_ratio(7 * x_NxD + 2, label_N, 9), scatter_ratio(x_NxD, label_N, 4), rtol=1e-3)


def test_a_change_that_redraws_all_moves_by_1_and_one_that_is_ignored_by_0():
    x_NxD, _ = gaussians(0.0)
    again_NxD, _ = gaussians(0.0, count=1000)
    np.testing.assert_allclose(share_moved(7 * x_NxD + 2, 7 * again_NxD + 2), 1.0, rtol=0.02)
    np.testing.assert_allclose(share_moved(x_NxD, x_NxD[:1000]), 0.0)
    half_NxD = np.concatenate([x_NxD[:1000, :5], again_NxD[:, 5:]], 1)
    np.testing.assert_allclose(share_moved(x_NxD, half_NxD), np.sqrt(0.5), rtol=0.02)
