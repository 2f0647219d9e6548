"""Deep stacks: a plain one is the multilayer net, and each factor changes what it states and nothing else."""

import jax
import numpy as np
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.depth_5_to_20.plain_stack import plain_stack

KEY, X = jax.random.key(0), jax.random.normal(jax.random.key(1), (6, 5))
TANH = NONLINEARITIES["tanh"]


def test_plain_it_is_a_multilayer_net():
    model = plain_stack(3, 7, 4, TANH)
    params = model.init(KEY, X)
    layers = {f"layer_{at + 1:02}": jax.tree.map(lambda leaf, at=at: leaf[at], params["layers"]) for at in range(3)}
    peer = mlp((7, 7, 7), 4, TANH)
    expected = peer.layers(layers | {"layer_04": params["top"]}, X @ params["first"]["w"])
    for found, wanted in zip(model.layers(params, X), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_scale_is_that_of_the_first_weights(scale):
    w = plain_stack(4, 50, 4, TANH, scale).init(KEY, X)["layers"]["w"]
    assert np.std(w) * 50**0.5 == pytest.approx(scale, rel=0.02)


def test_skipping_adds_what_was_there():
    params = plain_stack(2, 7, 4, TANH).init(KEY, X)
    without = plain_stack(1, 7, 4, TANH)
    first = X @ params["first"]["w"]
    one = params | {"layers": jax.tree.map(lambda leaf: leaf[:1], params["layers"])}
    h_BxW = plain_stack(1, 7, 4, TANH, skip=1.0).layers(one, X)[0]
    np.testing.assert_allclose(h_BxW, first + without.layers(one, X)[0], rtol=1e-6)
