"""The convolutional net of figure 2: maps of learned features, each detected at every position, then pooled."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, variance_preserving
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model, Params, from_layers
from dl_jax.models.nonlinearities import Nonlinearity

FEW_MAPS = 16
"""Up to so many maps of one picture are convolved corner by corner."""
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
    initializer: Initializer = variance_preserving,
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
        b_1x1x1xM = layer["b"][None, None, None]
        corners = by_corners(y_BxHxWxM, layer["w"], stage)
        if corners:
            outputs = [nonlinearity.f(z_BxIxJxM + b_1x1x1xM) for z_BxIxJxM in corners]
            combine, scale = POOLINGS[pooling]
            full_BxHxWxM, y_BxHxWxM = _woven(outputs), reduce(combine, outputs) * scale(len(outputs))
        else:
            full_BxHxWxM = nonlinearity.f(convolved(y_BxHxWxM, layer["w"], stage) + b_1x1x1xM)
            y_BxHxWxM = pooled(full_BxHxWxM, stage.pool, pooling)
        found.append((full_BxHxWxM, y_BxHxWxM))
    return found


def scale_first_layer(model: Model, scale: float) -> Model:
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


def by_corners(y_BxHxWxC: jax.Array, w_KxKxCxM: jax.Array, stage: Stage) -> list[jax.Array]:
    """`convolved`, as four parts z_BxIxJxM: what stands at the upper left of every square of 2 x 2 places, at its upper
    right, lower left and lower right. Empty where that gains nothing.

    They are the maps of one convolution that goes two places at a time, whose kernels are the one kernel, moved. XLA
    convolves one picture into a few maps on a CPU more slowly than into many, so this is the faster way for the first
    stage of LeNet, whose squares are pooled next: 1.7 to 2.9 times for 16 to 4 maps, slower from 32 on.
    """
    side, _, pictures, maps = w_KxKxCxM.shape
    before, after = ((side - 1) // 2, side // 2) if stage.padding == "SAME" else (0, 0)
    places = [size + before + after - side + 1 for size in y_BxHxWxC.shape[1:3]]
    if pictures > 1 or maps > FEW_MAPS or (stage.pool, stage.stride) != (2, 1) or any(size % 2 for size in places):
        return []
    moved = [
        jnp.pad(w_KxKxCxM, ((down, 1 - down), (right, 1 - right), (0, 0), (0, 0)))
        for down in (0, 1)
        for right in (0, 1)
    ]
    z_BxIxJx4M = jax.lax.conv_general_dilated(
        y_BxHxWxC,
        jnp.concatenate(moved, -1),
        (2, 2),
        [(before, after)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return jnp.split(z_BxIxJx4M, 4, -1)


def _woven(corners_BxIxJxM):
    """The maps whose squares have these corners."""
    y_4xBxIxJxM = jnp.stack(corners_BxIxJxM)
    _, images, rows, columns, maps = y_4xBxIxJxM.shape
    y = y_4xBxIxJxM.reshape(2, 2, images, rows, columns, maps).transpose(2, 3, 0, 4, 1, 5)
    return y.reshape(images, 2 * rows, 2 * columns, maps)


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
