"""How many weights a step moves: an optimizer that counts them, so that no copy of the weights has to be kept."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax


class Watched(NamedTuple):
    """The optimizer's own memory, and the fewest weights that any step so far has moved (infinity before the first)."""

    inner: optax.OptState
    fewest: jax.Array


def watched(optimizer: optax.GradientTransformation) -> optax.GradientTransformation:
    """The same steps; its state is a `Watched`. A weight counts as moved if it is another number after the step: an
    adjustment that is lost in rounding is none."""

    def init(params):
        return Watched(optimizer.init(params), jnp.full((), jnp.inf, jnp.float32))

    def update(gradient, state, params):
        change, inner = optimizer.update(gradient, state.inner, params)

        def moved(w, by):
            return jnp.sum(optax.apply_updates(w, by) != w, dtype=jnp.int32).astype(jnp.float32)

        # Each layer's count is exact; their sum, in float32, is so to a ten-millionth.
        counts = jax.tree.leaves(jax.tree.map(moved, params, change))
        return change, Watched(inner, jnp.minimum(state.fewest, sum(counts)))

    return optax.GradientTransformation(init, update)
