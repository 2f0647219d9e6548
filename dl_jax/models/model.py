"""What a machine is: three pure functions of its weights.

Shape letters, everywhere: B batch, D inputs, W width, L layers, C classes, R trials, T steps, N examples.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

Key = jax.Array
Params = dict[str, Any]
"""Weights: nested dicts of arrays, nothing else."""


class Model(NamedTuple):
    """A machine of section III: what it is at first, what it answers, and what every layer says on the way.

    init:   (key, x_BxD) -> params. Only the shape of x is used.
    apply:  (params, x_BxD) -> scores_BxC, one score for each category.
    layers: (params, x_BxD) -> every layer's output, the input's side first, the scores last.
    """

    init: Callable[[Key, jax.Array], Params]
    apply: Callable[[Params, jax.Array], jax.Array]
    layers: Callable[[Params, jax.Array], tuple[jax.Array, ...]]


def from_layers(init, layers) -> Model:
    """A model whose scores are the last of its layers."""
    return Model(init, lambda params, x_BxD: layers(params, x_BxD)[-1], layers)
