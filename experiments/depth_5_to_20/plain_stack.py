"""A deep stack of equal layers, plain or mended: by the scale of its first weights, by normalising, by skipping.

What may be mended is a number, so that one program trains all of them (statement 107).
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
    normalise: bool | jax.Array = False,
    skip: float | jax.Array = 0.0,
) -> Model:
    """h <- skip h + f(z), z = h w + b; normalised, z has mean 0 and variance 1 over the units of each example.

    scale: first weights are N(0, scale^2 / width). Params: {"first": {"w"}, "layers": {"w": [L, W, W], "b": [L, W]},
    "top": {"w", "b"}}. Layers: h_BxW after every layer, and the scores.
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
            off_BxW = z_BxW - jnp.mean(z_BxW, 1, keepdims=True)
            even_BxW = off_BxW / jnp.sqrt(jnp.mean(off_BxW**2, 1, keepdims=True) + 1e-5)
            h_BxW = skip * h_BxW + nonlinearity.f(jnp.where(normalise, even_BxW, z_BxW))
            return h_BxW, h_BxW

        h_BxW, h_LxBxW = jax.lax.scan(layer, x_BxD @ params["first"]["w"], params["layers"])
        return (*h_LxBxW, h_BxW @ params["top"]["w"] + params["top"]["b"][None])

    return from_layers(init, layers)
