"""Two machines of one kind that see the same examples, each from its own first weights."""

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers


def twins(model: Model) -> Model:
    """scores_Bx2xC, params with a leading axis 2. With the sum of both errors each trains as it would alone."""

    def init(key, x_BxD):
        return jax.vmap(model.init, in_axes=(0, None))(jax.random.split(key), x_BxD)

    return from_layers(init, jax.vmap(model.layers, in_axes=(0, None), out_axes=1))


def of_both(loss):
    """(scores_Bx2xC, targets) -> E_B, the sum of both errors."""
    each = jax.vmap(loss, in_axes=(1, None), out_axes=1)
    return lambda scores_Bx2xC, targets: jnp.sum(each(scores_Bx2xC, targets), 1)
