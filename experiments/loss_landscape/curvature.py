"""Curvature of the objective along a path, from Hessian-vector products."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dl_jax.evidence.named import array, named
from dl_jax.measures.hessian import hessian_product, lanczos
from dl_jax.measures.landscape import LossOfWeights

STEPS = 30
"""Products with the Hessian for one spectrum."""


def curvature(
    loss: LossOfWeights, path_KxP: jax.Array, random_JxP: jax.Array, steps_K: Sequence[int]
) -> dict[str, Any]:
    """Spectra of the Hessian by Lanczos's method, from J random vectors.

    curvature:               the lowest and the highest eigenvalue at every point of the path, from the first vector.
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
    return {
        "curvature": named(extreme_Kx2, step=steps_K, extreme=("lowest", "highest")),
        "ritz_value": array(end_JxR, "probe", "ritz"),
        "ritz_weight": array(weight_JxR / probes, "probe", "ritz"),
    }
