"""Modules that are no layers of units, one upon the other, and derivatives handed down from one to the next."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

Module = Callable[[jax.Array], jax.Array]


def normalise(y: jax.Array) -> jax.Array:
    """Shifted and scaled to mean 0 and variance 1."""
    return (y - jnp.mean(y)) / jnp.sqrt(jnp.var(y) + 1e-3)


def careless_normalise(y: jax.Array) -> jax.Array:
    """The same values, but its derivative leaves out that mean and variance change with y: a control."""
    mean, variance = jax.lax.stop_gradient((jnp.mean(y), jnp.var(y)))
    return (y - mean) / jnp.sqrt(variance + 1e-3)


def threshold(y: jax.Array) -> jax.Array:
    """1 above 0 and 0 below: its derivative is 0 wherever it has one."""
    return jnp.heaviside(y, jnp.zeros_like(y))


def max_pool(y: jax.Array) -> jax.Array:
    """The greater of every two."""
    return jnp.max(y.reshape(-1, 2), 1)


def unlike_modules(w_DxD: jax.Array, filter_3: jax.Array, w_ExC: jax.Array, middle: Module = normalise) -> list[Module]:
    """A dense module, one of choice, a convolution, a maximum over pairs, a dense one again, and a softmax."""
    return [
        lambda x_D: x_D @ w_DxD,
        middle,
        lambda y_D: jnp.convolve(y_D, filter_3, mode="same"),
        max_pool,
        lambda y_E: y_E @ w_ExC,
        jax.nn.softmax,
    ]


def composed(modules: Sequence[Module]) -> Module:
    """All of them as one function."""

    def whole(x):
        for module in modules:
            x = module(x)
        return x

    return whole


def handed_down(modules: Sequence[Module], x: jax.Array, dE_dy: jax.Array) -> tuple[jax.Array, ...]:
    """The derivatives of E at the input of every module, lowest first, from that at the output of the last.

    Each module is differentiated by itself, where it stands; what it finds is all that the one below is given.
    """
    pulls = []
    for module in modules:
        x, pull = jax.vjp(module, x)
        pulls.append(pull)
    found = [dE_dy]
    for pull in reversed(pulls):
        found.extend(pull(found[-1]))
    return tuple(reversed(found[1:]))


def asked_of_jax(modules: Sequence[Module], x: jax.Array, dE_dy: jax.Array) -> tuple[jax.Array, ...]:
    """The same of jax.grad, which is given at once all that lies above each input."""
    found = []
    for number, module in enumerate(modules):
        above = composed(modules[number:])
        found.append(jax.grad(lambda x, above=above: jnp.vdot(dE_dy, above(x)))(x))
        x = module(x)
    return tuple(found)
