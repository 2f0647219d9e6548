"""Variance between and within classes, and how far a change moves features."""

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


def share_moved(x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the distance between x and the first examples changed, y, over that between two of x at random.

    x: features, [N, ...]; y: those of the first of the N examples after a change. Both distances are root mean squares:
    1 for a change that redraws everything, 0 for one that the features ignore.
    """
    x_NxD, y_MxD = x.reshape(len(x), -1), y.reshape(len(y), -1)
    moved = jnp.sum((x_NxD[: len(y)] - y_MxD) ** 2) / len(y)
    apart = 2 * jnp.sum((x_NxD - jnp.mean(x_NxD, 0, keepdims=True)) ** 2) / (len(x) - 1)
    return jnp.sqrt(moved / (apart + 1e-30))
