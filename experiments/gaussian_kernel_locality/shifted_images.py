"""Real images at places where no training image has its picture: far from the training examples."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples

SHARE = 4
"""Images are shifted by this part of their height."""


def shifted(x_NxHxWxC: jax.Array) -> jax.Array:
    """Return images shifted down by a quarter of their height; the gap is filled with the lowest value of all."""
    by = x_NxHxWxC.shape[1] // SHARE
    gap = jnp.full_like(x_NxHxWxC[:, :by], jnp.min(x_NxHxWxC))
    return jnp.concatenate([gap, x_NxHxWxC[:, : x_NxHxWxC.shape[1] - by]], 1)


def every_second_shifted(examples: Examples) -> Examples:
    """Return the examples with every second image shifted, so that there are examples at both places."""
    second_N = (jnp.arange(len(examples.y)) % 2 == 1)[:, None, None, None]
    return examples._replace(x=jnp.where(second_N, shifted(examples.x), examples.x))
