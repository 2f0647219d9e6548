"""The convolutional network of figure 2: stages of convolution and pooling, then fully connected layers."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import Initializer, variance_preserving
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model, Params, from_layers
from dl_jax.models.nonlinearities import Nonlinearity

POLYPHASE_MAX_MAPS = 16
"""Largest number of feature maps for which `polyphase_convolve` is faster on a CPU."""
BATCH_SIZE = 512
"""Images per forward pass: bounds the memory of the lower feature maps."""


class Stage(NamedTuple):
    """One stage of figure 2: `maps` convolutions with kernels of side `kernel`, then pooling over side `pool`.

    padding: "SAME" preserves the size of the maps at stride 1; "VALID" uses no positions beyond the border.
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
    """Return a convolutional network for x_BxHxWxC: the stages, then `mlp(hidden, classes)` on the last maps.

    Params: {"conv_01": {"w": [K, K, C, M], "b": [M]}, ..., "layer_01": {"w": ..., "b": ...}, ...}.
    Layers: the feature maps y_BxHxWxM of each stage after pooling, then the layers of the `mlp`.
    pooling: a key of POOLINGS. With "mean" and the identity as nonlinearity the whole network is linear.
    """
    names = [f"conv_{number:02}" for number in range(1, len(stages) + 1)]
    top = mlp(hidden, classes, nonlinearity, initializer)

    def init(key, x_BxHxWxC):
        *keys, key_top = jax.random.split(key, len(stages) + 1)
        params, maps = {}, x_BxHxWxC.shape[-1]
        for name, stage, key_stage in zip(names, stages, keys, strict=True):
            fan_in = stage.kernel**2 * maps
            w = initializer(key_stage, (fan_in, stage.maps), nonlinearity.gain)
            w = w.reshape(stage.kernel, stage.kernel, maps, stage.maps)
            params[name], maps = {"w": w, "b": jnp.zeros(stage.maps)}, stage.maps
        last = jax.eval_shape(lambda x: pooled_maps(params, x)[-1], x_BxHxWxC)
        return params | top.init(key_top, jax.ShapeDtypeStruct((1, last.size // len(x_BxHxWxC)), last.dtype))

    def pooled_maps(params, x_BxHxWxC):
        return [y for _, y in stage_outputs(stages, nonlinearity, params, x_BxHxWxC, pooling)]

    def layers(params, x_NxHxWxC):
        def batch_layers(x_BxHxWxC):
            maps = pooled_maps(params, x_BxHxWxC)
            return (*maps, *top.layers(params, (maps or [x_BxHxWxC])[-1]))

        starts = range(0, len(x_NxHxWxC), BATCH_SIZE)
        batches = [batch_layers(x_NxHxWxC[start : start + BATCH_SIZE]) for start in starts]
        return jax.tree.map(lambda *batches: jnp.concatenate(batches), *batches)

    return from_layers(init, layers)


def stage_outputs(
    stages: Sequence[Stage], nonlinearity: Nonlinearity, params: Params, x_BxHxWxC: jax.Array, pooling: str = "max"
) -> list[tuple[jax.Array, jax.Array]]:
    """Compute the feature maps y_BxHxWxM of every stage (before pooling, after pooling).

    params: those of `convnet(stages, ...)`.
    """
    y_BxHxWxM, outputs = x_BxHxWxC, []
    for number, stage in enumerate(stages, 1):
        layer = params[f"conv_{number:02}"]
        b_1x1x1xM = layer["b"][None, None, None]
        phases = polyphase_convolve(y_BxHxWxM, layer["w"], stage)
        if phases:
            y_phases = [nonlinearity.f(z_BxIxJxM + b_1x1x1xM) for z_BxIxJxM in phases]
            combine, scale = POOLINGS[pooling]
            full_BxHxWxM, y_BxHxWxM = _interleave(y_phases), reduce(combine, y_phases) * scale(len(y_phases))
        else:
            full_BxHxWxM = nonlinearity.f(convolve(y_BxHxWxM, layer["w"], stage) + b_1x1x1xM)
            y_BxHxWxM = pool(full_BxHxWxM, stage.pool, pooling)
        outputs.append((full_BxHxWxM, y_BxHxWxM))
    return outputs


def scale_first_layer(model: Model, scale: float) -> Model:
    """Return the convnet with the initial weights of its first stage multiplied by `scale`.

    With small initial weights the learned filters are not hidden by the noise of the initialisation.
    """

    def init(key, x):
        params = model.init(key, x)
        return params | {"conv_01": jax.tree.map(lambda w: scale * w, params["conv_01"])}

    return model._replace(init=init)


def convolve(y_BxHxWxC: jax.Array, w_KxKxCxM: jax.Array, stage: Stage) -> jax.Array:
    """Compute the total inputs z_BxHxWxM of a stage: a weighted sum of each patch, with shared weights."""
    strides = (stage.stride, stage.stride)
    return jax.lax.conv_general_dilated(
        y_BxHxWxC, w_KxKxCxM, strides, stage.padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def polyphase_convolve(y_BxHxWxC: jax.Array, w_KxKxCxM: jax.Array, stage: Stage) -> list[jax.Array]:
    """Compute `convolve` as its four phases z_BxIxJxM, or return [] where that is slower.

    The phases are z at the upper left, upper right, lower left and lower right of every 2 x 2 pooling window. They are
    the feature maps of one convolution of stride 2 whose kernels are the kernel shifted by 0 or 1 in each direction.
    XLA convolves one input map into few feature maps on a CPU more slowly than into many, so this is faster for the
    first stage of LeNet: 1.7 to 2.9 times for 16 to 4 maps, slower from 32 on.
    """
    side, _, input_maps, maps = w_KxKxCxM.shape
    before, after = ((side - 1) // 2, side // 2) if stage.padding == "SAME" else (0, 0)
    output_sides = [size + before + after - side + 1 for size in y_BxHxWxC.shape[1:3]]
    pooled_in_pairs = (stage.pool, stage.stride) == (2, 1) and not any(size % 2 for size in output_sides)
    if input_maps > 1 or maps > POLYPHASE_MAX_MAPS or not pooled_in_pairs:
        return []
    shifted_kernels = [
        jnp.pad(w_KxKxCxM, ((down, 1 - down), (right, 1 - right), (0, 0), (0, 0)))
        for down in (0, 1)
        for right in (0, 1)
    ]
    z_BxIxJx4M = jax.lax.conv_general_dilated(
        y_BxHxWxC,
        jnp.concatenate(shifted_kernels, -1),
        (2, 2),
        [(before, after)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return jnp.split(z_BxIxJx4M, 4, -1)


def _interleave(phases_BxIxJxM):
    """Assemble the feature maps y_Bx2Ix2JxM from their four phases."""
    y_4xBxIxJxM = jnp.stack(phases_BxIxJxM)
    _, images, rows, columns, maps = y_4xBxIxJxM.shape
    y = y_4xBxIxJxM.reshape(2, 2, images, rows, columns, maps).transpose(2, 3, 0, 4, 1, 5)
    return y.reshape(images, 2 * rows, 2 * columns, maps)


def pool(y_BxHxWxM: jax.Array, side: int, pooling: str = "max") -> jax.Array:
    """Pool over non-overlapping side x side windows; rows and columns beyond the last whole window are dropped."""
    images, height, width, maps = y_BxHxWxM.shape
    rows, columns = height // side, width // side
    combine, scale = POOLINGS[pooling]
    # Elementwise over strided slices: several times faster on a CPU than a reduction over axes.
    y = y_BxHxWxM[:, : rows * side, : columns * side].reshape(images, rows, side, columns * side, maps)
    y = reduce(combine, [y[:, :, row] for row in range(side)]).reshape(images, rows, columns, side, maps)
    return reduce(combine, [y[:, :, :, column] for column in range(side)]) * scale(side**2)


POOLINGS = {"max": (jnp.maximum, lambda count: 1), "mean": (jnp.add, lambda count: 1 / count)}
"""Pooling by name: the combination of two values, and the final factor for a window of `count` positions."""
