"""Features of many pictures, computed some at a time so that memory does not grow with their number."""

from collections.abc import Callable

import jax

PICTURES_AT_ONCE = 256


def of_pictures(features: Callable[[jax.Array], jax.Array]) -> Callable[[jax.Array], jax.Array]:
    """Return the compiled function pictures[N, ...] -> features[N, F], for `features` of one picture."""
    return jax.jit(lambda x_N: jax.lax.map(features, x_N, batch_size=PICTURES_AT_ONCE))
