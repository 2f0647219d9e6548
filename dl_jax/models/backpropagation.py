"""The equations of figure 1c and 1d as printed: the forward and the backward pass, one function per equation.

Symbols are the paper's: units are indexed j in the layer below and k in the layer above; z is the total input of a
unit, y its output (y_0 = x), t the target, and E = sum of 0.5 (y - t)^2 the cost. All functions take one example; use
`jax.vmap` for a batch. There are no biases, which the paper omits "for simplicity".
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, lecun
from dl_jax.models.model import Model, from_layers

# Figure 1c: the nonlinearities. The paper does not print their derivatives f'(z).


class Unit(NamedTuple):
    """The nonlinearity f of a unit, y = f(z), and its derivative f'(z). Both are elementwise."""

    f: Callable[[jax.Array], jax.Array]
    derivative: Callable[[jax.Array], jax.Array]


def relu(z):
    """Compute max(0, z)."""
    return jnp.maximum(0.0, z)


def relu_derivative(z):
    """Compute 1 for z > 0 and 0 elsewhere, also at z = 0, where the derivative does not exist."""
    return jnp.where(z > 0.0, jnp.ones_like(z), jnp.zeros_like(z))


def tanh(z):
    """Compute (e^z - e^-z) / (e^z + e^-z) as printed: NaN where e^|z| overflows."""
    return (jnp.exp(z) - jnp.exp(-z)) / (jnp.exp(z) + jnp.exp(-z))


def tanh_derivative(z):
    """Compute 1 - f(z)^2."""
    return 1.0 - tanh(z) ** 2


def logistic(z):
    """Compute 1 / (1 + e^-z)."""
    return 1.0 / (1.0 + jnp.exp(-z))


def logistic_derivative(z):
    """Compute f(z) (1 - f(z))."""
    return logistic(z) * (1.0 - logistic(z))


UNITS = {
    "relu": Unit(relu, relu_derivative),
    "tanh": Unit(tanh, tanh_derivative),
    "logistic": Unit(logistic, logistic_derivative),
}
"""The three nonlinearities in the caption of figure 1c."""

# Figure 1c and 1d: the equations.


def total_input(w_jk, y_j):
    """z_k = sum_j w_jk y_j."""
    return jnp.einsum("jk,j->k", w_jk, y_j)


def output(z_k, f):
    """y_k = f(z_k)."""
    return f(z_k)


def cost_derivative(y_l, t_l):
    """dE/dy_l = y_l - t_l, at the output units."""
    return y_l - t_l


def into_total_input(dE_dy_k, z_k, derivative):
    """dE/dz_k = dE/dy_k f'(z_k)."""
    return dE_dy_k * derivative(z_k)


def to_outputs_below(w_jk, dE_dz_k):
    """dE/dy_j = sum_k w_jk dE/dz_k."""
    return jnp.einsum("jk,k->j", w_jk, dE_dz_k)


def weight_derivative(y_j, dE_dz_k):
    """dE/dw_jk = y_j dE/dz_k."""
    return jnp.einsum("j,k->jk", y_j, dE_dz_k)


class Equations(NamedTuple):
    """The printed equations. `PRINTED._replace(total_input=...)` changes one of them."""

    total_input: Callable
    output: Callable
    cost_derivative: Callable
    into_total_input: Callable
    to_outputs_below: Callable
    weight_derivative: Callable


PRINTED = Equations(total_input, output, cost_derivative, into_total_input, to_outputs_below, weight_derivative)


# The forward and the backward pass: the equations in order, for any number of layers.


class Forward(NamedTuple):
    """The result of the forward pass: z = (z_1, ..., z_L) and y = (x, y_1, ..., y_L)."""

    z: tuple[jax.Array, ...]
    y: tuple[jax.Array, ...]


class Backward(NamedTuple):
    """The derivatives of E with respect to z_1, ..., z_L, to x, y_1, ..., y_L, and to w_1, ..., w_L."""

    dE_dz: tuple[jax.Array, ...]
    dE_dy: tuple[jax.Array, ...]
    dE_dw: tuple[jax.Array, ...]


def forward(weights: Sequence[jax.Array], x: jax.Array, f: Callable, equations: Equations = PRINTED) -> Forward:
    """Compute the forward pass of figure 1c. weights: w_jk of every layer, first layer first."""
    z, y = [], [x]
    for w in weights:
        z.append(equations.total_input(w, y[-1]))
        y.append(equations.output(z[-1], f))
    return Forward(tuple(z), tuple(y))


def backward(
    weights: Sequence[jax.Array], y_and_z: Forward, t: jax.Array, derivative: Callable, equations: Equations = PRINTED
) -> Backward:
    """Compute the backward pass of figure 1d from the forward pass and the target t."""
    return backward_from(weights, y_and_z, equations.cost_derivative(y_and_z.y[-1], t), derivative, equations)


def backward_from(
    weights: Sequence[jax.Array],
    y_and_z: Forward,
    dE_dy_L: jax.Array,
    derivative: Callable,
    equations: Equations = PRINTED,
) -> Backward:
    """Compute the backward pass from the derivative dE_dy_L of any cost with respect to the output units."""
    dE_dz, dE_dy, dE_dw = [], [dE_dy_L], []
    for w, z, y_below in zip(reversed(weights), reversed(y_and_z.z), reversed(y_and_z.y[:-1]), strict=True):
        dE_dz.append(equations.into_total_input(dE_dy[-1], z, derivative))
        dE_dw.append(equations.weight_derivative(y_below, dE_dz[-1]))
        dE_dy.append(equations.to_outputs_below(w, dE_dz[-1]))
    return Backward(tuple(reversed(dE_dz)), tuple(reversed(dE_dy)), tuple(reversed(dE_dw)))


def printed_net(
    hidden: Sequence[int], outputs: int, unit: Unit, initializer: Initializer = lecun, equations: Equations = PRINTED
) -> Model:
    """Return the network of figure 1c as a Model whose gradients are the equations of figure 1d, not JAX's derivatives.

    The output units apply f as well. Params: {"layer_01": {"w": [D, W]}, ..., "layer_<L+1>": {"w": [W, C]}}.
    """

    @jax.custom_vjp
    def network(weights, x):
        return forward(weights, x, unit.f, equations).y[-1]

    def network_forward(weights, x):
        y_and_z = forward(weights, x, unit.f, equations)
        return y_and_z.y[-1], (weights, y_and_z)

    def network_backward(residuals, dE_dy_L):
        weights, y_and_z = residuals
        derivatives = backward_from(weights, y_and_z, dE_dy_L, unit.derivative, equations)
        return derivatives.dE_dw, derivatives.dE_dy[0]

    network.defvjp(network_forward, network_backward)
    names = [f"layer_{number:02}" for number in range(1, len(hidden) + 2)]

    def weights_of(params):
        return tuple(params[name]["w"] for name in names)

    def init(key, x_BxD):
        widths = (x_BxD.shape[-1], *hidden, outputs)
        keys = jax.random.split(key, len(names))
        return {n: {"w": initializer(k, s, 1.0)} for n, k, s in zip(names, keys, pairwise(widths), strict=True)}

    def layers(params, x_BxD):
        return jax.vmap(lambda x: forward(weights_of(params), x, unit.f, equations).y[1:])(x_BxD)

    def apply(params, x_BxD):
        return jax.vmap(network, (None, 0))(weights_of(params), x_BxD)

    return from_layers(init, layers)._replace(apply=apply)
