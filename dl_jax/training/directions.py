"""Controls for following the gradient: updates along a random direction, or none."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree

Direction = Callable[[jax.Array, jax.Array], jax.Array]
"""(gradient_P, random_P) -> what replaces the gradient; random_P is a random vector as long as the gradient."""

DIRECTIONS: dict[str, Direction] = {
    "gradient": lambda gradient_P, random_P: gradient_P,
    "random direction": lambda gradient_P, random_P: random_P,
    "no update": lambda gradient_P, random_P: jnp.zeros_like(gradient_P),
}
"""Directions by name, for a `choice`."""


def step_along(direction: Direction, seed: int | jax.Array) -> optax.GradientTransformation:
    """Return a transformation that replaces the gradient; chain it before an optimizer.

    direction: one of DIRECTIONS.
    seed:      of the random vector, which is normal and drawn anew at every step; it may be traced.
    """

    def update(gradient, step, params=None):
        gradient_P, unravel = ravel_pytree(gradient)
        random_P = jax.random.normal(jax.random.fold_in(jax.random.key(seed), step), gradient_P.shape)
        random_P = random_P * jnp.linalg.norm(gradient_P) / jnp.linalg.norm(random_P)
        return unravel(direction(gradient_P, random_P)), step + 1

    return optax.GradientTransformation(lambda params: jnp.zeros((), jnp.int32), update)
