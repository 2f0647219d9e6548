"""Nets that differ in depth alone: a fixed number of hidden units, side by side or one after the other.

The units stand in `groups` along a stream of fixed width, h <- h + f(h w + b) v, with equally many in each group. At
every depth the numbers of weights, units and operations, the receptive field, the path past the units and the scale of
the initial weights are the same; with the identity as nonlinearity the net is one linear map (section III).
"""

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import lecun, scaled_normal
from dl_jax.models.model import Model, from_layers
from dl_jax.models.nonlinearities import Nonlinearity


def equal_parts(
    units: int, groups: int, width: int, classes: int, nonlinearity: Nonlinearity, patch: int, stride: int
) -> Model:
    """Return a net on images x_BxHxWxC that is applied to P patches of each, and averaged before the output layer.

    units:         hidden units in all groups together; groups differ by one unit at most.
    width:         W of the stream.
    patch, stride: side of the patches and the distance between them, in pixels.

    Params: {"stem": {"w": [patch patch C, W]}, "group_001": {"w": [W, U], "b": [U], "v": [U, W]}, ...,
    "top": {"w": [W, classes], "b": [classes]}}. Layers: the stream after every group, h_BxPxW, and the scores.
    """
    sizes = [units // groups + (number < units % groups) for number in range(groups)]
    names = [f"group_{number:03}" for number in range(1, groups + 1)]

    def init(key, x_BxHxWxC):
        key_stem, key_top, *keys = jax.random.split(key, 2 + groups)
        inputs = patch * patch * x_BxHxWxC.shape[-1]
        params = {"stem": {"w": lecun(key_stem, (inputs, width), 1.0)}}
        for name, size, key_group in zip(names, sizes, keys, strict=True):
            key_in, key_out = jax.random.split(key_group)
            # The sum over all units has the same scale for any number of groups.
            v = scaled_normal((size / units) ** 0.5)(key_out, (size, width), 1.0)
            params[name] = {"w": lecun(key_in, (width, size), 1.0), "b": jnp.zeros(size), "v": v}
        return params | {"top": {"w": lecun(key_top, (width, classes), 1.0), "b": jnp.zeros(classes)}}

    def layers(params, x_BxHxWxC):
        h_BxPxW, outputs = patches(x_BxHxWxC, patch, stride) @ params["stem"]["w"], []
        for name in names:
            group = params[name]
            h_BxPxW = h_BxPxW + nonlinearity.f(h_BxPxW @ group["w"] + group["b"][None, None]) @ group["v"]
            outputs.append(h_BxPxW)
        top = params["top"]
        return (*outputs, jnp.mean(h_BxPxW, 1) @ top["w"] + top["b"][None])

    return from_layers(init, layers)


def patches(x_BxHxWxC: jax.Array, side: int, stride: int) -> jax.Array:
    """Return x_BxPx(side side C): every square of the image whose corner is at multiples of the stride."""
    images, height, width, colours = x_BxHxWxC.shape
    corners = [
        (row, column) for row in range(0, height - side + 1, stride) for column in range(0, width - side + 1, stride)
    ]
    squares = [x_BxHxWxC[:, row : row + side, column : column + side] for row, column in corners]
    return jnp.stack(squares, 1).reshape(images, len(corners), side * side * colours)
