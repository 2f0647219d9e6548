"""The minimum of a convex objective, and what a training has left of the way to it."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.sparse.linalg import cg

from dl_jax.measures.hessian import hessian_product
from dl_jax.measures.landscape import LossOfWeights, losses_at

ITERATIONS, PRODUCTS = 12, 100
"""Steps of Newton's method, and products with the Hessian for each of them, at most."""
LENGTHS = (1.0, 0.5, 0.25, 0.1, 0.0)
"""Parts of Newton's step that are tried; the best is taken."""


def minimum(loss: LossOfWeights, size: int) -> jax.Array:
    """w_P at the minimum of a convex objective of `size` weights, by Newton's method from 0."""

    def iterate(w_P, _):
        step_P, _ = cg(hessian_product(loss, w_P), jax.grad(loss)(w_P), maxiter=PRODUCTS, tol=1e-4)
        coefficient_Ax2 = jnp.stack([jnp.ones(len(LENGTHS)), -jnp.asarray(LENGTHS)], 1)
        objective_A = losses_at(loss, jnp.stack([w_P, step_P]), coefficient_Ax2)
        return w_P - jnp.asarray(LENGTHS)[jnp.argmin(objective_A)] * step_P, None

    with jax.default_matmul_precision("highest"):
        return jax.lax.scan(iterate, jnp.zeros(size), length=ITERATIONS)[0]


def remaining(loss: LossOfWeights, path_KxP: jax.Array) -> dict[str, Any]:
    """What the end of a path has left of the way to the minimum, over what its start had.

    remaining_objective: of the height above the minimum. remaining_distance: of the distance to its weights.
    """
    vector_3xP = jnp.stack([path_KxP[0], path_KxP[-1], minimum(loss, path_KxP.shape[1])])
    first, end, lowest = losses_at(loss, vector_3xP, jnp.eye(3))
    distance_2 = jnp.linalg.norm(vector_3xP[:2] - vector_3xP[2:], axis=1)
    return {
        "remaining_objective": (end - lowest) / (first - lowest),
        "remaining_distance": distance_2[1] / distance_2[0],
    }
