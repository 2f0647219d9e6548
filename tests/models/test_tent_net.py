"""The tent map as a network of rectifiers, against the map and its closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.tent_net import tent_params

pytestmark = pytest.mark.usefixtures("strict_types")

X_Nx1 = np.arange(2**13 + 1, dtype=np.float32)[:, None] / 2**13
"""Dyadic points: every sum and product of the network is exact in float32."""


def folded(x, folds):
    """Apply the tent map `folds` times."""
    for _ in range(folds):
        x = 1 - np.abs(2 * x - 1)
    return x


def net(folds):
    return mlp((2,) * folds, 1, NONLINEARITIES["relu"])


@pytest.mark.parametrize("folds", [1, 2, 3, 5, 8, 12])
def test_the_network_equals_the_folded_tent_map_exactly(folds):
    y_Nx1 = net(folds).apply(tent_params(folds), X_Nx1)
    np.testing.assert_array_equal(y_Nx1, folded(X_Nx1, folds))
    phase_Nx1 = np.mod(2.0**folds * X_Nx1, 2)  # a triangle wave: up over [0, 1], down over [1, 2]
    np.testing.assert_array_equal(y_Nx1, np.minimum(phase_Nx1, 2 - phase_Nx1))


@pytest.mark.parametrize("folds", [1, 3])
def test_the_two_units_of_a_layer_are_the_rectified_halves_of_the_map_below(folds):
    *hidden, _ = net(folds).layers(tent_params(folds), X_Nx1)
    assert len(hidden) == folds
    for below, layer in enumerate(hidden):
        y_Nx1 = folded(X_Nx1, below)
        np.testing.assert_array_equal(layer, np.concatenate([y_Nx1, np.maximum(0, y_Nx1 - 0.5)], 1))


@pytest.mark.parametrize("folds", [1, 2, 6])
def test_the_params_have_the_structure_of_initial_params(folds):
    initial = jax.eval_shape(net(folds).init, jax.random.key(0), X_Nx1)
    params = tent_params(folds)
    assert jax.tree.structure(params) == jax.tree.structure(initial)
    assert [leaf.shape for leaf in jax.tree.leaves(params)] == [leaf.shape for leaf in jax.tree.leaves(initial)]
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(params))
