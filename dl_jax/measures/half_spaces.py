"""What one hyperplane can do with two classes, and how to tell that no more than one is at work."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog


def separable(x_NxD: np.ndarray, label_N: np.ndarray) -> bool:
    """Whether some hyperplane has all of class 1 strictly on one side and all of class 0 on the other.

    Exact: a linear programme seeks w, t with (w.x - t) of the right sign and at least 1 everywhere.
    Inputs are scaled to unit spread first, so that the answer does not hang on their units.
    """
    x_NxD = np.asarray(x_NxD, float)
    x_NxD = (x_NxD - x_NxD.mean(0)) / np.maximum(x_NxD.std(0), 1e-12)
    sign_N = np.where(np.asarray(label_N) > 0, 1.0, -1.0)
    rows = -sign_N[:, None] * np.column_stack([x_NxD, -np.ones(len(x_NxD))])
    found = linprog(np.zeros(rows.shape[1]), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None), method="highs")
    return found.status == 0


def nonconvexity(positive, x_NxD: jax.Array) -> jax.Array:
    """Share of pairs decided alike whose midpoint is decided otherwise.

    0 for a half-space: it and its complement are the only regions of which both are convex.
    positive: x_NxD -> bool_N. Each point is paired with the one half the sample away.
    """
    other_NxD = jnp.roll(x_NxD, len(x_NxD) // 2, 0)
    alike_N = positive(x_NxD) == positive(other_NxD)
    changed_N = positive((x_NxD + other_NxD) / 2) != positive(x_NxD)
    return jnp.sum(alike_N & changed_N) / jnp.maximum(jnp.sum(alike_N), 1)


def differs_from_weighted_sum(score_N: jax.Array, x_NxD: jax.Array) -> jax.Array:
    """Share of points on whose side of 0 a score and the best weighted sum of the inputs differ.

    The weights and the threshold are those of least squares; 0 if the score is a weighted sum.
    Points whose score is 0 but for rounding (a ten-thousandth of the largest) are left out.
    """
    inputs_NxE = jnp.column_stack([x_NxD, jnp.ones(len(x_NxD))])
    weighted_N = inputs_NxE @ jnp.linalg.lstsq(inputs_NxE, score_N)[0]
    counts_N = jnp.abs(score_N) > 1e-4 * jnp.max(jnp.abs(score_N))
    return jnp.sum(counts_N & ((weighted_N > 0) != (score_N > 0))) / jnp.maximum(jnp.sum(counts_N), 1)
