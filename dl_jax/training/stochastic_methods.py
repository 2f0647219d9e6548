"""Stochastic methods by name, for comparisons: optimizers that evaluate a few examples before every step."""

import jax
import optax

from dl_jax.training.optimizers import MOMENTUM

METHODS: dict[str, optax.GradientTransformation] = {
    "SGD": optax.identity(),
    "SGD with momentum": optax.trace(MOMENTUM),
    "Adam": optax.scale_by_adam(),
}
"""The direction of each, before the learning rate."""


def stochastic(
    method: optax.GradientTransformation, learning_rate: float | jax.Array, ridge: float = 0.0
) -> optax.GradientTransformation:
    """Return the optimizer that follows one of METHODS down the loss + ridge/2 |w|^2.

    After t steps the learning rate is learning_rate / (1 + learning_rate ridge t), as suits that objective (Bottou
    2010); without a ridge it stays.
    """

    def schedule(t):
        return learning_rate / (1.0 + learning_rate * ridge * t)

    return optax.chain(optax.add_decayed_weights(ridge), method, optax.scale_by_learning_rate(schedule))
