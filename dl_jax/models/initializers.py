"""Rules for the first weights, by name. Each draws w of shape [fan_in, fan_out]; biases start at 0.

Every rule is (key, shape, gain) -> weights. Only `suited` and `orthogonal` look at the gain of the
nonlinearity; the others are the rules as published, whatever follows the layer.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_batching import sequential_vmap

Initializer = Callable[[jax.Array, tuple[int, int], float | jax.Array], jax.Array]


def variance_preserving(key, shape, gain):
    """N(0, gain^2 / fan_in): the scale that suits the nonlinearity that follows."""
    return scaled(gain)(key, shape, gain)


def lecun(key, shape, gain):
    """N(0, 1 / fan_in) (LeCun, Bottou, Orr & Müller 1998)."""
    return scaled(1.0)(key, shape, gain)


def he(key, shape, gain):
    """N(0, 2 / fan_in) (He, Zhang, Ren & Sun 2015)."""
    return scaled(jnp.sqrt(2.0))(key, shape, gain)


def glorot(key, shape, gain):
    """U(-a, a) with a = sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, normalised)."""
    del gain
    return jnp.sqrt(6.0 / sum(shape)) * jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)


def torch_default(key, shape, gain):
    """U(-a, a) with a = 1 / sqrt(fan_in): the habit that Glorot & Bengio (2010) call standard; PyTorch's default."""
    del gain
    return jax.random.uniform(key, shape, minval=-1.0, maxval=1.0) / jnp.sqrt(1.0 * shape[0])


def orthogonal(key, shape, gain):
    """gain times a random matrix with orthonormal rows or columns (Saxe, McClelland & Ganguli 2014)."""
    # One after another, also where several layers are drawn at once: LAPACK on a batch can wait for ever for the
    # threads that call it, where several CPU devices do so together (jax 0.10).
    square = sequential_vmap(lambda key: jax.random.orthogonal(key, max(shape)))(key)
    return gain * square[: shape[0], : shape[1]]


def scaled(scale: float | jax.Array) -> Initializer:
    """N(0, scale^2 / fan_in), the scale set by hand; it may be traced, so that a sweep over it is one program."""

    def rule(key, shape, gain):
        del gain
        return scale / jnp.sqrt(1.0 * shape[0]) * jax.random.normal(key, shape)

    return rule


INITIALIZERS: dict[str, Initializer] = {
    "suited": variance_preserving,
    "lecun": lecun,
    "glorot": glorot,
    "he": he,
    "orthogonal": orthogonal,
    "standard": torch_default,
}


def weight_variance(name: str, gain: float) -> float:
    """fan_in times the variance of the weights that a rule gives a layer as wide as the one below it."""
    return {"lecun": 1.0, "glorot": 1.0, "he": 2.0, "standard": 1 / 3}.get(name, gain**2)
