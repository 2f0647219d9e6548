"""The sparse linear classifier against a dense one on the same documents as dense rows."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.linear import linear
from experiments.sgd_versus_elaborate.sparse_linear import sparse_linear

FEATURES, K = 12, 4
GENERATOR = np.random.default_rng(0)
NUMBER_BxK = GENERATOR.integers(0, FEATURES, (6, K))
VALUE_BxK = GENERATOR.normal(size=(6, K)).astype(np.float32)
VALUE_BxK[0, 2:] = 0.0  # padding
X_BxKx2 = np.stack([NUMBER_BxK.astype(np.float32), VALUE_BxK], 2)
DENSE_BxD = np.zeros((6, FEATURES), np.float32)
np.add.at(DENSE_BxD, (np.arange(6)[:, None], NUMBER_BxK), VALUE_BxK)


def test_its_scores_and_gradients_are_those_of_the_dense_one():
    sparse, dense = sparse_linear(FEATURES), linear(1)
    params = dense.init(jax.random.key(0), DENSE_BxD)
    np.testing.assert_allclose(sparse.apply(params, X_BxKx2), dense.apply(params, DENSE_BxD), rtol=1e-5, atol=1e-6)

    def slopes(model, x):
        return jax.grad(lambda params: jnp.sum(jnp.sin(model.apply(params, x))))(params)

    found, true = slopes(sparse, X_BxKx2), slopes(dense, DENSE_BxD)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), found, true)


def test_it_starts_at_0_with_the_shapes_of_the_dense_one():
    params = sparse_linear(FEATURES).init(jax.random.key(0), X_BxKx2)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(jnp.shape, linear(1).init(jax.random.key(0), DENSE_BxD))
    assert not np.any(sparse_linear(FEATURES).apply(params, X_BxKx2))
