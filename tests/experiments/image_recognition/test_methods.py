"""Methods that recognise bars: what they get of the images, and how well they learn them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import local_context
from experiments.image_recognition import Config
from experiments.image_recognition.methods import (
    CELLS,
    CONVOLUTIONAL,
    EARLIER,
    METHODS,
    NEIGHBOURS,
    ON_GRADIENTS,
    ON_PIXELS,
    PERMUTED,
    cell_of,
    earlier_methods,
    fit_earlier,
    gradients_of,
    permuted_pixels,
    train_nets,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")


def bars(key, count=80):
    """Bright bars that lie (class 0) or stand (class 1), somewhere."""
    key_noise, key_place = jax.random.split(key)
    y_N, at_N = jnp.arange(count) % 2, jax.random.randint(key_place, (count,), 1, 7)
    lying_NxHxW = jnp.repeat(jax.nn.one_hot(at_N, 8)[:, :, None], 8, 2)
    x_NxHxW = jnp.where(y_N[:, None, None] == 0, lying_NxHxW, lying_NxHxW.swapaxes(1, 2))
    return Examples((x_NxHxW + 0.1 * jax.random.normal(key_noise, x_NxHxW.shape))[..., None], y_N)


def draw(key):
    return Splits(*map(bars, jax.random.split(key, 3)))


DATA = as_by_seed(draw)


@pytest.fixture(scope="module")
def earlier():
    return fit_earlier(2, DATA, (0, 1), local_context(1), dataset="bars")


def test_pixels_are_permuted_and_no_value_changes():
    splits = DATA.of(0)
    permuted = permuted_pixels(splits)
    np.testing.assert_array_equal(np.sort(permuted.train.x.reshape(80, -1)), np.sort(splits.train.x.reshape(80, -1)))
    pixels_NxD = np.asarray(permuted.test.x).reshape(80, -1)
    alike = [np.array_equal(pixels_NxD[:, at], splits.test.x[:, 0, 0, 0]) for at in range(64)]
    assert sum(alike) == 1  # the first pixel has moved, to one position in all of the images


def test_colours_are_averaged_before_their_gradients():
    splits = DATA.of(0)
    colourful = Splits(*(part._replace(x=np.concatenate([part.x - 1, part.x + 1], -1)) for part in splits))
    for one, other in zip(gradients_of(splits, 2), gradients_of(colourful, 2), strict=True):
        np.testing.assert_allclose(one.x, other.x, atol=1e-5)


@pytest.mark.parametrize(("side", "cells"), [(8, (2,)), (28, (7, 4)), (32, (8, 4))])
def test_cells_fit_the_pictures(side, cells):
    methods = [method for method in earlier_methods(side) if method in CELLS]
    assert tuple(cell_of(method, side) for method in methods) == cells
    assert set(METHODS) == {*EARLIER, CONVOLUTIONAL, PERMUTED}


def test_gradients_separate_lying_bars_from_standing_ones(earlier):
    least_S = earlier.by_seed("test_error", np.min, method=ON_GRADIENTS, dataset="bars")
    assert len(least_S) == 2
    assert max(least_S) < 0.1


def test_each_earlier_method_has_no_fewer_hyperparameters_than_a_net_and_the_same_examples(earlier):
    assert earlier.axis("method") == tuple(sorted((NEIGHBOURS, ON_PIXELS, ON_GRADIENTS)))
    for method in earlier.axis("method"):
        tried = earlier.where(metric="test_error", method=method).axis("hyperparameter")
        assert len(tried) >= len(Config().learning_rates)
    assert earlier.axis("examples") == (80,)
    nobody = earlier.by_seed("test_error", method=NEIGHBOURS, hyperparameter=0)
    np.testing.assert_allclose(nobody, 0.5)  # without neighbours everything is of the first class


def test_nets_have_errors_at_every_learning_rate_and_separate_the_bars():
    model = convnet([Stage(4, 3)], (), 2, NONLINEARITIES["relu"])
    records = train_nets(model, DATA, (1e-3, 3e-2), (0,), 60, local_context(1), dataset="bars")
    rows = records.where(metric="test_error", dataset="bars").rows
    assert {(row["method"], row["learning_rate"]) for row in rows} == {
        (method, learning_rate) for method in (CONVOLUTIONAL, PERMUTED) for learning_rate in (1e-3, 3e-2)
    }
    error = partial(records.values, "test_error", learning_rate=3e-2)
    assert error(method=CONVOLUTIONAL) < 0.1
