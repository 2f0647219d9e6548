"""How far a point is from the nearest training example, and how well a machine does at each distance."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.kernel import squared_distances

SOME = 256


def distance_to_nearest(known_MxD: jax.Array, asked_NxD: jax.Array) -> jax.Array:
    """distance_N, Euclidean, from each asked point to the known one that is nearest."""
    return jnp.sqrt(jnp.min(squared_distances(asked_NxD, known_MxD), 1))


def median_distance(x_NxD: jax.Array) -> jax.Array:
    """The median distance between two of the first SOME points: the scale in which widths are told."""
    some = x_NxD[:SOME]
    rows, columns = np.triu_indices(len(some), 1)
    return jnp.sqrt(jnp.median(squared_distances(some, some)[rows, columns]))


def by_distance(value_N: jax.Array, distance_N: jax.Array, edges: Sequence[float]) -> jax.Array:
    """The mean of the values in each bin edges[i] <= distance < edges[i + 1]; NaN where no point lies."""
    low_E, high_E = jnp.asarray(edges[:-1])[:, None], jnp.asarray(edges[1:])[:, None]
    inside_ExN = (low_E <= distance_N[None]) & (distance_N[None] < high_E)
    return jnp.sum(jnp.where(inside_ExN, value_N[None], 0.0), 1) / jnp.sum(inside_ExN, 1)


def farthest_quarter(value_N: jax.Array, distance_N: jax.Array) -> jax.Array:
    """The mean of the values over the quarter of the points with the greatest distance."""
    return jnp.mean(value_N[jnp.argsort(distance_N)[-(len(value_N) // 4) :]])
