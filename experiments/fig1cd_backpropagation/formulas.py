"""The sigmoids as figure 1c prints them: agreement with the library's, and the inputs at which they overflow."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.measures.derivatives import relative_error
from dl_jax.models import backpropagation as printed

LARGEST_INPUT = 1000.0


def formula_error(name: str, f: Callable, z_N: jax.Array) -> jax.Array:
    """Return the relative error, by norm, of the printed formula `name` against f at the inputs z."""
    return relative_error(printed.UNITS[name].f(z_N), f(z_N))


def tanh_by_logistic_error(z_N: jax.Array, scale: float) -> jax.Array:
    """Return the relative error of the printed tanh(z) against 2 logistic(scale z) - 1, which it equals at scale 2."""
    return relative_error(printed.tanh(z_N), 2.0 * printed.logistic(scale * z_N) - 1.0)


def largest_finite_input(name: str) -> jax.Array:
    """Return the largest |z|, in steps of 1/4 up to LARGEST_INPUT, at which a printed formula is finite at z and -z."""
    z_N = jnp.arange(0.0, LARGEST_INPUT, 0.25)
    f = printed.UNITS[name].f
    fails_N = ~(jnp.isfinite(f(z_N)) & jnp.isfinite(f(-z_N)))
    return jnp.where(jnp.any(fails_N), z_N[jnp.maximum(jnp.argmax(fails_N) - 1, 0)], LARGEST_INPUT)
