"""The patch net equals the convnet in its docstring."""

import jax
import numpy as np
import pytest

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.gaussian_kernel_locality.patch_net import patch_net

X = jax.random.normal(jax.random.key(1), (3, 9, 9))


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_it_is_the_convnet_pooled_over_the_whole_image(name):
    f = NONLINEARITIES[name]
    ours, theirs = patch_net(9, 4, 5, 2, f), convnet([Stage(5, 4, pool=6, padding="VALID")], (), 2, f)
    params = ours.init(jax.random.key(0), X)
    jax.tree.map(np.testing.assert_array_equal, params, theirs.init(jax.random.key(0), X[..., None]))
    for mine, layer in zip(ours.layers(params, X), theirs.layers(params, X[..., None]), strict=True):
        np.testing.assert_allclose(mine, layer, rtol=1e-5, atol=1e-6)
