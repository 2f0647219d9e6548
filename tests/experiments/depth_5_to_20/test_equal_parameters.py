"""Nets of equal parts: at any depth as many weights, and with the identity one linear map."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.depth_5_to_20.equal_parameters import equal_parts, patches

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (5, 10, 10, 3))


def net(groups, nonlinearity="relu", units=12):
    return equal_parts(units, groups, 8, 2, NONLINEARITIES[nonlinearity], 4, 3)


def count(params):
    return sum(leaf.size for leaf in jax.tree.leaves(params))


@pytest.mark.parametrize("groups", [1, 2, 5, 12])
def test_every_depth_has_as_many_weights_and_one_layer_a_group(groups):
    model = net(groups)
    params = model.init(KEY, X)
    assert count(params) == 48 * 8 + 12 * (8 + 1 + 8) + 8 * 2 + 2
    outputs = model.layers(params, X)
    assert [y.shape for y in outputs] == [(5, 9, 8)] * groups + [(5, 2)]


@pytest.mark.parametrize("groups", [1, 4])
def test_with_the_identity_it_is_linear_and_with_the_rectifier_it_is_not(groups):
    for name, linear in (("identity", True), ("relu", False)):
        model = net(groups, name)
        params = model.init(KEY, X)
        first, second, both = (model.apply(params, x) for x in (X[:1], X[1:2], 2.0 * X[:1] - 3.0 * X[1:2]))
        at_zero = model.apply(params, jnp.zeros_like(X[:1]))
        expected = 2.0 * first - 3.0 * second + 2.0 * at_zero
        assert np.allclose(both, expected, atol=1e-4) is linear


def test_the_first_outputs_are_as_large_at_every_depth():
    def spread(groups):
        keys = jax.random.split(KEY, 200)
        model = equal_parts(12, groups, 8, 2, NONLINEARITIES["tanh"], 4, 3)
        return float(jnp.std(jax.vmap(lambda key: model.layers(model.init(key, X[:1]), X[:1])[-2])(keys)))

    assert spread(6) == pytest.approx(spread(1), rel=0.1)


def test_patches_are_the_squares_of_the_picture():
    found = patches(X, 4, 3)
    assert found.shape == (5, 9, 48)
    np.testing.assert_array_equal(found[2, 5], X[2, 3:7, 6:10].reshape(-1))
    np.testing.assert_array_equal(patches(X, 10, 1)[:, 0], X.reshape(5, -1))
