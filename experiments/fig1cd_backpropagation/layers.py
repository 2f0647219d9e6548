"""Whether each layer of a net is computed from the layer below it and from nothing else (statement 8)."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.measures.derivatives import relative_error

Outputs = tuple[jax.Array, ...]
"""(x, y_1, ..., y_L): the input and the output of every layer."""


def net(weights: Sequence[jax.Array], f: Callable, skips: Sequence[jax.Array] = ()) -> Callable[[jax.Array], Outputs]:
    """Return the function x -> (x, y_1, ..., y_L) of a net with y_k = f(y_(k-1) w_k).

    skips: weights from x to every layer above the first, which adds x @ skip to its total input: the control.
    """

    def outputs(x):
        y = [x]
        for number, w in enumerate(weights):
            z = y[-1] @ w
            y.append(f(z + x @ skips[number - 1] if skips and number else z))
        return tuple(y)

    return outputs


def recomputation_error(y: Outputs, weights: Sequence[jax.Array], f: Callable) -> jax.Array:
    """Return the relative error, largest over the layers, of f(y_(k-1) w_k) against the output y_k of a layer."""
    return relative_error(tuple(f(below @ w) for below, w in zip(y[:-1], weights, strict=True)), y[1:])


def orthogonal_part(v_BxD: jax.Array, w_DxW: jax.Array) -> jax.Array:
    """Return the part of v that is orthogonal to every column of w (W < D), so that v @ w is 0.

    The projection is done twice, which removes what rounding leaves the first time.
    """
    q_DxW, _ = jnp.linalg.qr(w_DxW)
    for _ in range(2):
        v_BxD = v_BxD - (v_BxD @ q_DxW) @ q_DxW.T
    return v_BxD


def leak_past_first_layer(outputs: Callable[[jax.Array], Outputs], x: jax.Array, change: jax.Array) -> jax.Array:
    """Return the relative change of the layers above the first when x changes.

    change: a change of x that leaves the first layer's output as it is.
    """
    return relative_error(outputs(x + change)[2:], outputs(x)[2:])
