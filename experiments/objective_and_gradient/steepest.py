"""How the loss changes along a step, and how many directions lower it more than a given one (statements 59 and 61)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.models.model import Key

BATCH = 100
"""Directions that are tried in one batch: more take memory and save no time."""

Direction = Callable[[Key], jax.Array]
"""key -> direction_P of length 1."""


def unit(v_P: jax.Array) -> jax.Array:
    """Return the vector scaled to length 1."""
    return v_P / jnp.linalg.norm(v_P)


def any_direction(size: int) -> Direction:
    """Return a draw of uniformly distributed directions."""
    return lambda key: unit(jax.random.normal(key, (size,)))


def direction_at_angle(direction_P: jax.Array, angle: float) -> Direction:
    """Return a draw of directions at this angle, in radians, from the given one, which has length 1."""

    def draw(key):
        across_P = jax.random.normal(key, direction_P.shape)
        across_P = unit(across_P - (across_P @ direction_P) * direction_P)
        return jnp.cos(angle) * direction_P + jnp.sin(angle) * across_P

    return draw


def loss_changes(loss: Callable, w_P: jax.Array, direction_KxP: jax.Array, length_T: jax.Array) -> jax.Array:
    """Return change_KxT: loss(w + length * direction) - loss(w)."""

    def of_one(direction_P):
        return jax.lax.map(lambda length: loss(w_P + length * direction_P), length_T)

    return jax.vmap(of_one)(direction_KxP) - loss(w_P)


def count_better(
    loss: Callable, w_P: jax.Array, direction_KxP: jax.Array, draw: Direction, keys_N: jax.Array, length_T: jax.Array
) -> jax.Array:
    """Return count_KxT: how many of N drawn directions lead to a lower loss than each of K, in steps of each length."""
    batch = min(BATCH, len(keys_N))
    change_NxT = jax.lax.map(
        lambda key: loss_changes(loss, w_P, draw(key)[None], length_T)[0], keys_N, batch_size=batch
    )
    return jnp.sum(change_NxT[None] < loss_changes(loss, w_P, direction_KxP, length_T)[:, None], 1)
