"""Planes beyond the examples: the rules, worked out once more, and where the examples of each split lie."""

import jax
import numpy as np
import pytest

from experiments.gaussian_kernel_locality.extrapolation import PLANES, REACH, ROTATION, TEST, beyond

KEY = jax.random.key(0)


def rule(task, x_Nx2):
    """The class of any point, from its coordinates."""
    if task == "wedges":
        return np.sin(3 * np.arctan2(x_Nx2[:, 1], x_Nx2[:, 0])) > 0
    if task == "stripes":
        return np.abs(x_Nx2 @ [-np.sin(ROTATION), np.cos(ROTATION)]) < 0.75
    return (np.floor(x_Nx2[:, 0]) + np.floor(x_Nx2[:, 1])) % 2 == 1


@pytest.mark.parametrize("task", PLANES)
@pytest.mark.parametrize("covered", [False, True])
def test_the_rule_goes_on(task, covered):
    splits = beyond(task, 1000, covered)(KEY)
    for examples in splits:
        assert np.mean(rule(task, np.asarray(examples.x, float)) == examples.y) > 0.999
        assert 0.4 < np.mean(examples.y) < 0.6
    assert len(splits.test.x) == TEST


@pytest.mark.parametrize("task", PLANES)
def test_examples_lie_near_and_test_points_far_and_wide(task):
    splits, covered = beyond(task, 1000)(KEY), beyond(task, 1000, covered=True)(KEY)
    np.testing.assert_array_equal(splits.train.x, splits.near.x)
    np.testing.assert_array_equal(splits.near.x, covered.near.x)
    np.testing.assert_array_equal(splits.test.x, covered.test.x)
    reach = {name: np.abs(np.asarray(getattr(splits, name).x)).max() for name in ("train", "validation", "test")}
    assert max(reach["train"], reach["validation"]) < 2.3
    assert REACH * 0.85 < reach["test"] < REACH * 1.1
    assert np.abs(np.asarray(covered.train.x)).max() > REACH * 0.85
