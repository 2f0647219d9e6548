"""Motifs as conjunctions of edges: do feature maps need two edges at once, and do they tolerate small shifts of them?

G motifs; Q positions; M maps; L layers.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.models.convnet import pool
from experiments.feature_hierarchy.planted_hierarchy import EDGES, REACH, render_motif
from experiments.feature_hierarchy.scatter import share_between

CONJUNCTIVE = 0.1
"""A map is conjunctive if more than this share of its response to both edges exceeds the sum of those to each."""
ACTIVE = 0.05
"""Share of the largest response of any map; maps that respond less are left out as dead."""
JITTERS = 32
"""Pictures of each motif."""


def conjunctive_share(both_GxQxM: jax.Array, first_GxQxM: jax.Array, second_GxQxM: jax.Array) -> jax.Array:
    """Return the share of the active maps whose response to both edges exceeds the sum of those to each edge alone.

    The responses are those beyond the response to no edge. Each map is judged at the motif and the position where it
    responds most to both edges. Linear layers have no conjunctive maps by construction.
    """
    both_NxM, first_NxM, second_NxM = (
        response.reshape(-1, response.shape[-1]) for response in (both_GxQxM, first_GxQxM, second_GxQxM)
    )
    best_M = jnp.argmax(both_NxM, 0)
    both_M, first_M, second_M = (
        jnp.take_along_axis(response, best_M[None], 0)[0] for response in (both_NxM, first_NxM, second_NxM)
    )
    active_M = both_M > ACTIVE * jnp.max(both_M)
    excess_M = both_M - jnp.maximum(first_M, 0) - jnp.maximum(second_M, 0)
    return jnp.sum((excess_M > CONJUNCTIVE * both_M) & active_M) / jnp.maximum(jnp.sum(active_M), 1)


def conjunctive_shares(layers: Callable[[jax.Array], Sequence[jax.Array]], side: int) -> jax.Array:
    """Return share_L, the `conjunctive_share` of each layer y_BxHxWxM of x_BxHxWx1.

    The motifs are in the middle of the picture. The picture of both edges is the sum of those of each edge, so that a
    linear layer responds to it by exactly the sum.
    """
    motifs, middle, still = len(EDGES), jnp.zeros(2), jnp.zeros((2, 2))
    edge_Gx2xHxWx1 = jax.vmap(
        lambda kind: jax.vmap(lambda drawn: render_motif(kind, middle, still, side, drawn))(jnp.eye(2)),
    )(jnp.arange(motifs))
    first, second = edge_Gx2xHxWx1[:, 0], edge_Gx2xHxWx1[:, 1]
    shares = []
    for y in layers(jnp.concatenate([jnp.zeros_like(first[:1]), first + second, first, second])):
        responses = (y[1:] - y[:1]).reshape(3, motifs, -1, y.shape[-1])
        shares.append(conjunctive_share(*responses))
    return jnp.stack(shares)


def motif_variance_shares(
    layers: Callable[[jax.Array], Sequence[jax.Array]],
    side: int,
    key: jax.Array,
    reach: float = REACH["edge_shifts"],
) -> jax.Array:
    """Return share_L, the share of each layer's variance that is between motifs when their edges jitter.

    Each edge of a motif in the middle of the picture shifts by itself, by at most reach / 2 along x and y.
    """
    motifs = len(EDGES)
    kind_N = jnp.repeat(jnp.arange(motifs), JITTERS)
    shift_Nx2x2 = reach * (jax.random.uniform(key, (len(kind_N), 2, 2)) - 0.5)
    x = jax.vmap(lambda kind, shift_2x2: render_motif(kind, jnp.zeros(2), shift_2x2, side))(kind_N, shift_Nx2x2)
    return jnp.stack([share_between(y, kind_N, motifs) for y in layers(x)])


def blur(y_BxHxWxC: jax.Array, maps: int, key: jax.Array) -> jax.Array:
    """Return y_BxHxWxM: means over 3 x 3 positions, then over 2 x 2, of maps mixed at random. All of it is linear."""
    mix_CxM = jax.random.normal(key, (y_BxHxWxC.shape[-1], maps)) / jnp.sqrt(1.0 * y_BxHxWxC.shape[-1])
    padded = jnp.pad(y_BxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = y_BxHxWxC.shape[1:3]
    near = [padded[:, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return pool(sum(near) / 9, 2, "mean") @ mix_CxM
