"""How deep a signal reaches through random layers: the depth scale of mean-field theory.

Schoenholz, Gilmer, Ganguli & Sohl-Dickstein, "Deep information propagation" (ICLR 2017), in the limit
of infinite width, with weights of variance weight_variance / fan_in and biases of 0.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

REACH = 6.0
"""A net trains as deep as about six depth scales (their section 5; row C56 of the published numbers)."""

_POINT = np.linspace(-8.0, 8.0, 4000)
_WEIGHT = np.exp(-(_POINT**2) / 2)
_WEIGHT = _WEIGHT / _WEIGHT.sum()
"""A standard normal variable on a fine grid: Gauss's points would miss the kink of the rectifier."""


def chi(f: Callable, weight_variance: float, steps: int = 500) -> float:
    """chi_1: by what factor a layer, at the fixed point of the signal's variance, scales squared gradients.

    Below 1 gradients vanish and all inputs come to look alike (the ordered phase); above 1 they
    explode and near inputs part (the chaotic phase). f: z -> y, elementwise on arrays.
    """
    variance, last = 1.0, 0.0
    for _ in range(steps):
        if abs(variance - last) < 1e-7 * variance:
            break
        y = np.asarray(f(np.sqrt(variance) * _POINT), float)
        last, variance = variance, float(np.clip(weight_variance * (_WEIGHT @ y**2), 1e-12, 1e12))
    slope = np.asarray(jax.vmap(jax.grad(f))(jnp.asarray(np.sqrt(variance) * _POINT, jnp.float32)), float)
    return weight_variance * float(_WEIGHT @ slope**2)


def depth_scale(f: Callable, weight_variance: float) -> float:
    """xi = 1 / |log chi_1|, in layers; infinite at the edge of chaos, where chi_1 = 1."""
    rate = abs(np.log(chi(f, weight_variance)))
    return float(1.0 / rate) if rate > 1e-3 else float("inf")
