"""The units at the top of a machine: how many, how they are corrected, and what they say of the categories."""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.training.losses import Loss, cross_entropy, half_squared_error


class Head(NamedTuple):
    """units: so many outputs of the machine. error: (output_BxU, label_B) -> E_B. scores: output_BxU -> score_BxC."""

    units: int
    error: Loss
    scores: Callable[[jax.Array], jax.Array]


def softmax(classes: int) -> Head:
    """One unit a category, corrected by the cross-entropy: multinomial logistic regression on what lies below."""
    return Head(classes, cross_entropy, lambda output_BxC: output_BxC)


Unit = Callable[[jax.Array], jax.Array]
"""What a unit makes of its weighted sum, elementwise."""


def straight(z: jax.Array) -> jax.Array:
    """z itself: a linear unit."""
    return z


def squashing(z: jax.Array) -> jax.Array:
    """1.7159 tanh(2z/3), the sigmoid of LeCun, Bottou, Bengio & Haffner (1998, appendix A): it is +1 at 1 and -1 at
    -1, so that targets are not where it is flat."""
    return 1.7159 * jnp.tanh(2 / 3 * z)


def squares(classes: int, unit: Unit = straight) -> Head:
    """One unit a category, which shall be +1 for its own examples and -1 for all others; the highest sum wins."""

    def error(output_BxC, label_B):
        return half_squared_error(unit(output_BxC), 2 * jax.nn.one_hot(label_B, classes) - 1)

    return Head(classes, error, lambda output_BxC: output_BxC)


def pairwise(classes: int, unit: Unit = straight) -> Head:
    """One unit for each pair of categories (LeCun, Bottou, Bengio & Haffner 1998, section III.C.1).

    Unit i/j shall be +1 for examples of i and -1 for those of j, and is not corrected by any other. The score of a
    category is the sum of its units' outputs, those where it comes second counted as negative.
    """
    pairs = list(combinations(range(classes), 2))
    side_PxC = np.zeros((len(pairs), classes), np.float32)
    for place, (i, j) in enumerate(pairs):
        side_PxC[place, [i, j]] = 1, -1

    def error(output_BxP, label_B):
        target_BxP = jnp.asarray(side_PxC.T)[label_B]
        return half_squared_error(unit(output_BxP) * jnp.abs(target_BxP), target_BxP)

    return Head(len(pairs), error, lambda output_BxP: unit(output_BxP) @ side_PxC)


def squashed(classes: int) -> Head:
    """`squares` of squashing units: what LeCun, Bottou, Bengio & Haffner (1998) call a linear classifier, as read here.

    They give no cost for it. Their other nets have these units, squared errors and targets of +1 and -1; of the linear
    one they say that sigmoid and linear units, gradient descent and the solution of linear systems came out alike.
    """
    return squares(classes, squashing)


def squashed_pairwise(classes: int) -> Head:
    """`pairwise` of squashing units, their pairwise linear classifier by the same reading."""
    return pairwise(classes, squashing)


HEADS: dict[str, Callable[[int], Head]] = {
    head.__name__: head for head in (softmax, squares, squashed, pairwise, squashed_pairwise)
}
"""By name: classes -> head."""
