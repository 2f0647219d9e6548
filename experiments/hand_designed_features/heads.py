"""Output units of a classifier: how many, their loss, and the class scores that follow from them.

B examples, C classes, U units, P pairs of classes.
"""

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.training.losses import Loss, cross_entropy, half_squared_error


class Head(NamedTuple):
    """An output layer.

    units:  number of outputs of the model.
    loss:   (output_BxU, label_B) -> loss_B.
    scores: output_BxU -> scores_BxC.
    """

    units: int
    loss: Loss
    scores: Callable[[jax.Array], jax.Array]


def softmax(classes: int) -> Head:
    """One unit for each class, and the cross-entropy: multinomial logistic regression on the features."""
    return Head(classes, cross_entropy, lambda output_BxC: output_BxC)


Unit = Callable[[jax.Array], jax.Array]
"""The nonlinearity of an output unit, elementwise."""


def straight(z: jax.Array) -> jax.Array:
    """Return z itself: a linear unit."""
    return z


def squashing(z: jax.Array) -> jax.Array:
    """Compute 1.7159 tanh(2z/3), the sigmoid of LeCun, Bottou, Bengio & Haffner (1998, appendix A).

    It is +1 at 1 and -1 at -1, so that targets are not where it is flat.
    """
    return 1.7159 * jnp.tanh(2 / 3 * z)


def squares(classes: int, unit: Unit = straight) -> Head:
    """One unit for each class, with target +1 for its own examples and -1 for all others; the highest sum wins."""

    def loss(output_BxC, label_B):
        return half_squared_error(unit(output_BxC), 2 * jax.nn.one_hot(label_B, classes) - 1)

    return Head(classes, loss, lambda output_BxC: output_BxC)


def pairwise(classes: int, unit: Unit = straight) -> Head:
    """One unit for each pair of classes (LeCun, Bottou, Bengio & Haffner 1998, section III.C.1).

    Unit i/j has target +1 for examples of i and -1 for those of j; other examples have no gradient in it. The score
    of a class is the sum of its units' outputs, with a minus sign where it is the second of the pair.
    """
    pairs = list(combinations(range(classes), 2))
    sign_PxC = np.zeros((len(pairs), classes), np.float32)
    for pair, (i, j) in enumerate(pairs):
        sign_PxC[pair, [i, j]] = 1, -1

    def loss(output_BxP, label_B):
        target_BxP = jnp.asarray(sign_PxC.T)[label_B]
        return half_squared_error(unit(output_BxP) * jnp.abs(target_BxP), target_BxP)

    return Head(len(pairs), loss, lambda output_BxP: unit(output_BxP) @ sign_PxC)


def squashed(classes: int) -> Head:
    """`squares` of squashing units: our reading of the linear classifier of LeCun, Bottou, Bengio & Haffner (1998).

    They give no loss for it. Their other nets have these units, squared errors and targets of +1 and -1; of the linear
    one they report that sigmoid and linear units, gradient descent and the solution of linear systems gave similar
    results.
    """
    return squares(classes, squashing)


def squashed_pairwise(classes: int) -> Head:
    """`pairwise` of squashing units, their pairwise linear classifier by the same reading."""
    return pairwise(classes, squashing)


HEADS: dict[str, Callable[[int], Head]] = {
    head.__name__: head for head in (softmax, squares, squashed, pairwise, squashed_pairwise)
}
"""{name: (number of classes) -> head}."""
