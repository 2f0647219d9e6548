"""Features made by hand against pictures whose features are known, scikit-image's numbers and scikit-learn's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.decomposition import PCA

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.random_maps import unlearned
from dl_jax.models.hand_features.scrambling import scrambled
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.hand_designed_features.deskewing import deskewed
from experiments.hand_designed_features.principal_components import principal_components

ROW, COLUMN = np.mgrid[:28, :28].astype(np.float32)
SCIKIT_IMAGE = [
    *(0.14175, 0.40464, 0.27168, 0.0, 0.08269, 0.40464, 0.25987, 0.0),
    *(0.15356, 0.40464, 0.24806, 0.0, 0.10631, 0.40464, 0.2835, 0.0),
]
"""skimage.feature.hog (0.26) of the waves below: 4 orientations, cells of 4 x 4 pixels, blocks of 2 x 2 cells."""


def blot(slope):
    """A long soft blot that leans by `slope` columns a row."""
    down, aside = ROW - 13.5, COLUMN - 13.5
    return np.exp(-(((aside - slope * down) / 1.5) ** 2) - (down / 5.0) ** 2).astype(np.float32)


def lean(ink_HxW):
    """The slope of the regression of columns on rows, weighted by the ink."""
    mass = ink_HxW.sum()
    row, column = (ink_HxW * ROW).sum() / mass, (ink_HxW * COLUMN).sum() / mass
    return (ink_HxW * (ROW - row) * (COLUMN - column)).sum() / (ink_HxW * (ROW - row) ** 2).sum()


@pytest.mark.parametrize("slope", [-0.6, 0.3, 0.9])
def test_what_leans_stands_upright(slope):
    assert lean(blot(slope)) == pytest.approx(slope, abs=1e-2)
    upright = np.asarray(deskewed(blot(slope)))
    assert lean(upright) == pytest.approx(0.0, abs=1e-2)
    np.testing.assert_allclose(upright, blot(0.0), atol=0.08)  # between pixels ink is interpolated


def test_what_is_upright_blank_or_a_single_line_stays():
    line = np.zeros((28, 28), np.float32)
    line[7, 3:20] = 1.0
    for picture in (blot(0.0), np.zeros((28, 28), np.float32), line):
        np.testing.assert_allclose(deskewed(picture), picture, atol=1e-4)


@pytest.mark.parametrize("degrees", [4, 33, 75, 104, 176])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_votes_for_the_direction_of_its_gradient(degrees, sign):
    slope = jnp.cos(jnp.radians(degrees)) * COLUMN + jnp.sin(jnp.radians(degrees)) * ROW
    inside = np.asarray(oriented_gradients(7, orientations=18)(sign * slope)).reshape(3, 3, 4, 18)[1, 1, 0]
    assert np.argmax(inside) == degrees // 10
    assert inside[degrees // 10] == pytest.approx(0.5, abs=1e-5)  # four cells alike, in a block of length 1
    assert np.delete(inside, degrees // 10).max() < 1e-6


def test_histograms_of_oriented_gradients_are_those_of_scikit_image():
    row, column = np.mgrid[:8, :8]
    waves = np.round((np.sin(row * 0.9 + column * 0.4) + 1) * 8) / 16
    np.testing.assert_allclose(oriented_gradients(4, 4)(jnp.float32(waves)), SCIKIT_IMAGE, atol=1e-5)


def test_a_flat_picture_has_no_edges_and_the_sizes_are_as_stated():
    features = oriented_gradients(7)(jnp.ones((28, 30)))
    assert features.shape == (3 * 3 * 4 * 9,)
    assert not features.any()
    assert oriented_gradients(28, block=1)(jnp.ones((28, 28))).shape == (9,)


def test_principal_components_are_those_of_scikit_learn():
    x_NxD = np.random.default_rng(0).normal(size=(60, 7)).astype(np.float32) * np.arange(1, 8, dtype=np.float32)
    theirs = PCA(3).fit(x_NxD)
    mean_D, direction_DxK = principal_components(jnp.asarray(x_NxD), 3)
    np.testing.assert_allclose(mean_D, theirs.mean_, atol=1e-5)
    alike_KxK = np.abs(theirs.components_ @ np.asarray(direction_DxK))
    np.testing.assert_allclose(alike_KxK, np.eye(3), atol=1e-3)  # signs are arbitrary


def test_scrambling_moves_every_pixel_of_every_picture_alike():
    one, other = (np.asarray(scrambled(jnp.asarray(picture))) for picture in (ROW * 28 + COLUMN, blot(0.5)))
    assert sorted(one.ravel()) == list(range(784))
    np.testing.assert_array_equal(other.ravel(), blot(0.5).ravel()[one.ravel().astype(int)])


def test_of_an_unlearned_net_only_the_scores_have_derivatives():
    net = convnet([Stage(4, 3), Stage(4, 3)], (5,), 3, NONLINEARITIES["relu"])
    x_BxHxWxC = jax.random.normal(jax.random.key(0), (6, 8, 8, 1))
    params = net.init(jax.random.key(1), x_BxHxWxC)
    same = unlearned(net)
    np.testing.assert_array_equal(same.apply(params, x_BxHxWxC), net.apply(params, x_BxHxWxC))
    gradient = jax.grad(lambda params: jnp.sum(same.apply(params, x_BxHxWxC) ** 2))(params)
    for name, layer in gradient.items():
        assert bool(jnp.any(layer["w"] != 0)) is (name == "layer_02")
