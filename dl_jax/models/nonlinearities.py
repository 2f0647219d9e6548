"""The functions f(z) that make a module non-linear (figure 1c), each with the initial scale that suits it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp


class Nonlinearity(NamedTuple):
    """f: z -> y, elementwise. gain: the scale of initial weights at which gradients keep their size.

    With w ~ N(0, gain^2 / fan_in), a layer whose total inputs are standard normal passes the
    derivatives of the error down with unchanged mean square: gain = 1 / sqrt(E[f'(z)^2]).
    For the rectifier that is He's sqrt(2), for the identity LeCun's 1.
    """

    f: Callable[[jax.Array], jax.Array]
    gain: float


def rectifier(z):
    """max(0, z): half-wave rectification, the usual choice in recent years (figure 1c). Its slope at 0 counts as 0."""
    return jax.nn.relu(z)


def hyperbolic_tangent(z):
    """(e^z - e^-z) / (e^z + e^-z), computed so that it does not overflow (figure 1c)."""
    return jnp.tanh(z)


def logistic(z):
    """1 / (1 + e^-z) (figure 1c)."""
    return jax.nn.sigmoid(z)


def identity(z):
    """z itself: the control, with which any stack of layers is one linear map."""
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
"""By name: the three that the paper prints, the control, then those that came after."""


def one_of(names: Sequence[str], index: jax.Array) -> Nonlinearity:
    """A nonlinearity that is chosen while the program runs, so that one program serves them all."""
    chosen = [NONLINEARITIES[name] for name in names]
    if len(chosen) == 1:
        return chosen[0]
    gain = jnp.asarray([each.gain for each in chosen])[index]
    return Nonlinearity(lambda z: jax.lax.switch(index, [each.f for each in chosen], z), gain)
