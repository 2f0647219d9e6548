"""Rules for initial weights, by name.

A rule is (key, shape = (fan_in, fan_out), gain) -> w of that shape. `variance_preserving` and `orthogonal` use the gain
of the nonlinearity that follows the layer; the other rules ignore it, as published. Biases start at 0.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_batching import sequential_vmap

Initializer = Callable[[jax.Array, tuple[int, int], float | jax.Array], jax.Array]


def variance_preserving(key, shape, gain):
    """Draw from N(0, gain^2 / fan_in), which preserves the variance of gradients (see `Nonlinearity`)."""
    return scaled_normal(gain)(key, shape, gain)


def lecun(key, shape, gain):
    """Draw from N(0, 1 / fan_in) (LeCun, Bottou, Orr & Müller 1998)."""
    return scaled_normal(1.0)(key, shape, gain)


def he(key, shape, gain):
    """Draw from N(0, 2 / fan_in) (He, Zhang, Ren & Sun 2015)."""
    return scaled_normal(jnp.sqrt(2.0))(key, shape, gain)


def glorot(key, shape, gain):
    """Draw from U(-a, a) with a = sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, "normalized")."""
    del gain
    return jnp.sqrt(6.0 / sum(shape)) * jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)


def torch_default(key, shape, gain):
    """Draw from U(-a, a) with a = 1 / sqrt(fan_in): PyTorch's default, "standard" in Glorot & Bengio (2010)."""
    del gain
    return jax.random.uniform(key, shape, minval=-1.0, maxval=1.0) / jnp.sqrt(1.0 * shape[0])


def orthogonal(key, shape, gain):
    """Draw gain times a random matrix with orthonormal rows or columns (Saxe, McClelland & Ganguli 2014)."""
    # Sequential under vmap: LAPACK on a batch can deadlock with the threads that call it when several CPU devices
    # run it at the same time (jax 0.10).
    square = sequential_vmap(lambda key: jax.random.orthogonal(key, max(shape)))(key)
    return gain * square[: shape[0], : shape[1]]


def scaled_normal(scale: float | jax.Array) -> Initializer:
    """Return the rule N(0, scale^2 / fan_in). A traced scale lets one program sweep over it."""

    def rule(key, shape, gain):
        del gain
        return scale / jnp.sqrt(1.0 * shape[0]) * jax.random.normal(key, shape)

    return rule


INITIALIZERS: dict[str, Initializer] = {
    "variance_preserving": variance_preserving,
    "lecun": lecun,
    "glorot": glorot,
    "he": he,
    "orthogonal": orthogonal,
    "torch_default": torch_default,
}


def weight_variance(name: str, gain: float) -> float:
    """Return fan_in times the variance of the weights that a rule draws for a square layer (fan_in = fan_out)."""
    return {"lecun": 1.0, "glorot": 1.0, "he": 2.0, "torch_default": 1 / 3}.get(name, gain**2)
