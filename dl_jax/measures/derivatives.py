"""Derivatives found in other ways than by backpropagation, and how far two of them are apart.

A difference is scaled by the norm of what it is compared with, never entry by entry: an entry that is
small because large terms cancel in it has no digits of its own to lose.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.models.backpropagation import Backward

Function = Callable[[jax.Array], jax.Array]


def relative_error(found: Any, true: Any) -> jax.Array:
    """||found - true|| / ||true||, the largest over the arrays of the two (arrays, or trees of them alike).

    0 where both are 0, as in a net whose rectifiers are all silent.
    """

    def one(found, true):
        return jnp.linalg.norm(jnp.ravel(found - true)) / not_0(jnp.linalg.norm(jnp.ravel(true)))

    return jnp.max(jnp.stack(jax.tree.leaves(jax.tree.map(one, found, true))))


def not_0(size: jax.Array) -> jax.Array:
    """The size, but for 0 the smallest number that can divide."""
    return jnp.maximum(size, float(jnp.finfo(size.dtype).tiny))


def best_step(dtype) -> float:
    """eps^(1/3): where the two errors of a central difference balance, each then about eps^(2/3)."""
    return float(jnp.finfo(dtype).eps) ** (1 / 3)


def central_jacobian(function: Function, x: jax.Array, step: float | None = None) -> jax.Array:
    """(function(x + h e) - function(x - h e)) / 2h for every coordinate e of x: shape of the value + shape of x."""
    h = best_step(x.dtype) if step is None else step
    basis = jnp.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
    columns = jax.vmap(lambda e: (function(x + h * e) - function(x - h * e)) / (2 * h))(basis)
    return jnp.moveaxis(columns, 0, -1).reshape(*columns.shape[1:], *x.shape)


# The chain rule (figure 1b).


def remainder(f: Function, g: Function, x_N: jax.Array, dx: float, chain: Callable) -> jax.Array:
    """||dz - chain(dz/dy, dy/dx) dx|| over points x_N, where y = f(x), z = g(y) and dz = g(f(x + dx)) - g(f(x)).

    The chain rule says that `chain` is the product; f and g work elementwise.
    """
    y_N, dy_dx_N = jax.jvp(f, (x_N,), (jnp.ones_like(x_N),))
    z_N, dz_dy_N = jax.jvp(g, (y_N,), (jnp.ones_like(y_N),))
    return jnp.linalg.norm(g(f(x_N + dx)) - z_N - chain(dz_dy_N, dy_dx_N) * dx) / jnp.sqrt(1.0 * x_N.size)


def chain_errors(f: Function, g: Function, x: jax.Array, dx: jax.Array, dz: jax.Array, chains: dict) -> dict:
    """How far chain(J_zy, J_yx), the Jacobians of g and f, is from the derivative of g(f(x)) found in five ways.

    x, dx [D] are a point and a direction there, dz [C] a direction among the values. Errors of products
    with a direction are scaled by ||J|| times its norm, since in J dx itself large terms may cancel.
    chains: {name: chain}. Returns {(name, oracle): error}.
    """

    def z(x):
        return g(f(x))

    J_zy, J_yx = jax.jacfwd(g)(f(x)), jax.jacfwd(f)(x)
    found = {
        "jacfwd": jax.jacfwd(z)(x),
        "jacrev": jax.jacrev(z)(x),
        "jvp": jax.jvp(z, (x,), (dx,))[1],
        "vjp": jax.vjp(z, x)[1](dz)[0],
        "finite_differences": central_jacobian(z, x),
    }
    size = not_0(jnp.linalg.norm(found["jacfwd"]))
    scales = {"jvp": size * jnp.linalg.norm(dx), "vjp": size * jnp.linalg.norm(dz)}
    errors = {}
    for name, chain in chains.items():
        J_zx = chain(J_zy, J_yx)
        chained = {"jvp": J_zx @ dx, "vjp": dz @ J_zx}
        for oracle, true in found.items():
            errors[name, oracle] = jnp.linalg.norm(chained.get(oracle, J_zx) - true) / scales.get(oracle, size)
    return errors


# A net's derivatives (figure 1d), with E = sum of 0.5 (y - t)^2. Each oracle answers dE/da, where y = outputs(a).


def _half_squared_error(y, t):
    return 0.5 * jnp.sum((y - t) ** 2)


def by_reverse_mode(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """jax.grad of E."""
    return jax.grad(lambda a: _half_squared_error(outputs(a), t))(a)


def by_jacobian(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """(y - t) times the whole Jacobian dy/da, found in forward mode."""
    return jnp.tensordot(outputs(a) - t, jax.jacfwd(outputs)(a), 1)


def by_finite_differences(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """Central differences of E."""
    return central_jacobian(lambda a: _half_squared_error(outputs(a), t), a)


ORACLES = {"grad": by_reverse_mode, "jacobians": by_jacobian, "finite_differences": by_finite_differences}
EXACT = ("grad", "jacobians")
"""Those that err by rounding alone."""


def net_derivatives(
    oracle: Callable, weights: Sequence[jax.Array], x: jax.Array, t: jax.Array, f: Function
) -> Backward:
    """What the backward pass should find at one example: an oracle's answer at every place of the net.

    Something is added to x and to every y, z and w; the derivative with respect to a place is the
    derivative with respect to what is added there, at 0. No equation of figure 1d is used.
    """
    widths = (len(x), *(w.shape[1] for w in weights))
    none = Backward(
        dE_dz=tuple(jnp.zeros(width, x.dtype) for width in widths[1:]),
        dE_dy=tuple(jnp.zeros(width, x.dtype) for width in widths),
        dE_dw=tuple(map(jnp.zeros_like, weights)),
    )
    none_P, unravel = ravel_pytree(none)

    def outputs(added_P):
        added = unravel(added_P)
        y = x + added.dE_dy[0]
        for w, dw, dz, dy in zip(weights, added.dE_dw, added.dE_dz, added.dE_dy[1:], strict=True):
            y = f(y @ (w + dw) + dz) + dy
        return y

    return unravel(oracle(outputs, none_P, t))
