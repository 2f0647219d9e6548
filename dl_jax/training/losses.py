"""Losses between the scores and the desired pattern of scores (section III): (scores_BxC, targets) -> E_B."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

Loss = Callable[[jax.Array, jax.Array], jax.Array]
"""One loss for each example; training reduces their mean."""


def cross_entropy(scores_BxC: jax.Array, label_B: jax.Array) -> jax.Array:
    """-log of the softmax probability of the labelled category, in nats."""
    picked_B = jnp.take_along_axis(scores_BxC, label_B[:, None], 1)[:, 0]
    return jax.nn.logsumexp(scores_BxC, 1) - picked_B


def binary_cross_entropy(scores_Bx1: jax.Array, label_B: jax.Array) -> jax.Array:
    """-log of the logistic probability of the label, for a model with a single score (figure 1a), in nats."""
    sign_B = 1.0 - 2.0 * label_B.astype(scores_Bx1.dtype)
    return jax.nn.softplus(sign_B * scores_Bx1[:, 0])


def perceptron(scores_BxC: jax.Array, label_B: jax.Array) -> jax.Array:
    """By how much the highest wrong score exceeds the right one, at least 0 (Rosenblatt's perceptron)."""
    right_B = jnp.take_along_axis(scores_BxC, label_B[:, None], 1)[:, 0]
    wrong_BxC = jnp.where(jax.nn.one_hot(label_B, scores_BxC.shape[1], dtype=bool), -jnp.inf, scores_BxC)
    return jax.nn.relu(jnp.max(wrong_BxC, 1) - right_B)


def half_squared_error(scores_BxC: jax.Array, target_BxC: jax.Array) -> jax.Array:
    """0.5 (y - t)^2 summed over the units, the cost of figure 1d."""
    return 0.5 * jnp.sum((scores_BxC - target_BxC) ** 2, 1)


def on_column(loss: Loss, column: int | jax.Array) -> Loss:
    """The loss by one column of labels y_BxK, where each example has several; the column may be traced."""
    return lambda scores_BxC, label_BxK: loss(scores_BxC, label_BxK[:, column])


def accuracy(scores_BxC: jax.Array, label_B: jax.Array) -> jax.Array:
    """Share of examples whose category has the highest score; of a single score, on the right side of 0.

    Scores that are not finite answer nothing: a net that diverged is right about no example.
    """
    answered_B = jnp.all(jnp.isfinite(scores_BxC), 1)
    if scores_BxC.shape[1] == 1:
        return jnp.mean(((scores_BxC[:, 0] > 0) == (label_B > 0)) & answered_B)
    return jnp.mean((jnp.argmax(scores_BxC, 1) == label_B) & answered_B)
