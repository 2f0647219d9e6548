"""Two nets of one kind that are trained on the same examples, each from its own initial weights."""

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers
from dl_jax.training.losses import Loss


def pair(model: Model) -> Model:
    """Return the model of two nets, x_BxD -> scores_Bx2xC, whose params have a leading axis of 2.

    Under `summed` and an elementwise optimizer each trains exactly as it would alone.
    """

    def init(key, x_BxD):
        return jax.vmap(model.init, in_axes=(0, None))(jax.random.split(key), x_BxD)

    return from_layers(init, jax.vmap(model.layers, in_axes=(0, None), out_axes=1))


def summed(loss: Loss) -> Loss:
    """Return the loss (scores_Bx2xC, targets) -> loss_B, the sum over both nets."""
    each = jax.vmap(loss, in_axes=(1, None), out_axes=1)
    return lambda scores_Bx2xC, targets: jnp.sum(each(scores_Bx2xC, targets), 1)
