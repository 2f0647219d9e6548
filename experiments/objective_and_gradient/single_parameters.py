"""The effect of a single parameter on the scores and on the loss (statements 56 and 58)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen

from dl_jax.models.model import Params

BATCH = 64
"""Parameters that are changed in one batch: more take memory and save no time."""


def largest_jumps(
    scores: Callable, w_P: jax.Array, index_K: jax.Array, intervals: int, strides: tuple[int, ...], reach: float = 1.0
) -> jax.Array:
    """Return jump_T: the largest change of any score between two values of a parameter, by their distance.

    Each parameter of index_K is moved alone on a grid of `intervals` equal intervals, from `reach` below its value to
    `reach` above.

    scores:  w_P -> scores_BxC.
    strides: distances, in intervals, between the two values.
    """
    change_T = jnp.linspace(-reach, reach, intervals + 1)

    def of_one(index):
        scores_TxBxC = jax.vmap(lambda change: scores(w_P.at[index].add(change)))(change_T)
        return jnp.stack([jnp.max(jnp.abs(jnp.diff(scores_TxBxC[::stride], axis=0))) for stride in strides])

    return jnp.max(jax.lax.map(of_one, index_K), 0)


def quantized(scores: Callable, spacing: float) -> Callable:
    """Return the scores as a function of weights that are rounded to multiples of `spacing`: not real numbers."""
    return lambda w_P: scores(spacing * jnp.round(w_P / spacing))


def difference_quotients(loss: Callable, w_P: jax.Array, change_T: jax.Array) -> jax.Array:
    """Return quotient_TxP: (loss with w_i + change, minus loss) / change, for every parameter i alone."""
    unchanged = loss(w_P)

    def of_one(index):
        return jax.vmap(lambda change: (loss(w_P.at[index].add(change)) - unchanged) / change)(change_T)

    return jax.lax.map(of_one, jnp.arange(w_P.size), batch_size=min(BATCH, w_P.size)).T


def largest_error(values: jax.Array, reference: jax.Array) -> jax.Array:
    """Return max |values - reference| / max |reference|."""
    return jnp.max(jnp.abs(values - reference)) / jnp.max(jnp.abs(reference))


def flax_scores(params: Params, x_BxD: jax.Array, f: Callable) -> jax.Array:
    """Return scores_BxC of flax's layers, which share no code with `mlp`, with the weights of an `mlp`."""
    *hidden, top = sorted(params)

    def layer(name, y_BxW):
        weights = {"kernel": params[name]["w"], "bias": params[name]["b"]}
        return linen.Dense(weights["bias"].size, param_dtype=y_BxW.dtype).apply({"params": weights}, y_BxW)

    for name in hidden:
        x_BxD = f(layer(name, x_BxD))
    return layer(top, x_BxD)
