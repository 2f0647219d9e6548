"""Variance between and within classes, and distances between pairs."""

import jax
import jax.numpy as jnp


def scatter_ratio(x: jax.Array, label_N: jax.Array, classes: int) -> jax.Array:
    """Return the variance between the class means over the mean variance within classes, both summed over features.

    x: features, [N, ...]. The means of few examples differ by chance; that contribution is subtracted, so that the
    expectation is 0 for classes that do not differ. Classes without examples are left out.
    """
    x_NxD = x.reshape(len(x), -1)
    member_NxC = jax.nn.one_hot(label_N, classes)
    count_C = jnp.sum(member_NxC, 0)
    present, mean_D = jnp.sum(count_C > 0), jnp.mean(x_NxD, 0, keepdims=True)
    x_NxD = x_NxD - mean_D
    mean_CxD = member_NxC.T @ x_NxD / jnp.maximum(count_C, 1)[:, None]
    total, between = jnp.sum(x_NxD**2), jnp.sum(count_C[:, None] * mean_CxD**2)
    within = jnp.maximum(total - between, 0.0) / (len(x_NxD) - present)
    return (between - (present - 1) * within) / (len(x_NxD) * within + 1e-30)


def share_between(x: jax.Array, label_N: jax.Array, classes: int) -> jax.Array:
    """Return the share of the variance that is between classes (eta squared): at most 1, in expectation 0 by chance."""
    ratio = scatter_ratio(x, label_N, classes)
    return ratio / (1.0 + ratio)


def rms_distance(x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the root mean square over N pairs of the distance between x and y, both [N, ...]."""
    return jnp.sqrt(jnp.sum((x - y) ** 2) / len(x))
