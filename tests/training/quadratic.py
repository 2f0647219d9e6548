"""A quadratic of condition 100 for the tests of full-batch methods."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.training.full_batch import Point

DIMENSIONS = 6
GENERATOR = np.random.default_rng(0)
TURN_PxP = np.linalg.qr(GENERATOR.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
HESSIAN_PxP = TURN_PxP @ np.diag(np.geomspace(1.0, 100.0, DIMENSIONS)) @ TURN_PxP.T
LOWEST_P, START_P = GENERATOR.normal(size=DIMENSIONS), np.zeros(DIMENSIONS)
HYPERPARAMETERS = {"gradient descent": 0.01, "L-BFGS": 1.0, "conjugate gradients": 2.0, "Newton-CG": 10}


def quadratic(w_P):
    return 0.5 * (w_P - LOWEST_P) @ HESSIAN_PxP @ (w_P - LOWEST_P)


def points(method, count, loss=quadratic, start_P=START_P):
    """The points of `count` steps, the first one before any."""
    w_P = jnp.asarray(start_P)
    path = [Point(w_P, *jax.value_and_grad(loss)(w_P), method.init(w_P), jnp.asarray(1))]
    step = jax.jit(lambda point: method.step(loss, point))
    for _ in range(count):
        path.append(step(path[-1]))
    return path
