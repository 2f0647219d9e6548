"""Metrics of a trained method on one task: accuracy, on all test points or by their distance to the examples."""

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import named
from dl_jax.measures.distance_to_examples import (
    distance_to_nearest,
    mean_by_distance,
    mean_of_farthest_quarter,
    median_distance,
)
from dl_jax.training.losses import accuracy
from experiments.gaussian_kernel_locality.shifted_images import shifted

DISTANCES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 100.0)
"""Edges of the bins of distance to the nearest training example; these lie within 0.5 to 2 units of the origin."""
ALL, FARTHEST, SHIFTED = "all", "farthest quarter", "shifted"
"""Test images: coordinates of the axis `images`."""
AWAY = 1e4
"""Units from the origin at which scores are compared with a constant."""


def evaluate(scores, splits):
    """Accuracy on validation and test examples."""
    return {
        "validation_accuracy": accuracy(scores(splits.validation.x), splits.validation.y),
        "test_accuracy": accuracy(scores(splits.test.x), splits.test.y),
    }


def evaluate_images(scores, splits):
    """The same, and accuracy on the quarter of the test images that is farthest from all training images.

    Where examples are images with channels, also on the test images after a shift. `test_distance` is the mean distance
    of these images to the nearest training image, in median distances between training images: how far is far.
    """
    train_MxD = splits.train.x.reshape(len(splits.train.x), -1)

    def of(test):
        distance_N = distance_to_nearest(train_MxD, test.x.reshape(len(test.x), -1))
        return _right(scores, test), distance_N, distance_N / median_distance(train_MxD)

    right_N, distance_N, relative_N = of(splits.test)
    rows = {
        ALL: (jnp.mean(right_N), jnp.mean(relative_N)),
        FARTHEST: tuple(mean_of_farthest_quarter(value_N, distance_N) for value_N in (right_N, relative_N)),
    }
    if splits.test.x.ndim == 4:
        right_N, _, relative_N = of(splits.test._replace(x=shifted(splits.test.x)))
        rows[SHIFTED] = (jnp.mean(right_N), jnp.mean(relative_N))
    return evaluate(scores, splits) | {
        "test_accuracy": [named(right, images=images) for images, (right, _) in rows.items()],
        "test_distance": [named(distance, images=images) for images, (_, distance) in rows.items()],
    }


def evaluate_by_distance(scores, splits):
    """Accuracy in each bin of distance (named by its lower edge) to the nearest example near the origin.

    `test_unlike_constant` is the largest difference, AWAY from the origin, of the scores from the mean target.
    """
    right_N = _right(scores, splits.test)
    accuracy_E = mean_by_distance(right_N, distance_to_nearest(splits.near.x, splits.test.x), DISTANCES)
    away_Nx2 = AWAY * splits.test.x / jnp.linalg.norm(splits.test.x, axis=1, keepdims=True)
    constant_C = jnp.mean(jax.nn.one_hot(splits.train.y, 2), 0)
    return {
        "validation_accuracy": accuracy(scores(splits.validation.x), splits.validation.y),
        "test_accuracy": named(accuracy_E, distance=DISTANCES[:-1]),
        "test_unlike_constant": jnp.max(jnp.abs(scores(away_Nx2) - constant_C[None])),
    }


def _right(scores, examples):
    return (jnp.argmax(scores(examples.x), 1) == examples.y).astype(jnp.float32)
