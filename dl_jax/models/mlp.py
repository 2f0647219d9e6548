"""The multilayer net of figure 1c: y = f(x w + b), layer upon layer."""

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
    """`len(hidden)` layers of modules with these widths, and a layer of scores above them (figure 1c).

    Params: {"layer_01": {"w": [D, W], "b": [W]}, ..., "layer_<L+1>": {"w": [W, C], "b": [C]}}.
    Hidden layers start at the scale that suits the nonlinearity, the scores at that of the identity. Images
    are read as rows: x may have any shape after B.
    """
    digits = max(2, len(str(len(hidden) + 1)))  # so that their alphabetical order is that of the layers
    names = [f"layer_{number:0{digits}}" for number in range(1, len(hidden) + 2)]

    def init(key, x_BxD):
        shapes = list(pairwise((prod(x_BxD.shape[1:]), *hidden, classes)))
        keys, top, params = jax.random.split(key, len(names)), len(names) - 1, {}
        # Layers of one shape are drawn at once, which compiles several times faster and draws the same.
        for (shape, scores), run in groupby(range(len(names)), key=lambda at: (shapes[at], at == top)):
            places = list(run)
            rule = partial(initializer, shape=shape, gain=1.0 if scores else nonlinearity.gain)
            for at, w in zip(places, jax.vmap(rule)(keys[places[0] : places[-1] + 1]), strict=True):
                params[names[at]] = {"w": w, "b": jnp.zeros(shape[1])}
        return params

    def layers(params, x_BxD):
        y_BxW, outputs = x_BxD.reshape(len(x_BxD), -1), []
        for name in names:
            z_BxW = y_BxW @ params[name]["w"] + params[name]["b"][None]
            y_BxW = z_BxW if name == names[-1] else nonlinearity.f(z_BxW)
            outputs.append(y_BxW)
        return tuple(outputs)

    return from_layers(init, layers)


def width_for(parameters: int, depth: int, inputs: int, classes: int) -> int:
    """The width at which `depth` equal layers have as near as can be this many weights and biases in all."""

    def count(width):
        return (inputs + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * classes

    return min(range(1, parameters + 1), key=lambda width: abs(count(width) - parameters))
