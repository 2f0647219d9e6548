"""Linear separability, and how far a decision region is from a half-space."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog


def separable(x_NxD: np.ndarray, label_N: np.ndarray) -> bool:
    """Return whether a hyperplane has class 1 strictly on one side and class 0 strictly on the other.

    Exact: a linear program seeks w and t such that w.x - t has the sign of the class and an absolute value of at
    least 1 at every point. Inputs are standardized first, so that the result does not depend on their units.
    """
    x_NxD = np.asarray(x_NxD, float)
    x_NxD = (x_NxD - x_NxD.mean(0)) / np.maximum(x_NxD.std(0), 1e-12)
    sign_N = np.where(np.asarray(label_N) > 0, 1.0, -1.0)
    rows = -sign_N[:, None] * np.column_stack([x_NxD, -np.ones(len(x_NxD))])
    solution = linprog(
        np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None), method="highs"
    )
    return solution.status == 0


def nonconvexity(positive: Callable[[jax.Array], jax.Array], x_NxD: jax.Array) -> jax.Array:
    """Share of the pairs with equal decisions whose midpoint has the other decision.

    0 for a half-space: half-spaces are the only regions that are convex together with their complement.
    positive: the decision, x_NxD -> bool_N. Point n is paired with point n + N / 2.
    """
    other_NxD = jnp.roll(x_NxD, len(x_NxD) // 2, 0)
    equal_N = positive(x_NxD) == positive(other_NxD)
    changed_N = positive((x_NxD + other_NxD) / 2) != positive(x_NxD)
    return jnp.sum(equal_N & changed_N) / jnp.maximum(jnp.sum(equal_N), 1)


def differs_from_weighted_sum(score_N: jax.Array, x_NxD: jax.Array) -> jax.Array:
    """Share of points at which a score and its least-squares fit by a weighted sum of the inputs differ in sign.

    0 for a score that is a weighted sum plus a threshold. Scores of less than 1e-4 of the largest absolute score are
    left out: their sign is rounding.
    """
    inputs_NxE = jnp.column_stack([x_NxD, jnp.ones(len(x_NxD))])
    weighted_N = inputs_NxE @ jnp.linalg.lstsq(inputs_NxE, score_N)[0]
    counts_N = jnp.abs(score_N) > 1e-4 * jnp.max(jnp.abs(score_N))
    return jnp.sum(counts_N & ((weighted_N > 0) != (score_N > 0))) / jnp.maximum(jnp.sum(counts_N), 1)
