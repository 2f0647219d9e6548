"""Which way to go from where one stands: as the gradient says, or otherwise, to learn what it is worth."""

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree

DIRECTIONS = ("gradient", "random direction", "no update")


def step_along(direction: int | jax.Array, seed: int | jax.Array) -> optax.GradientTransformation:
    """One of DIRECTIONS, by its index, in the place of the gradient; index and seed may be traced.

    A random direction is drawn anew at every step, normal in all weights, and made as long as the gradient.
    """

    def turn(gradient, step, params=None):
        gradient_P, unravel = ravel_pytree(gradient)
        random_P = jax.random.normal(jax.random.fold_in(jax.random.key(seed), step), gradient_P.shape)
        random_P = random_P * jnp.linalg.norm(gradient_P) / jnp.linalg.norm(random_P)
        return unravel(jnp.stack([gradient_P, random_P, jnp.zeros_like(random_P)])[direction]), step + 1

    return optax.GradientTransformation(lambda params: jnp.zeros((), jnp.int32), turn)
