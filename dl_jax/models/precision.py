"""Wrappers that change the number format of a model: bfloat16 computation, and uint8 inputs."""

from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model


def mixed_precision(model: Model) -> Model:
    """Return the model computed in bfloat16, with float32 parameters and scores (Micikevicius et al. 2018).

    Accelerators multiply bfloat16 fastest. The parameters stay in float32 because bfloat16 has eight binary digits: an
    update of less than 1/512 of a parameter would be rounded away.
    """

    def in_bfloat16(function):
        def computed(params, x_BxD):
            return _cast(jnp.float32, function(_cast(jnp.bfloat16, params), _cast(jnp.bfloat16, x_BxD)))

        return computed

    return Model(model.init, in_bfloat16(model.apply), in_bfloat16(model.layers))


def uint8_inputs(model: Model) -> Model:
    """Return the model for pixels 0 to 255 in uint8, which it scales to [-1, 1]: a quarter of the transfer."""

    def scale(x_BxD):
        return x_BxD.astype(jnp.float32) / 127.5 - 1.0

    return Model(
        lambda key, x_BxD: model.init(key, jax.eval_shape(scale, x_BxD)),
        lambda params, x_BxD: model.apply(params, scale(x_BxD)),
        lambda params, x_BxD: model.layers(params, scale(x_BxD)),
    )


def _cast(dtype, tree: Any) -> Any:
    """Cast every floating-point array of a tree."""
    return jax.tree.map(lambda leaf: leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)
