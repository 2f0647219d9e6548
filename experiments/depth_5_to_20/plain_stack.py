"""A deep stack of equal layers whose initial scale and skip connections are numbers.

So one program trains stacks with and without them (statement 107).
"""

import jax
import jax.numpy as jnp

from dl_jax.models.initializers import lecun, scaled_normal
from dl_jax.models.model import Model, from_layers
from dl_jax.models.nonlinearities import Nonlinearity


def plain_stack(
    depth: int,
    width: int,
    classes: int,
    nonlinearity: Nonlinearity,
    scale: float | jax.Array = 1.0,
    skip: float | jax.Array = 0.0,
) -> Model:
    """Return the stack h <- skip h + f(z) with z = h w + b, by default a plain one.

    scale: initial weights are drawn from N(0, scale^2 / width).

    Params: {"first": {"w"}, "layers": {"w": [L, W, W], "b": [L, W]}, "top": {"w", "b"}}.
    Layers: h_BxW after every layer, and the scores.
    """

    def init(key, x_BxD):
        key_first, key_layers, key_top = jax.random.split(key, 3)
        draw = jax.vmap(lambda key: scaled_normal(scale)(key, (width, width), 1.0))
        return {
            "first": {"w": lecun(key_first, (x_BxD.shape[1], width), 1.0)},
            "layers": {"w": draw(jax.random.split(key_layers, depth)), "b": jnp.zeros((depth, width))},
            "top": {"w": lecun(key_top, (width, classes), 1.0), "b": jnp.zeros(classes)},
        }

    def layers(params, x_BxD):
        def layer(h_BxW, weights):
            z_BxW = h_BxW @ weights["w"] + weights["b"][None]
            h_BxW = skip * h_BxW + nonlinearity.f(z_BxW)
            return h_BxW, h_BxW

        h_BxW, h_LxBxW = jax.lax.scan(layer, x_BxD @ params["first"]["w"], params["layers"])
        return (*h_LxBxW, h_BxW @ params["top"]["w"] + params["top"]["b"][None])

    return from_layers(init, layers)
