"""A simple structure hidden in many dimensions: only two directions matter, and neither of them alone."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits

REST = 1024
"""Validation examples, and as many test examples."""


def hidden_xor(key: jax.Array, dimensions: int | jax.Array, inputs: int, count: int) -> Splits:
    """Draw splits with `count` training examples; the class is the sign of the product of two components of x.

    Their directions are orthogonal and random. x is normal in the first `dimensions` (which may be traced) and 0 in
    the others of its `inputs`; its mean square over all inputs is 1 whatever the dimensions.
    """
    scale_D = jnp.where(jnp.arange(inputs) < dimensions, jnp.sqrt(inputs / dimensions), 0.0)
    first_D, second_D, *x_NxD = jnp.split(
        jax.random.normal(key, (2 + count + 2 * REST, inputs)) * scale_D[None], (1, 2, 2 + count, 2 + count + REST)
    )
    first_D, second_D = first_D[0], second_D[0]
    second_D = second_D - first_D * (first_D @ second_D) / (first_D @ first_D)
    return Splits(*(Examples(x, ((x @ first_D) * (x @ second_D) > 0).astype(jnp.int32)) for x in x_NxD))
