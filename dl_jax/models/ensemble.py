"""Ensembles: independent copies of a model, each with its own parameters and examples, trained by one program."""

import jax
import jax.numpy as jnp

from dl_jax.models.model import Model, from_layers


def ensemble(model: Model, members: int) -> Model:
    """Return `members` copies of a model with params stacked along a first axis: x_BxMx... -> scores_BxMxC.

    Under `summed_loss` and an elementwise optimizer each member trains exactly as it would alone.
    """

    def init(key, x_BxMxD):
        return jax.vmap(model.init, in_axes=(0, None))(jax.random.split(key, members), x_BxMxD[:, 0])

    return from_layers(init, jax.vmap(model.layers, in_axes=(0, 1), out_axes=1))


def summed_loss(loss):
    """Return the loss (scores_BxMxC, label_BxM) -> loss_B, the sum of `loss` over the members."""
    member_loss = jax.vmap(loss, in_axes=1, out_axes=1)
    return lambda scores_BxMxC, label_BxM: jnp.sum(member_loss(scores_BxMxC, label_BxM), 1)
