"""Curvature of the objective along a path, from Hessian-vector products."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import array, named
from dl_jax.measures.hessian import hessian_product, lanczos, share_above
from dl_jax.measures.landscape import LossOfWeights
from dl_jax.models.model import Key

STEPS = 30
"""Products with the Hessian for one spectrum."""
STEEP = 0.1
"""A direction is steep if its curvature is at least this part of the largest."""
ISOTROPIC = 64
"""Weights of the least squares problem that is equally steep in all directions, but for sampling."""


def curvature(
    loss: LossOfWeights, path_KxP: jax.Array, random_JxP: jax.Array, steps_K: Sequence[int], key: Key
) -> dict[str, Any]:
    """Spectra of the Hessian by Lanczos's method, from J random vectors.

    curvature:           the lowest and the highest eigenvalue at every point of the path, from the first vector.
    negative_curvature:  the most negative eigenvalue over the highest at the same point, with the sign reversed.
    steep_share:         share of directions that are steep, at the end of the path, from all vectors; and in least
                         squares on independent normal inputs, drawn from the key.
    ritz_value, ritz_weight: the spectral density at the end: eigenvalues, and the share of directions of each.
    """
    points, probes = len(path_KxP), len(random_JxP)
    at_M = jnp.asarray([*range(points), *[points - 1] * (probes - 1)])
    from_M = jnp.asarray([0] * points + list(range(1, probes)))

    def spectrum(at):
        return lanczos(hessian_product(loss, path_KxP[at[0]]), random_JxP[at[1]], STEPS)

    value_MxR, weight_MxR = jax.lax.map(spectrum, (at_M, from_M))
    extreme_Kx2, end_JxR, weight_JxR = (
        value_MxR[:points][:, jnp.array([0, -1])],
        value_MxR[-probes:],
        weight_MxR[-probes:],
    )
    inputs_NxP = jax.random.normal(key, (10 * ISOTROPIC, ISOTROPIC))
    isotropic_P = jnp.linalg.eigvalsh(inputs_NxP.T @ inputs_NxP)
    return {
        "curvature": named(extreme_Kx2, step=steps_K, extreme=("lowest", "highest")),
        "negative_curvature": jnp.max(-extreme_Kx2[:, 0] / extreme_Kx2[:, 1]),
        "steep_share": [
            named(share_above(end_JxR, weight_JxR, STEEP), problem="training"),
            named(jnp.mean(isotropic_P > STEEP * jnp.max(isotropic_P)), problem="isotropic least squares"),
        ],
        "ritz_value": array(end_JxR, "probe", "ritz"),
        "ritz_weight": array(weight_JxR / probes, "probe", "ritz"),
    }
