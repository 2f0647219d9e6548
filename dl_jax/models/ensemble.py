"""Independent machines as one: each has its own weights and its own examples, and none learns from another's."""

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers


def ensemble(model: Model, machines: int) -> Model:
    """`machines` copies of a model. x is x_BxMx..., the scores are scores_BxMxC, params are stacked along a first axis.

    With the sum of their errors as the objective, and an optimizer that treats every weight by itself, each trains
    exactly as it would alone.
    """

    def init(key, x_BxMxD):
        return jax.vmap(model.init, in_axes=(0, None))(jax.random.split(key, machines), x_BxMxD[:, 0])

    return from_layers(init, jax.vmap(model.layers, in_axes=(0, 1), out_axes=1))


def summed_loss(loss):
    """(scores_BxMxC, label_BxM) -> E_B, the sum of the machines' errors."""
    each = jax.vmap(loss, in_axes=1, out_axes=1)
    return lambda scores_BxMxC, label_BxM: jnp.sum(each(scores_BxMxC, label_BxM), 1)
