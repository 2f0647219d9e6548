"""The sigmoids as figure 1c prints them, held against the library's: where they agree, and where they end."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.measures.derivatives import relative_error
from dl_jax.models import backpropagation as printed

FARTHEST = 1000.0


def unlike(name: str, f: Callable, z_N: jax.Array) -> jax.Array:
    """How far a printed formula is from f, over the norm of f's values."""
    return relative_error(printed.UNITS[name].f(z_N), f(z_N))


def unlike_each_other(z_N: jax.Array, scale: float) -> jax.Array:
    """How far the printed tanh(z) is from 2 logistic(scale z) - 1, which it equals for a scale of 2."""
    return relative_error(printed.tanh(z_N), 2.0 * printed.logistic(scale * z_N) - 1.0)


def last_number(name: str) -> jax.Array:
    """The greatest |z|, up to FARTHEST, to which a printed formula gives numbers on both sides of 0."""
    z_N = jnp.arange(0.0, FARTHEST, 0.25)
    f = printed.UNITS[name].f
    ends_N = ~(jnp.isfinite(f(z_N)) & jnp.isfinite(f(-z_N)))
    return jnp.where(jnp.any(ends_N), z_N[jnp.maximum(jnp.argmax(ends_N) - 1, 0)], FARTHEST)
