"""Kernel methods: scores b + sum_m w_m k(x, centre_m), solved exactly by regularised least squares (section III).

Params: {"centres": [M, D], "w": [M, C], "b": [C]}. The targets t_NxC are one-hot for classes; b is the mean target.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.models.model import Params

Kernel = Callable[[jax.Array, jax.Array], jax.Array]
"""(x_NxD, c_MxD) -> k_NxM, the similarity of each input to each centre."""
BATCH_SIZE = 4096
"""Inputs per kernel matrix: bounds its memory, which is too large for all of 60,000 inputs and 1,000 centres."""


def squared_distances(x_NxD: jax.Array, c_MxD: jax.Array) -> jax.Array:
    """Compute |x - c|^2 = |x|^2 + |c|^2 - 2 x.c by one matrix product, clipped at 0. Shape N x M."""
    square_N, square_M = jnp.sum(x_NxD**2, 1), jnp.sum(c_MxD**2, 1)
    return jnp.maximum(square_N[:, None] + square_M[None] - 2.0 * x_NxD @ c_MxD.T, 0.0)


def gaussian(width: float | jax.Array) -> Kernel:
    """Return the Gaussian kernel exp(-|x - c|^2 / (2 width^2)): generic, local features (section III)."""
    return lambda x_NxD, c_MxD: jnp.exp(-squared_distances(x_NxD, c_MxD) / (2.0 * width**2))


def linear_kernel(x_NxD: jax.Array, c_MxD: jax.Array) -> jax.Array:
    """Compute x.c, the kernel of the linear classifier."""
    return x_NxD @ c_MxD.T


def scores(kernel: Kernel, params: Params, x_NxD: jax.Array) -> jax.Array:
    """Compute scores_NxC of a kernel method, in batches of BATCH_SIZE inputs."""
    scores_BxC = [kernel(x_BxD, params["centres"]) @ params["w"] for x_BxD in _batches(x_NxD)]
    return jnp.concatenate(scores_BxC) + params["b"][None]


def kernel_ridge(kernel: Kernel, x_NxD: jax.Array, t_NxC: jax.Array, ridge: float | jax.Array) -> Params:
    """Fit kernel ridge regression: minimise |t - b - f|^2 + ridge |f|^2 in the kernel's norm; every input is a centre.

    x_NxD inputs, t_NxC targets. Returns the params for `scores`.
    """
    b_C = jnp.mean(t_NxC, 0)
    k_NxN = kernel(x_NxD, x_NxD) + ridge * jnp.eye(len(x_NxD), dtype=x_NxD.dtype)
    return {"centres": x_NxD, "w": _solve(k_NxN, t_NxC - b_C[None]), "b": b_C}


def rbf_net(kernel: Kernel, centres_MxD: jax.Array, x_NxD: jax.Array, t_NxC: jax.Array, ridge: float) -> Params:
    """Fit a linear layer on fixed radial units: minimise |t - b - k w|^2 + ridge |w|^2 (Broomhead & Lowe 1988).

    The normal equations are summed batch by batch. They square the condition number: use double precision.
    """
    b_C = jnp.mean(t_NxC, 0)
    gram_MxM, product_MxC = ridge * jnp.eye(len(centres_MxD), dtype=x_NxD.dtype), 0.0
    for x_BxD, t_BxC in zip(_batches(x_NxD), _batches(t_NxC - b_C[None]), strict=True):
        k_BxM = kernel(x_BxD, centres_MxD)
        gram_MxM, product_MxC = gram_MxM + k_BxM.T @ k_BxM, product_MxC + k_BxM.T @ t_BxC
    return {"centres": centres_MxD, "w": _solve(gram_MxM, product_MxC), "b": b_C}


def _solve(positive_MxM, target_MxC):
    return jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(positive_MxM), target_MxC)


def _batches(x_NxD):
    return [x_NxD[start : start + BATCH_SIZE] for start in range(0, len(x_NxD), BATCH_SIZE)]
