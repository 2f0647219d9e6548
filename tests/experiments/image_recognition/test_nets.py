"""Nets that made history have the numbers of weights that were published."""

import jax
import jax.numpy as jnp
import pytest

from dl_jax.models.convnet import convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.image_recognition.nets import NETS


def count(name, side):
    stages, hidden = NETS[name]
    model = convnet(stages, hidden, 10, NONLINEARITIES["relu"])
    params = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, side, side, 1)))
    return sum(leaf.size for leaf in jax.tree.leaves(params))


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        # LeNet-5 with all maps joined to all and a layer of scores: 156 + 2,416 + 48,120 + 10,164 + 850.
        ("lenet5", 61_706),
        # LeNet-1 likewise: 104 + 1,212 + 12 * 4 * 4 * 10 + 10.
        ("lenet1", 3_246),
    ],
)
def test_weights_on_28_x_28_pixels(name, weights):
    assert count(name, 28) == weights


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("side", [28, 32])
def test_every_net_takes_small_pictures(name, side):
    assert count(name, side) > 1000
