"""Each net of a pair has the scores and gradients that it has alone."""

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy
from experiments.loss_landscape.pair import pair, summed

X_BxD = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
LABEL_B = np.arange(7) % 2
NET = mlp((4,), 2, NONLINEARITIES["tanh"])


def test_each_has_the_scores_and_the_gradient_that_it_has_alone():
    both = pair(NET)
    params = both.init(jax.random.key(0), X_BxD)
    gradients = jax.grad(lambda params: jnp.sum(summed(cross_entropy)(both.apply(params, X_BxD), LABEL_B)))(params)
    for which in range(2):
        one = jax.tree.map(lambda w, at=which: w[at], params)
        np.testing.assert_allclose(both.apply(params, X_BxD)[:, which], NET.apply(one, X_BxD), rtol=1e-5, atol=1e-6)
        alone = jax.grad(lambda params: jnp.sum(cross_entropy(NET.apply(params, X_BxD), LABEL_B)))(one)
        jax.tree.map(
            lambda a, b, at=which: np.testing.assert_allclose(a[at], b, rtol=1e-4, atol=1e-6), gradients, alone
        )


def test_they_start_apart_and_from_their_own_keys():
    params, keys = pair(NET).init(jax.random.key(0), X_BxD), jax.random.split(jax.random.key(0))
    for which in range(2):
        alone = NET.init(keys[which], X_BxD)
        jax.tree.map(lambda a, b, at=which: np.testing.assert_allclose(a[at], b, rtol=1e-6), params, alone)
    assert not np.allclose(params["layer_01"]["w"][0], params["layer_01"]["w"][1])
