"""The linear classifier on inputs that are nearly all 0: documents, of which each holds a few words of many."""

import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers


def sparse_linear(features: int) -> Model:
    """One weighted sum of `features` inputs, given as x_BxKx2: the numbers of K inputs, and their values.

    Inputs that are not named are 0; a value of 0 fills up an example that has fewer than K. Weights start at 0.
    Params: {"layer_01": {"w": [features, 1], "b": [1]}}.
    """

    def init(key, x_BxKx2):
        del key, x_BxKx2
        return {"layer_01": {"w": jnp.zeros((features, 1)), "b": jnp.zeros(1)}}

    def layers(params, x_BxKx2):
        number_BxK, value_BxK = x_BxKx2[..., 0].astype(jnp.int32), x_BxKx2[..., 1]
        w, b = params["layer_01"]["w"][:, 0], params["layer_01"]["b"]
        return (jnp.einsum("bk,bk->b", value_BxK, w[number_BxK])[:, None] + b[None],)

    return from_layers(init, layers)
