"""Figure 1c and 1d as printed: the equations of the forward and of the backward pass, each one a function.

Symbols are the paper's. A layer's units are indexed j in the layer below and k in the one above; z is a
unit's total input, y its output (y_0 = x), t what the output should have been, E = sum of 0.5 (y - t)^2.
Everything here is for one example; `jax.vmap` makes it a batch. There are no biases, "for simplicity".
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, lecun
from dl_jax.models.model import Model, from_layers

# Figure 1c: the nonlinearities, and their derivatives f'(z), which the paper leaves to the reader.


class Unit(NamedTuple):
    """What a unit does with its total input, y = f(z), and f'(z). Both elementwise."""

    f: Callable[[jax.Array], jax.Array]
    derivative: Callable[[jax.Array], jax.Array]


def relu(z):
    """max(0, z)."""
    return jnp.maximum(0.0, z)


def relu_derivative(z):
    """1 above 0 and 0 below; at the kink, where there is none, 0."""
    return jnp.where(z > 0.0, jnp.ones_like(z), jnp.zeros_like(z))


def tanh(z):
    """(e^z - e^-z) / (e^z + e^-z), as printed: not a number once e^|z| overflows."""
    return (jnp.exp(z) - jnp.exp(-z)) / (jnp.exp(z) + jnp.exp(-z))


def tanh_derivative(z):
    """1 - f(z)^2."""
    return 1.0 - tanh(z) ** 2


def logistic(z):
    """1 / (1 + e^-z)."""
    return 1.0 / (1.0 + jnp.exp(-z))


def logistic_derivative(z):
    """f(z) (1 - f(z))."""
    return logistic(z) * (1.0 - logistic(z))


UNITS = {
    "relu": Unit(relu, relu_derivative),
    "tanh": Unit(tanh, tanh_derivative),
    "logistic": Unit(logistic, logistic_derivative),
}
"""The three nonlinearities of the caption."""

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
    """All that is printed. A mutation is `PRINTED._replace(total_input=...)`."""

    total_input: Callable
    output: Callable
    cost_derivative: Callable
    into_total_input: Callable
    to_outputs_below: Callable
    weight_derivative: Callable


PRINTED = Equations(total_input, output, cost_derivative, into_total_input, to_outputs_below, weight_derivative)


# The passes: the equations in their order, through any number of layers.


class Forward(NamedTuple):
    """z = (z_1, ..., z_L), and y = (x, y_1, ..., y_L)."""

    z: tuple[jax.Array, ...]
    y: tuple[jax.Array, ...]


class Backward(NamedTuple):
    """dE_dz = (of z_1, ..., z_L), dE_dy = (of x, y_1, ..., y_L), dE_dw = (of w_1, ..., w_L)."""

    dE_dz: tuple[jax.Array, ...]
    dE_dy: tuple[jax.Array, ...]
    dE_dw: tuple[jax.Array, ...]


def forward(weights: Sequence[jax.Array], x: jax.Array, f: Callable, equations: Equations = PRINTED) -> Forward:
    """Figure 1c. weights: w_jk of every layer, from the input's side."""
    z, y = [], [x]
    for w in weights:
        z.append(equations.total_input(w, y[-1]))
        y.append(equations.output(z[-1], f))
    return Forward(tuple(z), tuple(y))


def backward(
    weights: Sequence[jax.Array], passed: Forward, t: jax.Array, derivative: Callable, equations: Equations = PRINTED
) -> Backward:
    """Figure 1d, for what a forward pass has left behind and the target t."""
    return backward_from(weights, passed, equations.cost_derivative(passed.y[-1], t), derivative, equations)


def backward_from(
    weights: Sequence[jax.Array],
    passed: Forward,
    dE_dy_L: jax.Array,
    derivative: Callable,
    equations: Equations = PRINTED,
) -> Backward:
    """Figure 1d below the output units, for any cost whose derivative there is known."""
    dE_dz, dE_dy, dE_dw = [], [dE_dy_L], []
    for w, z, y_below in zip(reversed(weights), reversed(passed.z), reversed(passed.y[:-1]), strict=True):
        dE_dz.append(equations.into_total_input(dE_dy[-1], z, derivative))
        dE_dw.append(equations.weight_derivative(y_below, dE_dz[-1]))
        dE_dy.append(equations.to_outputs_below(w, dE_dz[-1]))
    return Backward(tuple(reversed(dE_dz)), tuple(reversed(dE_dy)), tuple(reversed(dE_dw)))


def printed_net(
    hidden: Sequence[int], outputs: int, unit: Unit, initializer: Initializer = lecun, equations: Equations = PRINTED
) -> Model:
    """The net of figure 1c as a Model that learns by the equations of figure 1d, not by JAX's derivatives.

    Its output units apply f as well. Params: {"layer_01": {"w": [D, W]}, ..., "layer_<L+1>": {"w": [W, C]}}.
    """

    @jax.custom_vjp
    def outputs_of(weights, x):
        return forward(weights, x, unit.f, equations).y[-1]

    def up(weights, x):
        passed = forward(weights, x, unit.f, equations)
        return passed.y[-1], (weights, passed)

    def down(kept, dE_dy_L):
        weights, passed = kept
        found = backward_from(weights, passed, dE_dy_L, unit.derivative, equations)
        return found.dE_dw, found.dE_dy[0]

    outputs_of.defvjp(up, down)
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
        return jax.vmap(outputs_of, (None, 0))(weights_of(params), x_BxD)

    return from_layers(init, layers)._replace(apply=apply)
