"""Metrics of locality on scores that are right in known regions."""

import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from experiments.gaussian_kernel_locality.extrapolation import PlaneSplits
from experiments.gaussian_kernel_locality.metrics import (
    ALL,
    AWAY,
    DISTANCES,
    FARTHEST,
    SHIFTED,
    evaluate,
    evaluate_by_distance,
    evaluate_images,
)


def by_coordinates(metric):
    """{coordinates: value} of a metric that is a list of `named` scalars."""
    return {tuple(dict(each.at).values()): float(each.value) for each in metric}


def test_accuracy_is_that_of_each_split():
    right, half = Examples(jnp.eye(2), jnp.array([0, 1])), Examples(jnp.eye(2), jnp.array([0, 0]))
    metrics = evaluate(lambda x: x, Splits(right, half, right))
    assert metrics == {"validation_accuracy": 0.5, "test_accuracy": 1.0}


def test_the_farthest_quarter_of_the_images_is_that_by_the_distance_to_all_training_images():
    """Test images 0 to 7 on a line; training images at its start: the farthest two are 6 and 7. Scores fail on 7."""
    x_NxHxW = jnp.zeros((8, 2, 2)).at[:, 0, 0].set(jnp.arange(8.0))
    test, train = Examples(x_NxHxW, jnp.zeros(8, int)), Examples(x_NxHxW[:2], jnp.zeros(2, int))
    metrics = evaluate_images(lambda x: jnp.eye(2)[(x[:, 0, 0] > 6.5).astype(int)], Splits(train, train, test))
    assert by_coordinates(metrics["test_accuracy"]) == {(ALL,): 7 / 8, (FARTHEST,): 0.5}
    assert by_coordinates(metrics["test_distance"]) == {(ALL,): 21 / 8, (FARTHEST,): 5.5}  # examples are 1 apart
    assert metrics["validation_accuracy"] == 1


def test_images_with_channels_are_also_scored_after_a_shift():
    """Scores see the upper row, from which the shift moves the bright pixel."""
    x_NxHxWx1 = jnp.zeros((4, 4, 4, 1)).at[:, 0, 0].set(1.0)
    examples = Examples(x_NxHxWx1, jnp.ones(4, int))
    metrics = evaluate_images(lambda x: jnp.eye(2)[x[:, 0, 0, 0].astype(int)], Splits(examples, examples, examples))
    assert by_coordinates(metrics["test_accuracy"]) == {(ALL,): 1.0, (FARTHEST,): 1.0, (SHIFTED,): 0.0}


def points(distances):
    """A test point at each distance to the only example near the origin, at (1, 0); all are of class 1."""
    x_Nx2 = jnp.stack([1.0 + jnp.asarray(distances), jnp.zeros(len(distances))], 1)
    one = Examples(jnp.array([[1.0, 0.0]]), jnp.array([1]))
    return PlaneSplits(one, one, Examples(x_Nx2, jnp.ones(len(distances), int)), one)


def test_accuracy_falls_into_the_bin_of_the_distance():
    splits = points([0.1, 0.3, 0.7, 0.9, 1.5, 3.0, 50.0])
    accuracy = evaluate_by_distance(lambda x: jnp.eye(2)[(x[:, 0] < 1.8).astype(int)], splits)["test_accuracy"]
    assert accuracy.labels() == {"distance": DISTANCES[:-1]}
    np.testing.assert_allclose(accuracy.value, [1, 1, 0.5, 0, 0, 0])


def test_a_bin_without_points_has_no_accuracy():
    accuracy = evaluate_by_distance(lambda x: jnp.eye(2)[jnp.ones(len(x), int)], points([0.1]))["test_accuracy"]
    np.testing.assert_array_equal(np.isnan(accuracy.value), [False, True, True, True, True, True])


@pytest.mark.parametrize(("excess", "expected"), [(0.0, 0.0), (0.25, 0.25)])
def test_scores_are_compared_with_the_mean_target_far_away_only(excess, expected):
    """The only target is class 1, so that the constant is (0, 1); scores near the origin are something else."""

    def scores(x_Nx2):
        far_Nx1 = (jnp.linalg.norm(x_Nx2, axis=1, keepdims=True) > 0.99 * AWAY).astype(jnp.float32)
        return far_Nx1 * jnp.array([[excess, 1.0]]) + (1 - far_Nx1) * 5.0

    assert evaluate_by_distance(scores, points([0.1, 3.0]))["test_unlike_constant"] == pytest.approx(expected)
