"""Whether each layer is computed from the layer below it and from nothing else."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.measures.derivatives import relative_error

Outputs = tuple[jax.Array, ...]


def unlike_recomputed(y: Outputs, weights: Sequence[jax.Array], f: Callable) -> jax.Array:
    """How far y_k is from f(y_(k-1) w_k), made again from what was recorded of the layer below alone."""
    return relative_error(tuple(f(below @ w) for below, w in zip(y[:-1], weights, strict=True)), y[1:])


def unseen_by(w_DxW: jax.Array, v_BxD: jax.Array) -> jax.Array:
    """The part of v that no weighted sum in w answers to: v - v q q', with q a basis of the columns of w (W < D).

    Taken twice, which clears what rounding left the first time.
    """
    q_DxW, _ = jnp.linalg.qr(w_DxW)
    for _ in range(2):
        v_BxD = v_BxD - (v_BxD @ q_DxW) @ q_DxW.T
    return v_BxD


def sees_past(outputs: Callable[[jax.Array], Outputs], x: jax.Array, unseen: jax.Array) -> jax.Array:
    """How much the layers above the first change when x changes in a way that the first does not answer to."""
    return relative_error(outputs(x + unseen)[2:], outputs(x)[2:])


def net(weights: Sequence[jax.Array], f: Callable, skips: Sequence[jax.Array] = ()) -> Callable[[jax.Array], Outputs]:
    """x -> (x, y_1, ..., y_L); with `skips`, every layer above the first is given x as well: the control."""

    def outputs(x):
        y = [x]
        for number, w in enumerate(weights):
            z = y[-1] @ w
            y.append(f(z + x @ skips[number - 1] if skips and number else z))
        return tuple(y)

    return outputs
