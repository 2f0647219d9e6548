"""Derivatives computed without backpropagation, and the relative error between two derivatives.

Errors are relative to the norm of an array, not to its single entries: a small entry that results from cancellation has
few correct digits.

N points, D inputs, P parameters, C outputs.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from dl_jax.models.backpropagation import Backward

Function = Callable[[jax.Array], jax.Array]
Oracle = Callable[[Function, jax.Array, jax.Array], jax.Array]
"""(outputs, a_P, t_C) -> dE/da at a, where E = sum of 0.5 (y - t)^2 and y_C = outputs(a)."""


def relative_error(value: Any, reference: Any) -> jax.Array:
    """Return ||value - reference|| / ||reference||, the largest over the arrays of two trees of equal structure.

    0 where both norms are 0, as for the gradients of a net whose rectified units are all inactive.
    """

    def of_array(value, reference):
        return jnp.linalg.norm(jnp.ravel(value - reference)) / _positive(jnp.linalg.norm(jnp.ravel(reference)))

    return jnp.max(jnp.stack(jax.tree.leaves(jax.tree.map(of_array, value, reference))))


def _positive(norm):
    """The norm, with 0 replaced by the smallest normal number."""
    return jnp.maximum(norm, float(jnp.finfo(norm.dtype).tiny))


def central_difference_step(dtype: Any) -> float:
    """Return eps^(1/3), which balances the truncation and rounding errors of a central difference at eps^(2/3) each."""
    return float(jnp.finfo(dtype).eps) ** (1 / 3)


def central_jacobian(function: Function, x: jax.Array, step: float | None = None) -> jax.Array:
    """Jacobian of `function` at x by central differences, of shape value.shape + x.shape.

    Column e is (function(x + h e) - function(x - h e)) / 2h, with h = `step` or `central_difference_step`.
    """
    h = central_difference_step(x.dtype) if step is None else step
    basis = jnp.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
    columns = jax.vmap(lambda e: (function(x + h * e) - function(x - h * e)) / (2 * h))(basis)
    return jnp.moveaxis(columns, 0, -1).reshape(*columns.shape[1:], *x.shape)


# The chain rule (figure 1b).


def chain_rule_remainder(f: Function, g: Function, x_N: jax.Array, dx: float, chain: Callable) -> jax.Array:
    """Root mean square of dz - chain(dz/dy, dy/dx) dx over the points x_N.

    y = f(x), z = g(y) and dz = g(f(x + dx)) - g(f(x)); f and g are elementwise. By the chain rule, `chain` is the
    product and the remainder is of second order in dx.
    """
    y_N, dy_dx_N = jax.jvp(f, (x_N,), (jnp.ones_like(x_N),))
    z_N, dz_dy_N = jax.jvp(g, (y_N,), (jnp.ones_like(y_N),))
    return jnp.linalg.norm(g(f(x_N + dx)) - z_N - chain(dz_dy_N, dy_dx_N) * dx) / jnp.sqrt(1.0 * x_N.size)


def chain_rule_errors(
    f: Function, g: Function, x: jax.Array, dx: jax.Array, dz: jax.Array, chains: dict[str, Callable]
) -> dict[tuple[str, str], jax.Array]:
    """Relative error of chain(J_zy, J_yx) against the derivative of g(f(x)) computed in five other ways.

    J_zy and J_yx are the Jacobians of g and f; x_D is a point, dx_D a tangent, dz_C a cotangent. Products with a
    vector are compared relative to ||J|| times its norm, because J dx may cancel. Returns {(chain, oracle): error}.
    """

    def z(x):
        return g(f(x))

    J_zy, J_yx = jax.jacfwd(g)(f(x)), jax.jacfwd(f)(x)
    oracles = {
        "jacfwd": jax.jacfwd(z)(x),
        "jacrev": jax.jacrev(z)(x),
        "jvp": jax.jvp(z, (x,), (dx,))[1],
        "vjp": jax.vjp(z, x)[1](dz)[0],
        "finite_differences": central_jacobian(z, x),
    }
    norm = _positive(jnp.linalg.norm(oracles["jacfwd"]))
    scales = {"jvp": norm * jnp.linalg.norm(dx), "vjp": norm * jnp.linalg.norm(dz)}
    errors = {}
    for name, chain in chains.items():
        J_zx = chain(J_zy, J_yx)
        chained = {"jvp": J_zx @ dx, "vjp": dz @ J_zx}
        for oracle, reference in oracles.items():
            errors[name, oracle] = jnp.linalg.norm(chained.get(oracle, J_zx) - reference) / scales.get(oracle, norm)
    return errors


# The backward pass (figure 1d), with the loss E = sum of 0.5 (y - t)^2.


def _half_squared_error(y, t):
    return 0.5 * jnp.sum((y - t) ** 2)


def reverse_mode_gradient(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """dE/da by jax.grad."""
    return jax.grad(lambda a: _half_squared_error(outputs(a), t))(a)


def forward_mode_gradient(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """dE/da as (y - t) times the Jacobian dy/da, computed in forward mode."""
    return jnp.tensordot(outputs(a) - t, jax.jacfwd(outputs)(a), 1)


def finite_difference_gradient(outputs: Function, a: jax.Array, t: jax.Array) -> jax.Array:
    """dE/da by central differences of E."""
    return central_jacobian(lambda a: _half_squared_error(outputs(a), t), a)


ORACLES: dict[str, Oracle] = {
    "grad": reverse_mode_gradient,
    "jacobians": forward_mode_gradient,
    "finite_differences": finite_difference_gradient,
}


def net_derivatives(oracle: Oracle, weights: Sequence[jax.Array], x: jax.Array, t: jax.Array, f: Function) -> Backward:
    """Derivatives of E by every x, y, z and w of a multilayer net at one example, without the equations of figure 1d.

    The derivative by a variable is the oracle's derivative by a perturbation that is added to it, at perturbation 0.
    weights: w of each layer, [inputs, outputs]; x_D and t_C are one example; f is the nonlinearity of every layer.
    """
    widths = (len(x), *(w.shape[1] for w in weights))
    zeros = Backward(
        dE_dz=tuple(jnp.zeros(width, x.dtype) for width in widths[1:]),
        dE_dy=tuple(jnp.zeros(width, x.dtype) for width in widths),
        dE_dw=tuple(map(jnp.zeros_like, weights)),
    )
    zeros_P, unravel = ravel_pytree(zeros)

    def outputs(perturbation_P):
        perturbation = unravel(perturbation_P)
        y = x + perturbation.dE_dy[0]
        layers = zip(weights, perturbation.dE_dw, perturbation.dE_dz, perturbation.dE_dy[1:], strict=True)
        for w, dw, dz, dy in layers:
            y = f(y @ (w + dw) + dz) + dy
        return y

    return unravel(oracle(outputs, zeros_P, t))
