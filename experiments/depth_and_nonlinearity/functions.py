"""Functions that are known to need depth: the tent map, folded k times (Telgarsky 2016)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples


def tent(x):
    """The tent map on [0, 1]: 2x up to 1/2, 2 - 2x beyond. One fold, two linear pieces."""
    return 1.0 - jnp.abs(2.0 * x - 1.0)


def folded(x: jax.Array, folds: int) -> jax.Array:
    """tent(tent(... x)): 2^folds linear pieces on [0, 1]."""
    for _ in range(folds):
        x = tent(x)
    return x


def tents(folds: int) -> Callable[[jax.Array, int], Examples]:
    """x uniform on [-1, 1], and the target sqrt(12) (folded((x + 1) / 2) - 1/2): mean 0 and variance 1.

    A constant thus has a mean squared error of 1.
    """

    def draw(key, count):
        x_Nx1 = jax.random.uniform(key, (count, 1), minval=-1.0, maxval=1.0)
        return Examples(x_Nx1, jnp.sqrt(12.0) * (folded((x_Nx1 + 1.0) / 2.0, folds) - 0.5))

    return draw
