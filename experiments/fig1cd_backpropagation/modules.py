"""Modules of different kinds in a stack, and derivatives passed from each module to the one below (statement 85)."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

Module = Callable[[jax.Array], jax.Array]
"""A differentiable function of one vector."""


def normalise(y: jax.Array) -> jax.Array:
    """Shift and scale to mean 0 and variance 1."""
    return (y - jnp.mean(y)) / jnp.sqrt(jnp.var(y) + 1e-3)


def normalise_wrong_derivative(y: jax.Array) -> jax.Array:
    """Compute `normalise` with a derivative that treats mean and variance as constants: a control."""
    mean, variance = jax.lax.stop_gradient((jnp.mean(y), jnp.var(y)))
    return (y - mean) / jnp.sqrt(variance + 1e-3)


def threshold(y: jax.Array) -> jax.Array:
    """Compute 1 above 0 and 0 below, whose derivative is 0 wherever it exists: a control."""
    return jnp.heaviside(y, jnp.zeros_like(y))


def max_pool(y: jax.Array) -> jax.Array:
    """Compute the maximum of every two neighbouring entries."""
    return jnp.max(y.reshape(-1, 2), 1)


def stack_of_modules(
    w_DxD: jax.Array, filter_3: jax.Array, w_ExC: jax.Array, second: Module = normalise
) -> list[Module]:
    """Return a dense module, `second`, a convolution, a maximum over pairs (D = 2 E), a dense module and a softmax."""
    return [
        lambda x_D: x_D @ w_DxD,
        second,
        lambda y_D: jnp.convolve(y_D, filter_3, mode="same"),
        max_pool,
        lambda y_E: y_E @ w_ExC,
        jax.nn.softmax,
    ]


def composed(modules: Sequence[Module]) -> Module:
    """Return the composition of the modules as one function."""

    def whole(x):
        for module in modules:
            x = module(x)
        return x

    return whole


def derivatives_by_module(modules: Sequence[Module], x: jax.Array, dE_dy: jax.Array) -> tuple[jax.Array, ...]:
    """Return dE/d(input) of every module, lowest first, from dE/dy at the output of the last.

    Each module is differentiated alone, at its own input, and sees only the derivative at its output.
    """
    pullbacks = []
    for module in modules:
        x, pullback = jax.vjp(module, x)
        pullbacks.append(pullback)
    derivatives = [dE_dy]
    for pullback in reversed(pullbacks):
        derivatives.extend(pullback(derivatives[-1]))
    return tuple(reversed(derivatives[1:]))


def derivatives_of_composition(modules: Sequence[Module], x: jax.Array, dE_dy: jax.Array) -> tuple[jax.Array, ...]:
    """Return the same derivatives by jax.grad of the composition of all modules above each input."""
    derivatives = []
    for number, module in enumerate(modules):
        above = composed(modules[number:])
        derivatives.append(jax.grad(lambda x, above=above: jnp.vdot(dE_dy, above(x)))(x))
        x = module(x)
    return tuple(derivatives)
