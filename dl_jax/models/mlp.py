"""The multilayer perceptron of figure 1c: y = f(x w + b) in every hidden layer."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby, pairwise
from math import prod

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, variance_preserving
from dl_jax.models.model import Model, from_layers
from dl_jax.models.nonlinearities import Nonlinearity


def mlp(
    hidden: Sequence[int], classes: int, nonlinearity: Nonlinearity, initializer: Initializer = variance_preserving
) -> Model:
    """Return a multilayer perceptron with hidden layers of the given widths and a linear output layer (figure 1c).

    Params: {"layer_01": {"w": [D, W], "b": [W]}, ..., "layer_<L+1>": {"w": [W, C], "b": [C]}}.
    The initializer gets the gain of the nonlinearity in hidden layers and gain 1 in the output layer; biases start
    at 0. Inputs of any shape x_Bx... are flattened to rows.
    """
    digits = max(2, len(str(len(hidden) + 1)))  # zero-padded, so that alphabetical order is the order of the layers
    names = [f"layer_{number:0{digits}}" for number in range(1, len(hidden) + 2)]

    def init(key, x_BxD):
        shapes = list(pairwise((prod(x_BxD.shape[1:]), *hidden, classes)))
        keys, top, params = jax.random.split(key, len(names)), len(names) - 1, {}
        # Consecutive layers of one shape are drawn by one vmap: the same numbers, and several times faster to compile.
        for (shape, is_top), group in groupby(range(len(names)), key=lambda i: (shapes[i], i == top)):
            layer_numbers = list(group)
            draw = partial(initializer, shape=shape, gain=1.0 if is_top else nonlinearity.gain)
            group_keys = keys[layer_numbers[0] : layer_numbers[-1] + 1]
            for i, w in zip(layer_numbers, jax.vmap(draw)(group_keys), strict=True):
                params[names[i]] = {"w": w, "b": jnp.zeros(shape[1])}
        return params

    def layers(params, x_BxD):
        y_BxW, outputs = x_BxD.reshape(len(x_BxD), -1), []
        for name in names:
            z_BxW = y_BxW @ params[name]["w"] + params[name]["b"][None]
            y_BxW = z_BxW if name == names[-1] else nonlinearity.f(z_BxW)
            outputs.append(y_BxW)
        return tuple(outputs)

    return from_layers(init, layers)


def layer_number(path: tuple) -> int:
    """The number of the layer that a weight of `mlp` belongs to, by its key path; the layer after the inputs is 1."""
    return int(path[0].key.removeprefix("layer_"))


def width_for(parameters: int, depth: int, inputs: int, classes: int) -> int:
    """Return the width at which an `mlp` of `depth` equal hidden layers comes nearest to `parameters` parameters."""

    def count(width):
        return (inputs + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * classes

    return min(range(1, parameters + 1), key=lambda width: abs(count(width) - parameters))
