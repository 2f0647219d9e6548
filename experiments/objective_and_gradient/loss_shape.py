"""Two properties of an objective: it is never negative, and it rises away from the target (statement 54)."""

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import named
from dl_jax.models.model import Key
from dl_jax.training.losses import binary_cross_entropy, cross_entropy, half_squared_error

OBJECTIVES = ("half squared", "cross-entropy", "binary cross-entropy")
SIGNED = "signed"
"""The control: the sum of y - t, which can be negative and so cannot be an objective."""
EXAMPLES = 4096
CLASSES = 10
POSITIONS = tuple(step / 20 for step in range(1, 20))
"""Positions on the line from the target, at 0, to another output, at 1; there, scores of probabilities are finite."""


def objective_shape(key: Key) -> dict:
    """Return how far below 0 each objective gets, and on what share of lines from the target it does not rise."""
    key_y, key_t, key_size, key_label = jax.random.split(key, 4)
    size_Bx1 = 10.0 ** jax.random.uniform(key_size, (EXAMPLES, 1), minval=-1.0, maxval=1.5)
    y_BxC, t_BxC = (jax.random.normal(key, (EXAMPLES, CLASSES)) for key in (key_y, key_t))
    label_B = jax.random.randint(key_label, (EXAMPLES,), 0, CLASSES)
    loss_B = losses(size_Bx1 * y_BxC, size_Bx1 * y_BxC, size_Bx1 * y_BxC[:, :1], t_BxC, label_B)

    def losses_at(position):
        return losses(*on_the_line(position, y_BxC, t_BxC, label_B), t_BxC, label_B)

    loss_KxB = jax.vmap(losses_at)(jnp.asarray(POSITIONS))
    return {
        "below_zero": [named(jnp.maximum(0.0, -jnp.min(loss_B[name])), loss=name) for name in loss_B],
        "not_rising": [
            named(1.0 - jnp.mean(jnp.all(jnp.diff(loss_KxB[name], axis=0) > 0, 0)), loss=name) for name in loss_KxB
        ],
    }


def losses(y_BxC, scores_BxC, score_Bx1, t_BxC, label_B) -> dict[str, jax.Array]:
    """Return loss_B of every objective: outputs y against t, scores against labels, one score against their parity."""
    return {
        "half squared": half_squared_error(y_BxC, t_BxC),
        "cross-entropy": cross_entropy(scores_BxC, label_B),
        "binary cross-entropy": binary_cross_entropy(score_Bx1, label_B % 2),
        SIGNED: jnp.sum(y_BxC - t_BxC, 1),
    }


def on_the_line(position, y_BxC, t_BxC, label_B) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return outputs_BxC, scores_BxC and score_Bx1 at a position between the target, at 0, and y, at 1.

    Scores are interpolated as the probabilities that they stand for.
    """
    target_BxC, target_Bx1 = jax.nn.one_hot(label_B, CLASSES), label_B[:, None] % 2
    p_BxC = (1 - position) * target_BxC + position * jax.nn.softmax(y_BxC)
    p_Bx1 = (1 - position) * target_Bx1 + position * jax.nn.sigmoid(y_BxC[:, :1])
    return (1 - position) * t_BxC + position * y_BxC, jnp.log(p_BxC), jnp.log(p_Bx1) - jnp.log1p(-p_Bx1)
