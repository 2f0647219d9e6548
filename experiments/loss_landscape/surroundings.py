"""What surrounds the path of a training in the space of all weights: segments, random slices, and its own plane.

P parameters, K points of the path, A points along a side.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from dl_jax.evidence.named import array, named
from dl_jax.measures.landscape import (
    LossOfWeights,
    barrier,
    filter_normalized,
    losses_at,
    plane_coefficients,
    principal_plane,
    reverse_hidden_units,
    segment_coefficients,
)
from dl_jax.models.model import Params

POINTS = 21
"""On a segment, and along each side of a slice or plane."""
COMPONENTS = ("first", "second")


def segments(loss: LossOfWeights, end: Params, other: Params) -> dict[str, Any]:
    """The objective between the end of a training and that of another, and between it and an equal function.

    barrier:           nats by which the objective rises above the chord of a segment, at most: from the end to the
                       other one, and to the same net with its hidden units in reverse order.
    permuted_changes:  nats by which the objective of that net differs; and if only the weights into the units are
                       permuted.
    relative_distance: between the two ends, over the mean of their norms.
    segment:           to draw.
    """
    end_P, other_P, reversed_P, half_P = (
        ravel_pytree(each)[0]
        for each in (end, other, reverse_hidden_units(end), reverse_hidden_units(end, outgoing=False))
    )
    coefficients = (
        segment_coefficients(4, 0, 1, POINTS),
        segment_coefficients(4, 0, 2, POINTS),
        segment_coefficients(4, 3, 3, 1),
    )
    vector_VxP = jnp.stack([end_P, other_P, reversed_P, half_P])
    objective_M = losses_at(loss, vector_VxP, jnp.concatenate(coefficients))
    segment_2xA, half = objective_M[:-1].reshape(2, POINTS), objective_M[-1]
    ends = ("other training", "reversed units")
    changes_2 = jnp.abs(jnp.stack([segment_2xA[1, -1], half]) - segment_2xA[0, 0])
    return {
        "barrier": named(jax.vmap(barrier)(segment_2xA), end=ends),
        "permuted_changes": named(changes_2, permuted=("both sides", "one side")),
        "relative_distance": 2 * jnp.linalg.norm(end_P - other_P) / (jnp.linalg.norm(end_P) + jnp.linalg.norm(other_P)),
        "segment": array(segment_2xA, end=ends, share=np.linspace(0, 1, POINTS).tolist()),
    }


def slices(
    loss: LossOfWeights, path_KxP: jax.Array, unravel: Callable[[jax.Array], Params], random_2xP: jax.Array
) -> dict[str, Any]:
    """The objective on random slices, normalized filter by filter, through the end of a path and through its start.

    slice_goes_lower: nats by which the slice goes lower than the weights that it is through.
    path_in_plane:    share of the path's mean square distance from its end that lies in the slice through the end.
    slice:            through the end, to draw.
    """
    end_P, first_P = path_KxP[-1], path_KxP[0]
    across_2x2xP = jnp.stack(
        [
            jnp.stack([ravel_pytree(filter_normalized(unravel(random_P), unravel(w_P)))[0] for random_P in random_2xP])
            for w_P in (end_P, first_P)
        ]
    )
    side_A = np.linspace(-1.0, 1.0, POINTS)
    coefficients = [
        plane_coefficients(6, origin, (2 + 2 * origin, 3 + 2 * origin), side_A, side_A) for origin in (0, 1)
    ]
    vector_VxP = jnp.concatenate([jnp.stack([end_P, first_P]), across_2x2xP.reshape(4, -1)])
    slice_2xM = losses_at(loss, vector_VxP, jnp.concatenate(coefficients)).reshape(2, -1)
    offset_KxP, (basis_Px2, _) = path_KxP - end_P[None], jnp.linalg.qr(across_2x2xP[0].T)
    within = jnp.sum((offset_KxP @ basis_Px2) ** 2) / jnp.sum(offset_KxP**2)
    sides = dict.fromkeys(("x", "y"), side_A.tolist())
    return {
        "slice_goes_lower": named(slice_2xM[:, POINTS**2 // 2] - jnp.min(slice_2xM, 1), weights=("trained", "initial")),
        "path_in_plane": named(within, plane="random"),
        "slice": array(slice_2xM[0].reshape(POINTS, POINTS), **sides),
    }


def plane_of(loss: LossOfWeights, path_KxP: jax.Array, steps_K: Sequence[int]) -> dict[str, Any]:
    """The objective on the plane of the first two principal components of a path.

    plane_goes_lower: by how much the plane goes lower than the end of the path, over the objective there.
    path_in_plane:    share of the path's mean square distance from its end that lies in the plane.
    plane, plane_sides, path: the objective, its coordinates along both sides, and those of the path, to draw.
    """
    direction_2xP, path_Kx2 = principal_plane(path_KxP)
    side_2xA, end_P = jax.vmap(_with_margin)(path_Kx2.T), path_KxP[-1]
    coefficient_MxV = plane_coefficients(3, 0, (1, 2), *side_2xA)
    plane_M = losses_at(loss, jnp.concatenate([end_P[None], direction_2xP]), coefficient_MxV)
    within = jnp.sum(path_Kx2**2) / jnp.sum((path_KxP - end_P[None]) ** 2)
    return {
        "plane_goes_lower": 1.0 - jnp.min(plane_M) / loss(end_P),
        "path_in_plane": named(within, plane="principal"),
        "plane": array(plane_M.reshape(POINTS, POINTS), "x", "y"),
        "plane_sides": array(side_2xA.T, "point", component=COMPONENTS),
        "path": array(path_Kx2, step=steps_K, component=COMPONENTS),
    }


def _with_margin(coordinate_K):
    """Coordinates along one side of a plane that contains the path, with a margin on both sides."""
    low, high = jnp.min(coordinate_K), jnp.max(coordinate_K)
    margin = 0.3 * (high - low) + 1e-6
    return jnp.linspace(low - margin, high + margin, POINTS)
