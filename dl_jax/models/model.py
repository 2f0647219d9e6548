"""The contract of a model: three pure functions of its parameters."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

Key = jax.Array
Params = dict[str, Any]
"""Parameters: nested dicts of arrays, nothing else."""


class Model(NamedTuple):
    """A model as three pure functions: init, apply, and layers for all activations (section III).

    init:   (key, x_BxD) -> params. Only the shape and the dtype of x are used.
    apply:  (params, x_BxD) -> scores_BxC, one score per category.
    layers: (params, x_BxD) -> the output of every layer in order, from the first hidden layer to the scores.
    """

    init: Callable[[Key, jax.Array], Params]
    apply: Callable[[Params, jax.Array], jax.Array]
    layers: Callable[[Params, jax.Array], tuple[jax.Array, ...]]


def from_layers(init: Callable[..., Params], layers: Callable[..., tuple[jax.Array, ...]]) -> Model:
    """Return a model whose `apply` is the last of its layers."""
    return Model(init, lambda params, x_BxD: layers(params, x_BxD)[-1], layers)
