"""What a weight does: to the scores as it is turned like a knob, and to the error when it grows by one small step."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen

from dl_jax.models.model import Params

TOGETHER = 64
"""Weights that are turned at once, each by itself: more take memory and save no time."""


def largest_jumps(
    scores: Callable, w_P: jax.Array, knob_K: jax.Array, pieces: int, apart: tuple[int, ...], reach: float = 1.0
) -> jax.Array:
    """jump_T: the largest change of any score between two places of a knob that are so many pieces apart.

    Each weight of knob_K is turned by itself, from `reach` below its value to `reach` above, in
    `pieces` equal parts. scores: w_P -> scores_BxC.
    """
    by_T = jnp.linspace(-reach, reach, pieces + 1)

    def of_one(knob):
        scores_TxBxC = jax.vmap(lambda by: scores(w_P.at[knob].add(by)))(by_T)
        return jnp.stack([jnp.max(jnp.abs(jnp.diff(scores_TxBxC[::each], axis=0))) for each in apart])

    return jnp.max(jax.lax.map(of_one, knob_K), 0)


def catching(scores: Callable, notch: float) -> Callable:
    """The same machine with knobs that catch at whole multiples of `notch`, as switches do: no real numbers."""
    return lambda w_P: scores(notch * jnp.round(w_P / notch))


def growth(error: Callable, w_P: jax.Array, step_T: jax.Array) -> jax.Array:
    """growth_TxP: (E with w_i + step, all other weights as they are, minus E) / step, for every weight by itself."""
    here = error(w_P)

    def of_one(knob):
        return jax.vmap(lambda step: (error(w_P.at[knob].add(step)) - here) / step)(step_T)

    return jax.lax.map(of_one, jnp.arange(w_P.size), batch_size=min(TOGETHER, w_P.size)).T


def largest_miss(told: jax.Array, found: jax.Array) -> jax.Array:
    """How far what was told is from what was found where it is farthest, in units of the largest that was found."""
    return jnp.max(jnp.abs(told - found)) / jnp.max(jnp.abs(found))


def scores_elsewhere(params: Params, x_BxD: jax.Array, f: Callable) -> jax.Array:
    """The scores of flax's layers, which share no code with ours, when they are given the weights of our `mlp`."""
    *hidden, top = sorted(params)

    def layer(name, y_BxW):
        own = {"kernel": params[name]["w"], "bias": params[name]["b"]}
        return linen.Dense(own["bias"].size, param_dtype=y_BxW.dtype).apply({"params": own}, y_BxW)

    for name in hidden:
        x_BxD = f(layer(name, x_BxD))
    return layer(top, x_BxD)
