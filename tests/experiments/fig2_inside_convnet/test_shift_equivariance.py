"""Shift equivariance of functions whose answer is known, with planted violations that must be detected."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.receptive_fields import fields, modules_of
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.feature_maps import feature_maps
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.fig2_inside_convnet.properties import shift_difference, unshare_weights

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(0)
IMAGE = jax.random.uniform(KEY, (8, 8, 2), minval=0.5, maxval=1.5)


def delta(x):
    """A convolution with a delta kernel off its centre: every map is the image, moved by (1, 2) pixels."""
    return jnp.roll(x, (1, 2), (1, 2))


def box(x):
    """A 7x7 box filter with bias and zero padding: equivariant, but for the border."""
    return jax.lax.reduce_window(x + 1.0, 0.0, jax.lax.add, (1, 7, 7, 1), (1, 1, 1, 1), "SAME")


def max_pooling(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def shifted(function, by, jump=1, reach=3, image=IMAGE, **options):
    (difference,) = shift_difference(lambda x: (function(x),), image, by, (jump,), reach, **options)
    return float(difference)


@pytest.mark.parametrize("by", [1, 2, 3])
def test_maps_of_a_delta_filter_shift_exactly(by):
    assert shifted(delta, by) == 0.0


def test_border_effects_are_left_out():
    assert shifted(box, 1, reach=7) < 1e-6


def test_too_small_a_receptive_field_is_detected():
    """The box is 7 pixels wide; declared as 0 wide, its border effects are compared too."""
    assert shifted(box, 1, reach=0) > 1e-3


def test_a_filter_that_changes_from_column_to_column_is_detected():
    """Every other column is 0. A constant image then keeps one half of its pixels, and shifted by 1 the other half.

    The difference is the image itself, sqrt(2) times the root mean square of the maps. A shift by 2 changes nothing.
    """

    def every_other_column(x):
        return x * (jnp.arange(x.shape[2]) % 2)[None, None, :, None]

    constant = jnp.ones((8, 8, 1))
    assert shifted(every_other_column, 1, image=constant) == pytest.approx(np.sqrt(2), rel=1e-6)
    assert shifted(every_other_column, 2, image=constant) == 0.0


def test_a_small_violation_at_one_position_is_detected():
    def brighter_in_one_row(x):
        return x * (1 + 0.01 * (jnp.arange(x.shape[1]) == x.shape[1] // 2))[None, :, None, None]

    assert shifted(brighter_in_one_row, 1) > 1e-3


def test_maxima_shift_with_whole_windows_only():
    """Four equal pixels fill one pooling window, and after a shift by 1 they touch four.

    Three of these four differ from the shifted map, whichever way it is rounded: sqrt(3) times its norm.
    """
    four = jnp.zeros((8, 8, 1)).at[2:4, 2:4].set(1.0)
    assert shifted(max_pooling, 2, jump=2, image=four) == 0.0
    assert shifted(max_pooling, 1, jump=2, image=four) == pytest.approx(np.sqrt(3), rel=1e-6)


def test_a_shift_of_half_a_window_is_compared_with_the_better_rounding():
    """A single pixel in the corner of a window stays in it, or enters the next: one of the two roundings is exact."""
    for corner in (2, 3):
        single = jnp.zeros((8, 8, 1)).at[corner, corner].set(1.0)
        assert shifted(max_pooling, 1, jump=2, image=single) == 0.0


STAGES = (Stage(6, 5, 2), Stage(5, 3, 2), Stage(4, 3, 1))
X = jax.random.normal(jax.random.key(1), (3, 16, 16, 2))
RELU = NONLINEARITIES["relu"]
MODEL = convnet(STAGES, (), 3, RELU)


@pytest.fixture(scope="module")
def params():
    return jax.jit(MODEL.init)(KEY, X)


def shifted_net(params, by, **options):
    formula = fields(modules_of(STAGES, 16)[0])
    jumps_L, reach = [field.jump for field in formula], formula[-1].side

    def maps(params):
        return lambda x: feature_maps(STAGES, RELU, params, x)

    return jax.jit(lambda params: shift_difference(maps(params), X[0], by, jumps_L, reach, **options))(params)


@pytest.mark.parametrize("by", [4, 8])
def test_a_net_follows_shifts_by_whole_units(params, by):
    assert np.all(shifted_net(params, by) < 1e-5)


def test_above_a_pooling_a_net_does_not_follow_one_pixel(params):
    difference_L = shifted_net(params, 1)
    assert difference_L[0] < 1e-5
    assert np.all(difference_L[1:] > 0.1)


def test_without_shared_weights_a_net_does_not_follow(params):
    assert np.all(shifted_net(params, 4, seen=unshare_weights) > 0.5)


def test_dealing_permutes_the_channels_of_each_position():
    y = jax.random.normal(KEY, (4, 5, 6))
    np.testing.assert_array_equal(np.sort(unshare_weights(y), -1), np.sort(y, -1))
    assert not np.array_equal(unshare_weights(y), y)
    equal = jnp.ones((4, 5, 6)) * jnp.arange(4.0)[:, None, None]
    np.testing.assert_array_equal(unshare_weights(equal), equal)
