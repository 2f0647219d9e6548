"""The same machine in other numbers: fewer bits in each, or bytes as they are in a file. Pure wrappers of a Model."""

from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model


def mixed_precision(model: Model) -> Model:
    """Computes in bfloat16, the form that accelerators multiply fastest; weights and scores are float32.

    The weights are kept, and adjusted, in float32: bfloat16 has eight binary digits, and an adjustment by less than a
    512th of a weight would be none (Micikevicius et al. 2018).
    """

    def low(function):
        def computed(params, x_BxD):
            return _as(jnp.float32, function(_as(jnp.bfloat16, params), _as(jnp.bfloat16, x_BxD)))

        return computed

    return Model(model.init, low(model.apply), low(model.layers))


def uint8_inputs(model: Model) -> Model:
    """Takes pixels as they were written, 0 to 255 in uint8, a quarter of the traffic; to the model they are -1 to 1."""

    def seen(x_BxD):
        return x_BxD.astype(jnp.float32) / 127.5 - 1.0

    return Model(
        lambda key, x_BxD: model.init(key, jax.eval_shape(seen, x_BxD)),
        lambda params, x_BxD: model.apply(params, seen(x_BxD)),
        lambda params, x_BxD: model.layers(params, seen(x_BxD)),
    )


def _as(kind, tree: Any) -> Any:
    """Every array of floating-point numbers in this kind of them."""
    return jax.tree.map(lambda leaf: leaf.astype(kind) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)
