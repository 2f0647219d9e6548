"""Distance from test points to the nearest training example, and averages by that distance.

M training examples, N test points, E bins.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.kernel import squared_distances

SAMPLE_SIZE = 256
"""Points between which `median_distance` is taken."""


def distance_to_nearest(train_MxD: jax.Array, x_NxD: jax.Array) -> jax.Array:
    """distance_N: Euclidean distance from each point to the nearest training example."""
    return jnp.sqrt(jnp.min(squared_distances(x_NxD, train_MxD), 1))


def median_distance(x_NxD: jax.Array) -> jax.Array:
    """Median distance between two of the first SAMPLE_SIZE points: the unit of the widths of Gaussian kernels."""
    sample = x_NxD[:SAMPLE_SIZE]
    rows, columns = np.triu_indices(len(sample), 1)
    return jnp.sqrt(jnp.median(squared_distances(sample, sample)[rows, columns]))


def mean_by_distance(value_N: jax.Array, distance_N: jax.Array, edges: Sequence[float]) -> jax.Array:
    """mean_E: mean value of the points with edges[i] <= distance < edges[i + 1]; NaN for an empty bin."""
    low_E, high_E = jnp.asarray(edges[:-1])[:, None], jnp.asarray(edges[1:])[:, None]
    inside_ExN = (low_E <= distance_N[None]) & (distance_N[None] < high_E)
    return jnp.sum(jnp.where(inside_ExN, value_N[None], 0.0), 1) / jnp.sum(inside_ExN, 1)


def mean_of_farthest_quarter(value_N: jax.Array, distance_N: jax.Array) -> jax.Array:
    """Mean value of the quarter of the points with the largest distances."""
    return jnp.mean(value_N[jnp.argsort(distance_N)[-(len(value_N) // 4) :]])
