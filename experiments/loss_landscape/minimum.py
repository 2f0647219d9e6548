"""The minimum of a convex objective, and what a training has left of the way to it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy import optimize

from dl_jax.data.dataset import Examples
from dl_jax.measures.hessian import hessian_product
from dl_jax.measures.landscape import LossOfWeights, losses_at
from dl_jax.models.model import Model
from experiments.loss_landscape.regularized_loss import regularized_loss


def minimum(model: Model, train: Examples, ridge: float) -> np.ndarray:
    """w_P at the minimum of a convex objective, by Newton's method (SciPy's, in double precision) from 0."""
    with jax.enable_x64(True):
        x_NxD = jnp.asarray(train.x, float)
        zeros = jax.tree.map(lambda w: np.zeros(w.shape), jax.eval_shape(model.init, jax.random.key(0), x_NxD[:1]))
        w_P, unravel = ravel_pytree(zeros)
        loss = regularized_loss(model, ridge, Examples(x_NxD, jnp.asarray(train.y)), unravel)
        gradient = jax.jit(jax.value_and_grad(loss))
        product = jax.jit(lambda w_P, v_P: hessian_product(loss, w_P)(v_P))
        found = optimize.minimize(gradient, w_P, jac=True, hessp=product, method="Newton-CG", options={"xtol": 1e-8})
    return np.asarray(found.x, np.float32)


def remaining(loss: LossOfWeights, path_KxP: jax.Array, minimum_P: np.ndarray) -> dict[str, Any]:
    """What the end of a path has left of the way to the minimum, over what its start had.

    remaining_objective: of the height above the minimum. remaining_distance: of the distance to its weights.
    """
    vector_3xP = jnp.stack([path_KxP[0], path_KxP[-1], jnp.asarray(minimum_P)])
    first, end, lowest = losses_at(loss, vector_3xP, jnp.eye(3))
    distance_2 = jnp.linalg.norm(vector_3xP[:2] - vector_3xP[2:], axis=1)
    return {
        "remaining_objective": (end - lowest) / (first - lowest),
        "remaining_distance": distance_2[1] / distance_2[0],
    }
