"""Kernel machines: a weighted sum of how like an input is to each of many centres, solved exactly (section III).

A machine is {"centres": [M, D], "w": [M, C], "b": [C]}, and its scores are b + sum_m w_m k(x, centre_m). The weights
are those of regularised least squares on targets t_NxC (one-hot for classes), the constant b is the mean target.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

Kernel = Callable[[jax.Array, jax.Array], jax.Array]
"""(x_NxD, c_MxD) -> k_NxM, how like each input is to each centre."""
PART = 4096
"""Inputs that are compared with the centres at once: what 60,000 inputs and 1,000 centres take never lies in memory."""


def squared_distances(x_NxD: jax.Array, c_MxD: jax.Array) -> jax.Array:
    """|x - c|^2 = |x|^2 + |c|^2 - 2 x.c, one matrix product; never below 0."""
    square_N, square_M = jnp.sum(x_NxD**2, 1), jnp.sum(c_MxD**2, 1)
    return jnp.maximum(square_N[:, None] + square_M[None] - 2.0 * x_NxD @ c_MxD.T, 0.0)


def gaussian(width: float | jax.Array) -> Kernel:
    """exp(-|x - c|^2 / (2 width^2)): generic features, local, with no knowledge of the task."""
    return lambda x_NxD, c_MxD: jnp.exp(-squared_distances(x_NxD, c_MxD) / (2.0 * width**2))


def linear_kernel(x_NxD: jax.Array, c_MxD: jax.Array) -> jax.Array:
    """x.c: with it the machine is the linear classifier."""
    return x_NxD @ c_MxD.T


def scores(kernel: Kernel, machine: dict, x_NxD: jax.Array) -> jax.Array:
    """scores_NxC."""
    parts = [kernel(part, machine["centres"]) @ machine["w"] for part in _parts(x_NxD)]
    return jnp.concatenate(parts) + machine["b"][None]


def kernel_ridge(kernel: Kernel, x_NxD: jax.Array, t_NxC: jax.Array, ridge: float | jax.Array) -> dict:
    """The function f with the least |t - b - f|^2 + ridge |f|^2, |f| the kernel's norm: every example is a centre."""
    b_C = jnp.mean(t_NxC, 0)
    k_NxN = kernel(x_NxD, x_NxD) + ridge * jnp.eye(len(x_NxD), dtype=x_NxD.dtype)
    return {"centres": x_NxD, "w": _solved(k_NxN, t_NxC - b_C[None]), "b": b_C}


def nystrom(kernel: Kernel, centres_MxD: jax.Array, x_NxD: jax.Array, t_NxC: jax.Array, ridge: float) -> dict:
    """The same among the functions that these few centres span (Williams & Seeger 2001): N M^2 in place of N^3."""
    return _on_centres(kernel, centres_MxD, x_NxD, t_NxC, ridge * kernel(centres_MxD, centres_MxD))


def rbf_net(kernel: Kernel, centres_MxD: jax.Array, x_NxD: jax.Array, t_NxC: jax.Array, ridge: float) -> dict:
    """A linear layer on fixed radial units, by the regularised pseudo-inverse: least |t - b - k w|^2 + ridge |w|^2."""
    return _on_centres(kernel, centres_MxD, x_NxD, t_NxC, ridge * jnp.eye(len(centres_MxD), dtype=x_NxD.dtype))


def _on_centres(kernel, centres_MxD, x_NxD, t_NxC, penalty_MxM):
    """The normal equations, summed up part by part. They square the condition number: use double precision."""
    b_C = jnp.mean(t_NxC, 0)
    gram_MxM, product_MxC = penalty_MxM, 0.0
    for x_PxD, t_PxC in zip(_parts(x_NxD), _parts(t_NxC - b_C[None]), strict=True):
        k_PxM = kernel(x_PxD, centres_MxD)
        gram_MxM, product_MxC = gram_MxM + k_PxM.T @ k_PxM, product_MxC + k_PxM.T @ t_PxC
    return {"centres": centres_MxD, "w": _solved(gram_MxM, product_MxC), "b": b_C}


def _solved(positive_MxM, target_MxC):
    return jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(positive_MxM), target_MxC)


def _parts(x_NxD):
    return [x_NxD[first : first + PART] for first in range(0, len(x_NxD), PART)]
