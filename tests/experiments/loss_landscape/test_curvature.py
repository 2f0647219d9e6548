"""Curvature along a path where the whole Hessian is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.loss_landscape.curvature import curvature

pytestmark = pytest.mark.usefixtures("quick_to_compile")

EIGENVALUE_P = np.array([10.0, 5.0, 0.5, 0.2, -1.0], np.float32)
STEPS_K = (0, 4)


def measured():
    """A quadratic whose eigenvalues are twice as large at the first of two points as at the second."""

    def quadratic(w_P):
        return 0.5 * jnp.sum(EIGENVALUE_P * w_P**2) * (1 + jax.lax.stop_gradient(w_P[0]))

    path_KxP = jnp.stack([jnp.eye(5)[0], jnp.zeros(5)])
    random_JxP = jax.random.normal(jax.random.key(0), (400, 5))
    return curvature(quadratic, path_KxP, random_JxP, STEPS_K)


def test_extreme_curvatures_are_the_extreme_eigenvalues_at_every_point():
    found = measured()
    np.testing.assert_allclose(found["curvature"].value, [[-2.0, 20.0], [-1.0, 10.0]], rtol=1e-3)
    assert found["curvature"].labels() == {"step": STEPS_K, "extreme": ("lowest", "highest")}


def test_the_spectral_density_is_that_of_all_directions():
    found = measured()
    value, weight = np.ravel(found["ritz_value"].value), np.ravel(found["ritz_weight"].value)
    assert weight.sum() == pytest.approx(1.0, rel=1e-4)
    for eigenvalue in EIGENVALUE_P:
        share = weight[np.abs(value - eigenvalue) < 0.01 * abs(eigenvalue)].sum()
        assert share == pytest.approx(0.2, abs=0.05)
