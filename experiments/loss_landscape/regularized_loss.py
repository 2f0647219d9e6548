"""The training objective of a classifier as a function of its weights."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples
from dl_jax.measures.landscape import LossOfWeights
from dl_jax.models.model import Model, Params
from dl_jax.training.losses import cross_entropy


def mean_cross_entropy(model: Model, params: Params, examples: Examples) -> jax.Array:
    """The mean loss, in nats."""
    return jnp.mean(cross_entropy(model.apply(params, examples.x), examples.y))


def regularized_loss(
    model: Model, ridge: float, examples: Examples, unravel: Callable[[jax.Array], Params]
) -> LossOfWeights:
    """Return w_P -> the mean cross-entropy of the examples + ridge/2 |w|^2. unravel: w_P -> params."""

    def loss(w_P):
        return mean_cross_entropy(model, unravel(w_P), examples) + 0.5 * ridge * w_P @ w_P

    return loss
