"""Second-layer features and motifs: does a unit need two edges at once, and does it mind when they move a little?"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.models.convnet import pool
from experiments.feature_hierarchy.planted_hierarchy import EDGES, motif
from experiments.feature_hierarchy.scatter import share_between

WANTED = 0.1
"""A unit marks a conjunction if so much of its answer to both edges is more than its answers to each add up to."""
WEAK = 0.05
"""Of the strongest unit's answer; weaker ones are left out as dead."""
JITTERS = 32
FULL = 0.12
"""Side of the square within which each edge moves, as in the pictures to learn from."""


def conjunctive(both_GxPxM: jax.Array, first_GxPxM: jax.Array, second_GxPxM: jax.Array) -> jax.Array:
    """Share of M maps that answer to both edges by more than the sum of what they answer to each alone.

    Answers at P places to G motifs, those to no edge at all taken off. Each map is judged at the place and motif to
    which it answers most. Where answers are linear there is none by construction: a blur adds none to what it blurs.
    """
    three = (both_GxPxM, first_GxPxM, second_GxPxM)
    both_QxM, first_QxM, second_QxM = (each.reshape(-1, each.shape[-1]) for each in three)
    best_M = jnp.argmax(both_QxM, 0)
    both_M, first_M, second_M = (
        jnp.take_along_axis(each, best_M[None], 0)[0] for each in (both_QxM, first_QxM, second_QxM)
    )
    alive_M = both_M > WEAK * jnp.max(both_M)
    more_M = both_M - jnp.maximum(first_M, 0) - jnp.maximum(second_M, 0) > WANTED * both_M
    return jnp.sum(more_M & alive_M) / jnp.maximum(jnp.sum(alive_M), 1)


def edges_alone_and_together(layers: Callable[[jax.Array], Sequence[jax.Array]], side: int) -> list[jax.Array]:
    """`conjunctive` for each of the layers y_BxHxWxM of x_BxHxWx1, shown the planted motifs in the middle of plain
    ground. The picture of both edges is the sum of the two pictures, so that it is linear exactly.
    """
    kinds, middle, still = len(EDGES), jnp.zeros(2), jnp.zeros((2, 2))
    alone_GxExHxWx1 = jax.vmap(
        lambda kind: jax.vmap(lambda which: motif(kind, middle, still, side, which))(jnp.eye(2)),
    )(jnp.arange(kinds))
    first, second = alone_GxExHxWx1[:, 0], alone_GxExHxWx1[:, 1]
    shares = []
    for y in layers(jnp.concatenate([jnp.zeros_like(first[:1]), first + second, first, second])):
        more = (y[1:] - y[:1]).reshape(3, kinds, -1, y.shape[-1])
        shares.append(conjunctive(*more))
    return shares


def kept_when_edges_move(
    layers: Callable[[jax.Array], Sequence[jax.Array]], side: int, key: jax.Array, reach: float = FULL
) -> list[jax.Array]:
    """share_L for every layer: of the variance of its answers, what tells which motif it is when its edges jitter.

    Motifs stand in the middle of plain ground; each edge shifts by itself, at most reach/2 along x and y.
    """
    kinds = len(EDGES)
    kind_N = jnp.repeat(jnp.arange(kinds), JITTERS)
    shift_Nx2x2 = reach * (jax.random.uniform(key, (len(kind_N), 2, 2)) - 0.5)
    x = jax.vmap(lambda kind, by_2x2: motif(kind, jnp.zeros(2), by_2x2, side))(kind_N, shift_Nx2x2)
    return [share_between(y, kind_N, kinds) for y in layers(x)]


def blurred(y_BxHxWxC: jax.Array, maps: int, key: jax.Array) -> jax.Array:
    """y_BxHxWxM in place of a layer: maps mixed by lot, a 3 x 3 mean, a 2 x 2 mean; all linear, nothing learned."""
    mix_CxM = jax.random.normal(key, (y_BxHxWxC.shape[-1], maps)) / jnp.sqrt(1.0 * y_BxHxWxC.shape[-1])
    padded = jnp.pad(y_BxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = y_BxHxWxC.shape[1:3]
    near = [padded[:, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return pool(sum(near) / 9, 2, "mean") @ mix_CxM
