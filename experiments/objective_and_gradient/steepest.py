"""How the error changes along a step, and how many of many directions lower it more than a given one."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.models.model import Key

TOGETHER = 100
"""Directions that are tried at once: more take memory and save no time."""

Direction = Callable[[Key], jax.Array]
"""key -> direction_P of length 1."""


def unit(v_P: jax.Array) -> jax.Array:
    """The vector, made to have length 1."""
    return v_P / jnp.linalg.norm(v_P)


def anywhere(size: int) -> Direction:
    """Every direction alike."""
    return lambda key: unit(jax.random.normal(key, (size,)))


def tilted(direction_P: jax.Array, angle: float) -> Direction:
    """Any of the directions at this angle, in radians, to the given one (of length 1)."""

    def draw(key):
        aside_P = jax.random.normal(key, direction_P.shape)
        aside_P = unit(aside_P - (aside_P @ direction_P) * direction_P)
        return jnp.cos(angle) * direction_P + jnp.sin(angle) * aside_P

    return draw


def changes(error: Callable, w_P: jax.Array, direction_KxP: jax.Array, length_T: jax.Array) -> jax.Array:
    """change_KxT: E(w + length * direction) - E(w)."""

    def of_one(direction_P):
        return jax.lax.map(lambda length: error(w_P + length * direction_P), length_T)

    return jax.vmap(of_one)(direction_KxP) - error(w_P)


def better(
    error: Callable, w_P: jax.Array, leader_KxP: jax.Array, draw: Direction, keys_N: jax.Array, length_T: jax.Array
) -> jax.Array:
    """count_KxT: how many of N drawn directions lead to a lower error than each leader, in steps of each length."""
    at_once = min(TOGETHER, len(keys_N))
    change_NxT = jax.lax.map(lambda key: changes(error, w_P, draw(key)[None], length_T)[0], keys_N, batch_size=at_once)
    return jnp.sum(change_NxT[None] < changes(error, w_P, leader_KxP, length_T)[:, None], 1)
