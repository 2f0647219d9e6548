"""Depth scale of mean-field theory: how many random layers a signal or a gradient passes through.

Schoenholz, Gilmer, Ganguli & Sohl-Dickstein, "Deep information propagation" (ICLR 2017), in the limit of infinite
width, with weights of variance weight_variance / fan_in and zero biases.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

TRAINABLE_DEPTH_SCALES = 6.0
"""Nets train up to a depth of about six depth scales (their section 5; row C56 of the published numbers)."""

# Expectations over a standard normal variable: a fine grid, because Gauss-Hermite nodes miss the kink of a rectifier.
_NODES = np.linspace(-8.0, 8.0, 4000)
_WEIGHTS = np.exp(-(_NODES**2) / 2)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def chi(f: Callable, weight_variance: float, steps: int = 500) -> float:
    """chi_1: the factor by which a layer multiplies squared gradients, at the fixed point of the activations' variance.

    Below 1 gradients vanish and distinct inputs converge (the ordered phase); above 1 gradients explode and close
    inputs diverge (the chaotic phase). f: the nonlinearity, elementwise. steps: fixed-point iterations at most.
    """
    variance, previous = 1.0, 0.0
    for _ in range(steps):
        if abs(variance - previous) < 1e-7 * variance:
            break
        y = np.asarray(f(np.sqrt(variance) * _NODES), float)
        previous, variance = variance, float(np.clip(weight_variance * (_WEIGHTS @ y**2), 1e-12, 1e12))
    slope = np.asarray(jax.vmap(jax.grad(f))(jnp.asarray(np.sqrt(variance) * _NODES, jnp.float32)), float)
    return weight_variance * float(_WEIGHTS @ slope**2)


def depth_scale(f: Callable, weight_variance: float) -> float:
    """xi = 1 / |log chi_1|, in layers; infinite at the edge of chaos, chi_1 = 1."""
    rate = abs(np.log(chi(f, weight_variance)))
    return float(1.0 / rate) if rate > 1e-3 else float("inf")
