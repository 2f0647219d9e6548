"""What a layer makes easy to read: linear probes by ridge regression, their strength chosen on pictures apart."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Of the penalty, in units of the mean squared length of the pictures' features about their mean."""


class Three(NamedTuple):
    """A quantity on pictures to fit on, to choose the strength on, and to judge by."""

    fit: jax.Array
    choose: jax.Array
    judge: jax.Array


def ridge(x: Three, t: Three, strengths: Sequence[float] = STRENGTHS) -> jax.Array:
    """read_NxK: what linear probes, one for each target, read from the features of the pictures to judge by.

    x: features, [N, ...]; t: targets t_NxK. A probe minimises sum |x w + b - t|^2 + s |w|^2 over the pictures to fit
    on; for each target that strength s which does best on the pictures to choose on.
    """
    return ridge_of_products(products(x), t, strengths)


def products(x: Three) -> Three:
    """Inner products of the features of all pictures with those to fit on: of one shape for layers of any width.

    Features are centred and scaled so that those to fit on have a mean square length of 1.
    """
    fit_NxD = x.fit.reshape(len(x.fit), -1)
    mean_D = jnp.mean(fit_NxD, 0, keepdims=True)
    length = jnp.mean(jnp.sum((fit_NxD - mean_D) ** 2, 1)) + 1e-30
    return Three(*((part.reshape(len(part), -1) - mean_D) @ (fit_NxD - mean_D).T / length for part in x))


def ridge_of_products(gram: Three, t: Three, strengths: Sequence[float] = STRENGTHS) -> jax.Array:
    """`ridge` of the inner products. One strength after another, since LAPACK in batches can wait for ever: no vmap."""
    mean_K = jnp.mean(t.fit, 0, keepdims=True)

    def at_strength(strength):
        damped_NxN = gram.fit + strength * jnp.eye(len(gram.fit))
        weight_NxK = jax.scipy.linalg.solve(damped_NxN, t.fit - mean_K, assume_a="pos")
        return gram.choose @ weight_NxK + mean_K, gram.judge @ weight_NxK + mean_K

    choose_SxMxK, judge_SxOxK = jax.lax.map(at_strength, jnp.asarray(strengths, gram.fit.dtype))
    best_K = jnp.argmin(jnp.mean((choose_SxMxK - t.choose[None]) ** 2, 1), 0)
    return jnp.take_along_axis(judge_SxOxK, best_K[None, None], 0)[0]


def r2(read_NxK: jax.Array, t_NxK: jax.Array) -> jax.Array:
    """r2: share of the variance of all targets together that was read, 1 - errors over variance; not above 1."""
    variance = jnp.sum((t_NxK - jnp.mean(t_NxK, 0, keepdims=True)) ** 2)
    return 1.0 - jnp.sum((read_NxK - t_NxK) ** 2) / (variance + 1e-30)


def binary_accuracy(read_NxK: jax.Array, there_NxK: jax.Array) -> jax.Array:
    """Share of targets of 0 and 1 for which the probe is on the right side of 1/2."""
    return jnp.mean((read_NxK > 0.5) == (there_NxK > 0.5))


def auc(first_N: jax.Array, second_M: jax.Array) -> jax.Array:
    """How surely a member of the first set exceeds one of the second: area under the curve, 1/2 where it is a toss."""
    both = jnp.sign(first_N[:, None] - second_M[None])
    return 0.5 + 0.5 * jnp.mean(both)
