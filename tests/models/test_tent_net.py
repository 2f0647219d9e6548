"""The tent map as a net of rectifiers, against the map itself and against its closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.models.tent_net import tent_params
from experiments.depth_and_nonlinearity.functions import folded

pytestmark = pytest.mark.usefixtures("strict_types")

X_Nx1 = np.arange(2**13 + 1, dtype=np.float32)[:, None] / 2**13
"""Dyadic points: every sum and product of the net is exact in float32."""


def net(folds):
    return mlp((2,) * folds, 1, NONLINEARITIES["relu"])


@pytest.mark.parametrize("folds", [1, 2, 3, 5, 8, 12])
def test_the_net_is_the_folded_tent_map_to_the_last_bit(folds):
    found = net(folds).apply(tent_params(folds), X_Nx1)
    np.testing.assert_array_equal(found, folded(X_Nx1, folds))
    turns = np.mod(2.0**folds * X_Nx1, 2)  # the triangle wave: up over [0, 1], down over [1, 2], and again
    np.testing.assert_array_equal(found, np.minimum(turns, 2 - turns))


@pytest.mark.parametrize("folds", [1, 3])
def test_every_layer_holds_the_two_rectified_halves_of_the_map_below(folds):
    *hidden, _ = net(folds).layers(tent_params(folds), X_Nx1)
    assert len(hidden) == folds
    for below, layer in enumerate(hidden):
        y_Nx1 = np.asarray(folded(X_Nx1, below))
        np.testing.assert_array_equal(layer, np.concatenate([y_Nx1, np.maximum(0, y_Nx1 - 0.5)], 1))


@pytest.mark.parametrize("folds", [1, 2, 6])
def test_its_weights_have_the_shapes_that_the_net_would_draw(folds):
    drawn = jax.eval_shape(net(folds).init, jax.random.key(0), X_Nx1)
    given = tent_params(folds)
    assert jax.tree.structure(given) == jax.tree.structure(drawn)
    assert [leaf.shape for leaf in jax.tree.leaves(given)] == [leaf.shape for leaf in jax.tree.leaves(drawn)]
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(given))
