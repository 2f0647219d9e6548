"""The smallest convolutional net: a few units on every patch, each pooled to its largest output (figure 2)."""

import jax.numpy as jnp

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.initializers import Initializer, variance_preserving
from dl_jax.models.model import Model, from_layers
from dl_jax.models.nonlinearities import Nonlinearity


def patch_net(
    side: int,
    kernel: int,
    maps: int,
    classes: int,
    nonlinearity: Nonlinearity,
    initializer: Initializer = variance_preserving,
) -> Model:
    """One stage on images x_BxHxW of this side, pooled over the whole image, and a layer of scores.

    The net `convnet([Stage(maps, kernel, pool=side - kernel + 1, padding="VALID")], (), classes, ...)`, with its
    params, written as one matrix product over all patches: a CPU computes that many times faster inside a loop.
    """
    patches = side - kernel + 1
    stage = Stage(maps, kernel, pool=patches, padding="VALID")
    whole = convnet([stage], (), classes, nonlinearity, initializer)

    def layers(params, x_BxHxW):
        conv, top = params["conv_01"], params["layer_01"]
        shifted = [x_BxHxW[:, r : r + patches, c : c + patches] for r in range(kernel) for c in range(kernel)]
        z_BxPxPxM = jnp.stack(shifted, -1) @ conv["w"].reshape(-1, maps) + conv["b"][None, None, None]
        y_BxM = nonlinearity.f(jnp.max(z_BxPxPxM, (1, 2)))  # the same as max f(z) where f never falls, and cheaper
        return y_BxM[:, None, None], y_BxM @ top["w"] + top["b"][None]

    return from_layers(lambda key, x_BxHxW: whole.init(key, x_BxHxW[..., None]), layers)
