"""Full-batch methods that search along a direction for a point that is low and flat enough."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from dl_jax.training.full_batch import Method, Objective, Point

TRIES = 20
"""Points that a line search may try."""
LOOSE, TIGHT = 0.9, 0.1
"""Slope at the end of a line search over that at its start, at most: for (quasi-)Newton directions, and for conjugate
ones (Nocedal & Wright 2006, section 3.1)."""


class Direction(NamedTuple):
    """Where a line search goes.

    init:   w_P -> the memory before the first step.
    update: (loss, point, memory) -> direction_P, of which the negative is followed; the new memory; and the passes
            that it cost.
    """

    init: Callable[[jax.Array], Any]
    update: Callable[[Objective, Point, Any], tuple[jax.Array, Any, int | jax.Array]]


def searching(direction: Direction, slope: float, first: float | jax.Array = 1.0, ridge: float = 0.0) -> Method:
    """Return the method that searches along a direction, from its whole length on, by Wolfe's conditions.

    slope: where to stop: at this part of the slope at the start.
    first: the length of the first search, over that of the others; there is no earlier step to scale it.

    A line search that finds nothing lower, as happens where rounding is all that is left, leaves the point as it is.
    """
    search = optax.scale_by_zoom_linesearch(TRIES, curv_rtol=slope, initial_guess_strategy="one")

    def init(w_P):
        return direction.init(w_P), search.init(w_P)

    def step(loss, point):
        memory, searched = point.memory
        direction_P, memory, passes = direction.update(loss, point, memory)
        length = jnp.where(jnp.isinf(searched.value), first, 1.0)  # without a value before the first search
        update_P, searched = search.update(
            -length * direction_P,
            searched,
            point.w_P,
            value=point.value,
            grad=point.gradient_P,
            value_fn=loss,
        )
        lower = searched.value <= point.value
        new = (point.w_P + update_P, searched.value, searched.grad)
        accepted = jax.tree.map(lambda new, old: jnp.where(lower, new, old), new, point[:3])
        spent = point.passes + searched.info.num_linesearch_steps + passes
        return Point(*accepted, (memory, searched), spent.astype(point.passes.dtype))

    return Method(init, step, ridge)
