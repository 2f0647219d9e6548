"""Motifs as conjunctions of edges: do feature maps need two edges at once, arranged as they are, and do they tolerate
small shifts of them?

G motifs; Q positions; M maps; N pictures.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.convnet import pool
from experiments.feature_hierarchy.planted_hierarchy import EDGES, REACH, render_motif
from experiments.feature_hierarchy.scatter import share_between

Maps = Callable[[jax.Array], jax.Array]
"""The feature maps y_BxHxWxM of pictures x_BxHxWx1."""
ACTIVE = 0.05
"""Share of the largest response of any map; maps that respond less are left out as dead."""
JITTERS = 32
"""Pictures of each motif whose edges jitter."""
REARRANGED = np.array([1, 0, 3, 2])
"""[motif]: the motif of the same edges in the other arrangement."""


def median_of_active(value_M: jax.Array, response_M: jax.Array) -> jax.Array:
    """Return the median over the maps whose response is not far below the largest; NaN if no map responds."""
    active_M = (response_M > ACTIVE * jnp.max(response_M)) & (response_M > 0)
    return jnp.nanmedian(jnp.where(active_M, value_M, jnp.nan))


def excess_over_single_edges(both_GxQxM: jax.Array, first_GxQxM: jax.Array, second_GxQxM: jax.Array) -> jax.Array:
    """Return the share of a map's response to both edges that exceeds the sum of those to each edge; median of maps.

    The responses are those beyond the response to no edge. Each map is judged at the motif and the position where it
    responds most to both edges. Linear layers have no excess by construction.
    """
    both_NxM, first_NxM, second_NxM = (
        response.reshape(-1, response.shape[-1]) for response in (both_GxQxM, first_GxQxM, second_GxQxM)
    )
    best_M = jnp.argmax(both_NxM, 0)
    both_M, first_M, second_M = (
        jnp.take_along_axis(response, best_M[None], 0)[0] for response in (both_NxM, first_NxM, second_NxM)
    )
    excess_M = both_M - jnp.maximum(first_M, 0) - jnp.maximum(second_M, 0)
    return median_of_active(excess_M / (both_M + 1e-30), both_M)


def conjunction(maps: Maps, side: int) -> jax.Array:
    """Return the `excess_over_single_edges` of feature maps, for motifs in the middle of the picture.

    The picture of both edges is the sum of those of each edge, so that a linear layer responds to it by exactly the
    sum.
    """
    motifs, middle, still = len(EDGES), jnp.zeros(2), jnp.zeros((2, 2))
    edge_Gx2xHxWx1 = jax.vmap(
        lambda kind: jax.vmap(lambda drawn: render_motif(kind, middle, still, side, drawn))(jnp.eye(2)),
    )(jnp.arange(motifs))
    first, second = edge_Gx2xHxWx1[:, 0], edge_Gx2xHxWx1[:, 1]
    y = maps(jnp.concatenate([jnp.zeros_like(first[:1]), first + second, first, second]))
    return excess_over_single_edges(*(y[1:] - y[:1]).reshape(3, motifs, -1, y.shape[-1]))


def arrangement(y_NxHxWxM: jax.Array, kind_N: jax.Array) -> jax.Array:
    """Return the share of a map's response to its preferred motif that is lost when the edges are rearranged.

    y_NxHxWxM: responses beyond those to no edge; kind_N: the motif of each picture. A map responds wherever it is
    highest. Which motif it prefers is decided on every second picture and its responses are those to the others, so
    that chance favours no motif. The median over maps.
    """
    peak_NxM = jnp.max(y_NxHxWxM, (1, 2))

    def mean_GxM(number):
        member_NxG = jax.nn.one_hot(kind_N, len(EDGES)) * (jnp.arange(len(kind_N)) % 2 == number)[:, None]
        return (member_NxG.T @ peak_NxM) / jnp.sum(member_NxG, 0)[:, None]

    preferred_M, response_GxM = jnp.argmax(mean_GxM(0), 0), mean_GxM(1)
    response_M, rearranged_M = (
        jnp.take_along_axis(response_GxM, kind_M[None], 0)[0]
        for kind_M in (preferred_M, jnp.asarray(REARRANGED)[preferred_M])
    )
    return median_of_active((response_M - rearranged_M) / (response_M + 1e-30), response_M)


def jittered_motifs(side: int, key: jax.Array, reach: float = REACH["edge_shifts"]) -> tuple[jax.Array, jax.Array]:
    """Return x_NxHxWx1 and kind_N: motifs in the middle of the picture whose edges jitter.

    Each edge shifts by itself, by at most reach / 2 along x and y.
    """
    kind_N = jnp.repeat(jnp.arange(len(EDGES)), JITTERS)
    shift_Nx2x2 = reach * (jax.random.uniform(key, (len(kind_N), 2, 2)) - 0.5)
    x = jax.vmap(lambda kind, shift_2x2: render_motif(kind, jnp.zeros(2), shift_2x2, side))(kind_N, shift_Nx2x2)
    return x, kind_N


def measure_motifs(maps: Maps, side: int, key: jax.Array) -> dict[str, jax.Array]:
    """Measure the responses of feature maps to motifs.

    conjunction:          `conjunction`.
    arrangement:          `arrangement`, while the edges jitter.
    motif_variance_share: share of the variance that is between motifs, while the edges jitter.
    """
    x, kind_N = jittered_motifs(side, key)
    blank, y = maps(jnp.zeros_like(x[:1])), maps(x)
    return {
        "conjunction": conjunction(maps, side),
        "arrangement": arrangement(y - blank, kind_N),
        "motif_variance_share": share_between(y, kind_N, len(EDGES)),
    }


def blur(y_BxHxWxC: jax.Array, maps: int, key: jax.Array) -> jax.Array:
    """Return y_BxHxWxM: means over 3 x 3 positions, then over 2 x 2, of maps mixed at random. All of it is linear."""
    mix_CxM = jax.random.normal(key, (y_BxHxWxC.shape[-1], maps)) / jnp.sqrt(1.0 * y_BxHxWxC.shape[-1])
    padded = jnp.pad(y_BxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = y_BxHxWxC.shape[1:3]
    near = [padded[:, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return pool(sum(near) / 9, 2, "mean") @ mix_CxM
