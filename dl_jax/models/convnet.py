"""The convolutional net of figure 2: maps of learned features, each detected at every position, then pooled."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, suited
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model, Params, from_layers
from dl_jax.models.nonlinearities import Nonlinearity

PART = 512
"""Images that go through at once: what the lower maps of many thousands take no memory holds."""


class Stage(NamedTuple):
    """One level of figure 2: so many maps, the side of their kernels, and the side of the squares that are pooled.

    padding: "SAME" keeps the size of the maps at stride 1, "VALID" lets no kernel hang over the edge.
    """

    maps: int
    kernel: int = 5
    pool: int = 2
    stride: int = 1
    padding: str = "SAME"


def convnet(
    stages: Sequence[Stage],
    hidden: Sequence[int],
    classes: int,
    nonlinearity: Nonlinearity,
    initializer: Initializer = suited,
    pooling: str = "max",
) -> Model:
    """The stages, and on the maps of the last the multilayer net `mlp(hidden, classes)`. x is x_BxHxWxC.

    Params: {"conv_01": {"w": [K, K, C, M], "b": [M]}, ..., "layer_01": {"w": ..., "b": ...}, ...}.
    Layers: the maps of each stage, y_BxHxWxM, after pooling; then the layers of the net above them.
    pooling: one of POOLINGS; with the mean and the identity the whole net is linear.
    """
    names = [f"conv_{number:02}" for number in range(1, len(stages) + 1)]
    top = mlp(hidden, classes, nonlinearity, initializer)

    def init(key, x_BxHxWxC):
        *keys, key_top = jax.random.split(key, len(stages) + 1)
        params, maps = {}, x_BxHxWxC.shape[-1]
        for name, stage, key_stage in zip(names, stages, keys, strict=True):
            # A unit's inputs are the K x K x C outputs under its kernel.
            fan_in = stage.kernel**2 * maps
            w = initializer(key_stage, (fan_in, stage.maps), nonlinearity.gain)
            w = w.reshape(stage.kernel, stage.kernel, maps, stage.maps)
            params[name], maps = {"w": w, "b": jnp.zeros(stage.maps)}, stage.maps
        seen = jax.eval_shape(lambda x: stages_of(params, x)[-1], x_BxHxWxC)
        return params | top.init(key_top, jax.ShapeDtypeStruct((1, seen.size // len(x_BxHxWxC)), seen.dtype))

    def stages_of(params, x):
        return [y for _, y in through_stages(stages, nonlinearity, params, x, pooling)]

    def layers(params, x_NxHxWxC):
        def all_of(x_BxHxWxC):
            maps = stages_of(params, x_BxHxWxC)
            return (*maps, *top.layers(params, (maps or [x_BxHxWxC])[-1]))

        parts = [all_of(x_NxHxWxC[first : first + PART]) for first in range(0, len(x_NxHxWxC), PART)]
        return jax.tree.map(lambda *parts: jnp.concatenate(parts), *parts)

    return from_layers(init, layers)


def through_stages(
    stages: Sequence[Stage], nonlinearity: Nonlinearity, params: Params, x_BxHxWxC: jax.Array, pooling: str = "max"
) -> list[tuple[jax.Array, jax.Array]]:
    """The maps of every stage, y_BxHxWxM before and after pooling, by the params of `convnet(stages, ...)`."""
    y_BxHxWxM, found = x_BxHxWxC, []
    for number, stage in enumerate(stages, 1):
        layer = params[f"conv_{number:02}"]
        z_BxHxWxM = convolved(y_BxHxWxM, layer["w"], stage) + layer["b"][None, None, None]
        full_BxHxWxM = nonlinearity.f(z_BxHxWxM)
        y_BxHxWxM = pooled(full_BxHxWxM, stage.pool, pooling)
        found.append((full_BxHxWxM, y_BxHxWxM))
    return found


def quiet(model: Model, scale: float) -> Model:
    """The net with first weights of the first layer so much smaller: else their noise hides what is learned."""

    def init(key, x):
        params = model.init(key, x)
        return params | {"conv_01": jax.tree.map(lambda w: scale * w, params["conv_01"])}

    return model._replace(init=init)


def convolved(y_BxHxWxC: jax.Array, w_KxKxCxM: jax.Array, stage: Stage) -> jax.Array:
    """z_BxHxWxM: at every position the weighted sum of what lies under the kernel, the same weights everywhere."""
    strides = (stage.stride, stage.stride)
    return jax.lax.conv_general_dilated(
        y_BxHxWxC, w_KxKxCxM, strides, stage.padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def pooled(y_BxHxWxM: jax.Array, side: int, pooling: str = "max") -> jax.Array:
    """One value for each square of side x side positions; what fills no square at the far edges is left out."""
    images, height, width, maps = y_BxHxWxM.shape
    rows, columns = height // side, width // side
    combine, scale = POOLINGS[pooling]
    # Rows and columns one after the other, and elementwise: several times faster on a CPU than a reduction over axes.
    y = y_BxHxWxM[:, : rows * side, : columns * side].reshape(images, rows, side, columns * side, maps)
    y = reduce(combine, [y[:, :, row] for row in range(side)]).reshape(images, rows, columns, side, maps)
    return reduce(combine, [y[:, :, :, column] for column in range(side)]) * scale(side**2)


POOLINGS = {"max": (jnp.maximum, lambda places: 1), "mean": (jnp.add, lambda places: 1 / places)}
"""How two values become one, and the factor for a square of so many places."""
