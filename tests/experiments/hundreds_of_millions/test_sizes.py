"""Sizes of nets against published ones, against counts by hand, and against initialised weights."""

import jax
import jax.numpy as jnp
import pytest

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.hundreds_of_millions import sizes

GROUPS = 5 * 5 * 48 * 256 + 3 * 3 * 192 * 384 + 3 * 3 * 192 * 256
"""Weights that AlexNet leaves out in convolutions 2, 4 and 5, whose maps are connected with one half of those below."""


@pytest.fixture(scope="module")
def counted():
    return {name: count() for name, count in sizes.NETS.items()}


@pytest.mark.parametrize(
    ("net", "weights"),
    [("LeNet-5", 60_000), ("AlexNet", 60e6), ("VGG-16", 138e6), ("DeepFace", 120e6), ("translation LSTM", 384e6)],
)
def test_weights_are_those_published(counted, net, weights):
    assert counted[net].weights == pytest.approx(weights, rel=0.04)


def test_alexnet_differs_by_its_groups(counted):
    # Each convolution by hand, with the grouping of the paper.
    convolutions = 96 * (11 * 11 * 3 + 1) + 256 * (25 * 48 + 1) + 384 * (9 * 256 + 1) + 384 * (9 * 192 + 1)
    convolutions += 256 * (9 * 192 + 1)
    above = 4096 * (256 * 36 + 1) + 4096 * 4097 + 1000 * 4097
    assert counted["AlexNet"].weights - GROUPS == convolutions + above == 60_965_224
    assert counted["AlexNet"].units == 290_400 + 186_624 + 64_896 + 64_896 + 43_264 + 4096 + 4096 + 1000
    assert counted["AlexNet"].units == pytest.approx(650_000, rel=0.02)


def test_vgg_and_lenet_to_the_last_weight(counted):
    assert counted["VGG-16"] == (13_556_712, 138_357_544)
    # Published: 60,000. Ours has all 6 x 16 kernels in its second layer instead of 60, learned scores instead of fixed
    # ones, and no weights in its pooling.
    assert counted["LeNet-5"].weights == 60_000 + (96 - 60) * 25 + 85 * 10 - 12 - 32
    assert counted["LeNet-5"].units == 28 * 28 * 6 + 10 * 10 * 16 + 120 + 84 + 10


def test_deepface_and_the_speech_net_by_hand(counted):
    # Convolutions, layers without shared weights (95 % of all weights, with the dense ones, as published), and dense.
    shared = 32 * (11 * 11 * 3 + 1) + 16 * (9 * 9 * 32 + 1)
    local = 55**2 * 16 * (81 * 16 + 1) + 25**2 * 16 * (49 * 16 + 1) + 21**2 * 16 * (25 * 16 + 1)
    assert counted["DeepFace"].weights == shared + local + 7057 * 4096 + 4097 * 4030
    assert counted["DeepFace"].units == 142**2 * 32 + (63**2 + 55**2 + 25**2 + 21**2) * 16 + 4096 + 4030
    assert shared < 0.05 * counted["DeepFace"].weights
    assert counted["speech net"] == (7 * 2048 + 9304, 430 * 2048 + 6 * 2049 * 2048 + 2049 * 9304)


def test_figure_1a_is_counted_by_hand(counted):
    assert counted["figure 1a"] == (3, 9)


def test_the_size_is_that_of_the_initialised_weights():
    net = mlp((7, 5), 3, NONLINEARITIES["relu"])
    params = net.init(jax.random.key(0), jnp.zeros((1, 4, 2)))
    weights = sum(leaf.size for leaf in jax.tree.leaves(params))
    assert sizes.dense_size(net, (4, 2)) == (15, weights) == (15, 9 * 7 + 8 * 5 + 6 * 3)


def test_a_net_too_large_for_any_memory_is_counted():
    assert sizes.dense_size(mlp((10**6,) * 9, 10, NONLINEARITIES["relu"]), (256,)).weights > 8 * 10**12
