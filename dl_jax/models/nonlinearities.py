"""Elementwise nonlinearities f(z) (figure 1c), each with the gain that preserves the variance of gradients."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp


class Nonlinearity(NamedTuple):
    """An elementwise function f: z -> y, and the gain of initial weights that preserves the size of gradients.

    With w ~ N(0, gain^2 / fan_in), a layer whose total inputs are standard normal backpropagates gradients with an
    unchanged mean square: gain = 1 / sqrt(E[f'(z)^2]). This is He's sqrt(2) for the rectifier and LeCun's 1 for the
    identity.
    """

    f: Callable[[jax.Array], jax.Array]
    gain: float | jax.Array


def rectifier(z):
    """Compute max(0, z), half-wave rectification (figure 1c). The derivative at 0 is 0."""
    return jax.nn.relu(z)


def hyperbolic_tangent(z):
    """Compute (e^z - e^-z) / (e^z + e^-z) without overflow (figure 1c)."""
    return jnp.tanh(z)


def logistic(z):
    """Compute 1 / (1 + e^-z) (figure 1c)."""
    return jax.nn.sigmoid(z)


def identity(z):
    """Return z: the control that makes any stack of layers one linear map."""
    return z


NONLINEARITIES: dict[str, Nonlinearity] = {
    "relu": Nonlinearity(rectifier, 1.4142136),
    "tanh": Nonlinearity(hyperbolic_tangent, 1.4674136),
    "logistic": Nonlinearity(logistic, 4.7226461),
    "identity": Nonlinearity(identity, 1.0),
    "leaky_relu": Nonlinearity(jax.nn.leaky_relu, 1.4141429),
    "softsign": Nonlinearity(jax.nn.soft_sign, 2.0957806),
    "elu": Nonlinearity(jax.nn.elu, 1.2234286),
    "gelu": Nonlinearity(jax.nn.gelu, 1.4811681),
    "silu": Nonlinearity(jax.nn.silu, 1.6233203),
    "softplus": Nonlinearity(jax.nn.softplus, 1.8462285),
}
"""Nonlinearities by name: the three of figure 1c, the identity as a control, then later ones."""
