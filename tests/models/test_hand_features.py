"""Oriented gradients against known edges and scikit-image, the pixel permutation, and random features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.hand_features.of_pictures import PICTURES_AT_ONCE, of_pictures
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.pixel_permutation import permute_pixels
from dl_jax.models.hand_features.random_features import random_features
from dl_jax.models.nonlinearities import NONLINEARITIES

ROW, COLUMN = np.mgrid[:28, :28].astype(np.float32)
SCIKIT_IMAGE = [
    *(0.14175, 0.40464, 0.27168, 0.0, 0.08269, 0.40464, 0.25987, 0.0),
    *(0.15356, 0.40464, 0.24806, 0.0, 0.10631, 0.40464, 0.2835, 0.0),
]
"""skimage.feature.hog (0.26) of the waves below: 4 orientations, cells of 4 x 4 pixels, blocks of 2 x 2 cells."""


@pytest.mark.parametrize("degrees", [4, 33, 75, 104, 176])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_votes_for_the_orientation_of_its_gradient(degrees, sign):
    ramp = jnp.cos(jnp.radians(degrees)) * COLUMN + jnp.sin(jnp.radians(degrees)) * ROW
    central_cell = np.asarray(oriented_gradients(7, orientations=18)(sign * ramp)).reshape(3, 3, 4, 18)[1, 1, 0]
    assert np.argmax(central_cell) == degrees // 10
    assert central_cell[degrees // 10] == pytest.approx(0.5, abs=1e-5)  # four equal cells in a block of length 1
    assert np.delete(central_cell, degrees // 10).max() < 1e-6


def test_histograms_equal_those_of_scikit_image():
    row, column = np.mgrid[:8, :8]
    waves = np.round((np.sin(row * 0.9 + column * 0.4) + 1) * 8) / 16
    np.testing.assert_allclose(oriented_gradients(4, 4)(jnp.float32(waves)), SCIKIT_IMAGE, atol=1e-5)


def test_a_constant_image_has_zero_features_of_the_documented_size():
    features = oriented_gradients(7)(jnp.ones((28, 30)))
    assert features.shape == (3 * 3 * 4 * 9,)
    assert not features.any()
    assert oriented_gradients(28, block=1)(jnp.ones((28, 28))).shape == (9,)


def test_all_images_of_a_size_get_the_same_pixel_permutation():
    index = ROW * 28 + COLUMN
    image = np.random.default_rng(0).normal(size=(28, 28)).astype(np.float32)
    permuted_index, permuted = (np.asarray(permute_pixels(jnp.asarray(ink_HxW))) for ink_HxW in (index, image))
    assert sorted(permuted_index.ravel()) == list(range(784))
    np.testing.assert_array_equal(permuted.ravel(), image.ravel()[permuted_index.ravel().astype(int)])


def test_only_the_output_layer_of_random_features_has_gradients():
    net = convnet([Stage(4, 3), Stage(4, 3)], (5,), 3, NONLINEARITIES["relu"])
    x_BxHxWxC = jax.random.normal(jax.random.key(0), (6, 8, 8, 1))
    params = net.init(jax.random.key(1), x_BxHxWxC)
    model = random_features(net)
    np.testing.assert_array_equal(model.apply(params, x_BxHxWxC), net.apply(params, x_BxHxWxC))
    gradient = jax.grad(lambda params: jnp.sum(model.apply(params, x_BxHxWxC) ** 2))(params)
    for name, layer in gradient.items():
        assert bool(jnp.any(layer["w"] != 0)) is (name == "layer_02")


def test_features_of_many_pictures_are_those_of_each():
    """More pictures than are computed at once, and a number that their batches do not divide."""
    pictures_NxHxW = np.random.default_rng(0).normal(size=(PICTURES_AT_ONCE + 3, 4, 4)).astype(np.float32)
    found_NxF = of_pictures(lambda x_HxW: jnp.sum(x_HxW, 0))(pictures_NxHxW)
    np.testing.assert_allclose(found_NxF, pictures_NxHxW.sum(1), rtol=1e-5, atol=1e-6)
