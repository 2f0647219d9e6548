"""A choice that is made while a program runs, so that one program serves every option."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax


def choose(index: jax.Array, options: Sequence[Any]) -> Any:
    """Return the option at a traced index, as a thing of the same kind.

    Options may be functions, numbers, optimizers (`optax.GradientTransformation`), or NamedTuples of these, such as a
    `Nonlinearity`. Functions must return arrays of equal shapes.
    """
    first = options[0]
    if len(options) == 1:
        return first
    if isinstance(first, optax.GradientTransformation):
        return _choose_optimizer(index, options)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(choose(index, field) for field in zip(*options, strict=True)))
    if callable(first):
        return _choose_function(index, options)
    return jnp.asarray(options)[index]


def _choose_function(index, options) -> Callable:
    def chosen(*arguments):
        return jax.lax.switch(index, options, *arguments)

    return chosen


def _choose_optimizer(index, options) -> optax.GradientTransformation:
    """Every option keeps its own state, and all are updated: their states differ in shape."""

    def init(params):
        return tuple(option.init(params) for option in options)

    def update(gradient, states, params=None):
        each = [option.update(gradient, state, params) for option, state in zip(options, states, strict=True)]
        updates, states = zip(*each, strict=True)
        return jax.tree.map(lambda *update: jax.lax.select_n(index, *update), *updates), states

    return optax.GradientTransformation(init, update)
