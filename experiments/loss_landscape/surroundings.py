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
from experiments.loss_landscape.connections import align_hidden_units, curve_coefficients

POINTS = 21
"""On a segment, and along each side of a slice or plane."""
COMPONENTS = ("first", "second")
INITIAL, OTHER, REVERSED, ALIGNED = ENDS = ("initial weights", "other training", "reversed units", "aligned units")
"""Where segments from the end of a training lead: of the aligned units those are meant of the other training."""
CURVE = "other training, on a curve"


def segments(
    loss: LossOfWeights, initial: Params, end: Params, other: Params, middle_P: jax.Array | None = None
) -> dict[str, Any]:
    """The objective between the end of a training and that of another, and between it and equal functions.

    initial: the weights before the training. middle_P: of a curve to the other end; without it there is no curve.

    barrier:           nats by which the objective rises above the chord of a way to one of ENDS, at most.
    permuted_changes:  nats by which the objective differs of the net with its hidden units in reverse order; and if
                       only the weights into the units are permuted.
    relative_distance: between the two ends, over the mean of their norms.
    segment:           to draw.
    """
    half_P = ravel_pytree(reverse_hidden_units(end, outgoing=False))[0]
    ends = [initial, other, reverse_hidden_units(end), align_hidden_units(other, end)]
    end_P, *end_ExP = (ravel_pytree(each)[0] for each in (end, *ends))
    curve = [] if middle_P is None else [middle_P]
    vector_VxP, position_A = jnp.stack([end_P, *end_ExP, half_P, *curve]), np.linspace(0, 1, POINTS)
    vectors = len(vector_VxP)
    coefficients = [segment_coefficients(vectors, 0, 1 + number, POINTS) for number in range(len(ends))]
    if curve:
        to_other_Ax3 = curve_coefficients(position_A)
        coefficients.append(to_other_Ax3 @ jnp.eye(vectors)[jnp.array([0, vectors - 1, 1 + ENDS.index(OTHER)])])
    objective_M = losses_at(loss, vector_VxP, jnp.concatenate([*coefficients, jnp.eye(vectors)[1 + len(ends) :][:1]]))
    way_ExA, half = objective_M[:-1].reshape(len(coefficients), POINTS), objective_M[-1]
    names = (*ENDS, CURVE)[: len(coefficients)]
    changes_2 = jnp.abs(jnp.stack([way_ExA[ENDS.index(REVERSED), -1], half]) - way_ExA[0, 0])
    distance = jnp.linalg.norm(end_P - end_ExP[ENDS.index(OTHER)])
    length = (jnp.linalg.norm(end_P) + jnp.linalg.norm(end_ExP[ENDS.index(OTHER)])) / 2
    return {
        "barrier": named(jax.vmap(barrier)(way_ExA), end=names),
        "permuted_changes": named(changes_2, permuted=("both sides", "one side")),
        "relative_distance": distance / length,
        "segment": array(way_ExA, end=names, share=position_A.tolist()),
    }


def slices(
    loss: LossOfWeights, path_KxP: jax.Array, unravel: Callable[[jax.Array], Params], random_2xP: jax.Array
) -> dict[str, Any]:
    """The objective on random slices, normalized filter by filter, through the end of a path and through its start.

    slice_goes_lower: by how much the slice goes lower than the weights that it is through, over the objective there.
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
        "slice_goes_lower": named(
            1 - jnp.min(slice_2xM, 1) / slice_2xM[:, POINTS**2 // 2], weights=("trained", "initial")
        ),
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
