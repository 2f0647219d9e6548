"""How far the classes lie from each other, and how far the members of one."""

import jax
import jax.numpy as jnp


def scatter_ratio(x: jax.Array, label_N: jax.Array, classes: int) -> jax.Array:
    """Variance between the means of the classes over the mean variance within them, both summed over all features.

    x: features, [N, ...]. Class means of few examples differ by chance; that part is taken off, so that without a
    difference the expectation is 0. A class that is not there counts for nothing.
    """
    x_NxD = x.reshape(len(x), -1)
    member_NxC = jax.nn.one_hot(label_N, classes)
    count_C = jnp.sum(member_NxC, 0)
    there, mean_D = jnp.sum(count_C > 0), jnp.mean(x_NxD, 0, keepdims=True)
    x_NxD = x_NxD - mean_D
    mean_CxD = member_NxC.T @ x_NxD / jnp.maximum(count_C, 1)[:, None]
    all_of_it, between = jnp.sum(x_NxD**2), jnp.sum(count_C[:, None] * mean_CxD**2)
    within = jnp.maximum(all_of_it - between, 0.0) / (len(x_NxD) - there)
    return (between - (there - 1) * within) / (len(x_NxD) * within + 1e-30)


def share_between(x: jax.Array, label_N: jax.Array, classes: int) -> jax.Array:
    """Share of all variance that is between the classes (eta squared), from `scatter_ratio`; 0 by chance, 1 at most."""
    ratio = scatter_ratio(x, label_N, classes)
    return ratio / (1.0 + ratio)


def distance(x: jax.Array, y: jax.Array) -> jax.Array:
    """Root mean square over the pairs of the distance between x_NxD and y_NxD."""
    return jnp.sqrt(jnp.sum((x - y) ** 2) / len(x))
