"""Newton's direction, solved for by linear conjugate gradients."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.training.full_batch import Objective, Point
from dl_jax.training.line_search import Direction

PRODUCT = 2
"""Passes that a product of the Hessian with a vector costs."""
RESIDUAL = 1e-3
"""The system is solved once the residual is this small, over the norm of the gradient."""


class _Solution(NamedTuple):
    """The state of the inner iteration."""

    solution_P: jax.Array
    residual_P: jax.Array
    search_P: jax.Array
    products: jax.Array
    negative_curvature: jax.Array


def newton_direction(most: int | jax.Array) -> Direction:
    """H^-1 times the gradient, as near as at most `most` products with H come to it.

    The iteration stops where the curvature is not positive; if that is so at once, the direction is the gradient
    (Nocedal & Wright 2006, algorithm 7.1).
    """

    def update(loss: Objective, point: Point, memory: tuple):
        gradient_P = point.gradient_P

        def unsolved(s):
            far = jnp.linalg.norm(s.residual_P) > RESIDUAL * jnp.linalg.norm(gradient_P)
            return (s.products < most) & far & ~s.negative_curvature

        def iterate(s):
            product_P = jax.jvp(jax.grad(loss), (point.w_P,), (s.search_P,))[1]
            curvature, squared = s.search_P @ product_P, s.residual_P @ s.residual_P
            negative = curvature <= 0
            length = squared / jnp.where(negative, 1.0, curvature)
            residual_P = s.residual_P - length * product_P
            search_P = residual_P + (residual_P @ residual_P) / squared * s.search_P
            stop_P = jnp.where(s.products == 0, s.search_P, s.solution_P)
            solution_P = jnp.where(negative, stop_P, s.solution_P + length * s.search_P)
            return _Solution(solution_P, residual_P, search_P, s.products + 1, negative)

        zero_P = jnp.zeros_like(gradient_P)
        initial = _Solution(zero_P, gradient_P, gradient_P, jnp.zeros((), jnp.int32), jnp.asarray(False))
        solved = jax.lax.while_loop(unsolved, iterate, initial)
        return solved.solution_P, memory, PRODUCT * solved.products

    return Direction(lambda w_P: (), update)
