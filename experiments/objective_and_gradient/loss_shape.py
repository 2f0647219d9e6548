"""What makes an objective one: it is never negative, and it rises from the wanted pattern outwards (statement 54)."""

import jax
import jax.numpy as jnp

from dl_jax.measures.old_by_seed import at
from dl_jax.models.model import Key
from dl_jax.training.losses import binary_cross_entropy, cross_entropy, half_squared_error

OBJECTIVES = ("half squared", "cross-entropy", "binary cross-entropy")
SIGNED = "signed"
"""The sum of y - t: it tells how far and to which side, and so is no objective."""
EXAMPLES, CLASSES = 4096, 10
AWAY = tuple(step / 20 for step in range(1, 20))
"""Parts of the way from the wanted pattern to another one; for probabilities these are finite scores."""


def of_objectives(key: Key) -> dict:
    """How far below 0 each objective gets, and on what share of lines from the wanted pattern it does not rise."""
    key_y, key_t, key_size, key_label = jax.random.split(key, 4)
    size_Bx1 = 10.0 ** jax.random.uniform(key_size, (EXAMPLES, 1), minval=-1.0, maxval=1.5)
    y_BxC, t_BxC = (jax.random.normal(key, (EXAMPLES, CLASSES)) for key in (key_y, key_t))
    label_B = jax.random.randint(key_label, (EXAMPLES,), 0, CLASSES)
    found = of_each(size_Bx1 * y_BxC, size_Bx1 * y_BxC, size_Bx1 * y_BxC[:, :1], t_BxC, label_B)
    outwards = jax.vmap(lambda away: of_each(*between(away, y_BxC, t_BxC, label_B), t_BxC, label_B))(jnp.asarray(AWAY))
    return {at("below_zero", loss=name): jnp.maximum(0.0, -jnp.min(E_B)) for name, E_B in found.items()} | {
        at("not_rising", loss=name): 1.0 - jnp.mean(jnp.all(jnp.diff(E_SxB, axis=0) > 0, 0))
        for name, E_SxB in outwards.items()
    }


def of_each(y_BxC, scores_BxC, score_Bx1, t_BxC, label_B) -> dict:
    """E_B of every objective: of outputs y against t, of scores against labels, of one score against odd and even."""
    return {
        "half squared": half_squared_error(y_BxC, t_BxC),
        "cross-entropy": cross_entropy(scores_BxC, label_B),
        "binary cross-entropy": binary_cross_entropy(score_Bx1, label_B % 2),
        SIGNED: jnp.sum(y_BxC - t_BxC, 1),
    }


def between(away, y_BxC, t_BxC, label_B):
    """Outputs, scores and one score that lie this part of the way from the wanted pattern to the one that y gives.

    For scores it is their probabilities that lie between.
    """
    wanted_BxC, wanted_Bx1 = jax.nn.one_hot(label_B, CLASSES), label_B[:, None] % 2
    p_BxC = (1 - away) * wanted_BxC + away * jax.nn.softmax(y_BxC)
    p_Bx1 = (1 - away) * wanted_Bx1 + away * jax.nn.sigmoid(y_BxC[:, :1])
    return (1 - away) * t_BxC + away * y_BxC, jnp.log(p_BxC), jnp.log(p_Bx1) - jnp.log1p(-p_Bx1)
