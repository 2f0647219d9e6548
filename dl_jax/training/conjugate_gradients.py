"""Directions of nonlinear conjugate gradients."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.training.full_batch import Objective, Point
from dl_jax.training.line_search import Direction


class _Memory(NamedTuple):
    """The point before."""

    value: jax.Array
    gradient_P: jax.Array
    direction_P: jax.Array


def polak_ribiere() -> Direction:
    """Polak & Ribière's directions, restarted along the gradient where they would lead up.

    Each is as long as would make the objective fall as it fell in the step before (Nocedal & Wright 2006, section 5.2
    and equation 3.60).
    """

    def init(w_P):
        return _Memory(jnp.full((), jnp.inf, w_P.dtype), jnp.zeros_like(w_P), jnp.zeros_like(w_P))

    def update(loss: Objective, point: Point, last: _Memory):
        gradient_P, squared = point.gradient_P, last.gradient_P @ last.gradient_P
        beta = gradient_P @ (gradient_P - last.gradient_P) / jnp.where(squared > 0, squared, 1.0)
        direction_P = gradient_P + jnp.maximum(beta, 0.0) * last.direction_P
        direction_P = jnp.where(gradient_P @ direction_P > 0, direction_P, gradient_P)
        slope, fell = gradient_P @ direction_P, last.value - point.value
        first = jnp.minimum(1.0, 1.0 / jnp.linalg.norm(direction_P))
        length = jnp.where(jnp.isfinite(fell) & (fell > 0), 2.0 * fell / slope, first)
        return length * direction_P, _Memory(point.value, gradient_P, direction_P), 0

    return Direction(init, update)
