"""A linear classifier of sparse inputs: documents of a few words out of a large vocabulary."""

import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers


def sparse_linear(features: int) -> Model:
    """Return the model of one weighted sum of `features` inputs.

    Examples are given as x_BxKx2: the indices of K inputs, and their values. Inputs that are not listed are 0; an
    example of fewer than K inputs is padded with values of 0. The initial weights are 0.
    Params: {"layer_01": {"w": [features, 1], "b": [1]}}.
    """

    def init(key, x_BxKx2):
        del key, x_BxKx2
        return {"layer_01": {"w": jnp.zeros((features, 1)), "b": jnp.zeros(1)}}

    def layers(params, x_BxKx2):
        index_BxK, value_BxK = x_BxKx2[..., 0].astype(jnp.int32), x_BxKx2[..., 1]
        w, b = params["layer_01"]["w"][:, 0], params["layer_01"]["b"]
        return (jnp.einsum("bk,bk->b", value_BxK, w[index_BxK])[:, None] + b[None],)

    return from_layers(init, layers)
