"""The units at the top of a machine: how many, how they are corrected, and what they say of the categories."""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.training.objectives import Objective, cross_entropy, half_squared_error


class Head(NamedTuple):
    """units: so many outputs of the machine. error: (output_BxU, label_B) -> E_B. scores: output_BxU -> score_BxC."""

    units: int
    error: Objective
    scores: Callable[[jax.Array], jax.Array]


def softmax(classes: int) -> Head:
    """One unit a category, corrected by the cross-entropy: multinomial logistic regression on what lies below."""
    return Head(classes, cross_entropy, lambda output_BxC: output_BxC)


def squares(classes: int) -> Head:
    """One unit a category, which shall be +1 for its own examples and -1 for all others."""

    def error(output_BxC, label_B):
        return half_squared_error(output_BxC, 2 * jax.nn.one_hot(label_B, classes) - 1)

    return Head(classes, error, lambda output_BxC: output_BxC)


def pairwise(classes: int) -> Head:
    """One unit for each pair of categories (LeCun, Bottou, Bengio & Haffner 1998, section III.C).

    Unit i/j shall be +1 for examples of i and -1 for those of j, and is not corrected by any other. The score of a
    category is the sum of its units, those where it comes second counted as negative.
    """
    pairs = list(combinations(range(classes), 2))
    side_PxC = np.zeros((len(pairs), classes), np.float32)
    for unit, (i, j) in enumerate(pairs):
        side_PxC[unit, [i, j]] = 1, -1

    def error(output_BxP, label_B):
        target_BxP = jnp.asarray(side_PxC.T)[label_B]
        return half_squared_error(output_BxP * jnp.abs(target_BxP), target_BxP)

    return Head(len(pairs), error, lambda output_BxP: output_BxP @ side_PxC)


HEADS: dict[str, Callable[[int], Head]] = {"softmax": softmax, "squares": squares, "pairwise": pairwise}
"""By name: classes -> head."""
