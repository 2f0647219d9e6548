"""Two classes on a plane whose rule goes on beyond the region where examples lie. Pure functions of a key.

N examples.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples

REACH = 10.0
"""Units from the origin up to which examples lie `wide`; `near` ones lie within about two."""
ROTATION = 0.5
"""Radians by which the stripes are rotated, so that they follow no axis."""
TEST = 4096


class PlaneSplits(NamedTuple):
    """Splits, and beside them examples close to the origin, which are the training examples unless these lie wide."""

    train: Examples
    validation: Examples
    test: Examples
    near: Examples


def wedges(even_Nx2: jax.Array, wide: bool) -> Examples:
    """Six wedges of alternating class, from half a unit on: along a ray the class never changes."""
    angle_N, most = 2 * jnp.pi * even_Nx2[:, 0], REACH if wide else 1.5
    radius_Nx1 = 0.5 + (most - 0.5) * even_Nx2[:, 1:]
    return _examples(radius_Nx1 * jnp.stack([jnp.cos(angle_N), jnp.sin(angle_N)], 1), jnp.sin(3 * angle_N) > 0)


def stripes(even_Nx2: jax.Array, wide: bool) -> Examples:
    """A stripe of width 1.5 between two of half that width: straight, but no ray stays in one."""
    along_N, across_N = (2 * even_Nx2[:, 0] - 1) * (REACH if wide else 1.5), 3 * even_Nx2[:, 1] - 1.5
    rotation_2x2 = jnp.array([[jnp.cos(ROTATION), jnp.sin(ROTATION)], [-jnp.sin(ROTATION), jnp.cos(ROTATION)]])
    return _examples(jnp.stack([along_N, across_N], 1) @ rotation_2x2, jnp.abs(across_N) < 0.75)


def checkerboard(even_Nx2: jax.Array, wide: bool) -> Examples:
    """Unit squares of alternating class: nothing near the origin determines where the next corner is."""
    x_Nx2 = (2 * even_Nx2 - 1) * (REACH if wide else 2.0)
    return _examples(x_Nx2, jnp.sum(jnp.floor(x_Nx2), 1) % 2 == 1)


def _examples(x_Nx2, positive_N):
    return Examples(x_Nx2, positive_N.astype(jnp.int32))


PLANES = {"wedges": wedges, "stripes": stripes, "checkerboard": checkerboard}
"""(even_Nx2, numbers spread evenly over [0, 1)^2; wide) -> examples."""


def beyond(task: str, count: int, covered: bool = False) -> Callable[[jax.Array], PlaneSplits]:
    """Return key -> `count` training examples near the origin, as many for validation, and TEST points out to REACH.

    covered: the training and validation examples lie out to REACH as well; `near` and `test` are the same points.
    """
    plane = PLANES[task]

    def draw(key):
        train, validation, test = jnp.split(jax.random.uniform(key, (2 * count + TEST, 2)), (count, 2 * count))
        return PlaneSplits(plane(train, covered), plane(validation, covered), plane(test, True), plane(train, False))

    return draw
