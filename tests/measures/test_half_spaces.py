"""half_spaces against cases whose answer is known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.half_spaces import differs_from_weighted_sum, nonconvexity, separable

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])


def square(count=4000):
    return jax.random.uniform(jax.random.key(0), (count, 2), minval=-1.0, maxval=1.0)


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0]])
def test_and_or_and_one_input_are_separable(labels):
    assert separable(CORNERS, np.array(labels))


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [1, 0, 0, 1]])
def test_xor_and_its_negation_are_not(labels):
    assert not separable(CORNERS, np.array(labels))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_units_of_the_inputs_do_not_matter(scale):
    assert separable(scale * CORNERS + 3 * scale, np.array([0, 0, 0, 1]))
    assert not separable(scale * CORNERS + 3 * scale, np.array([0, 1, 1, 0]))


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-5, 0.0, -1e-5, -1e-3])
def test_two_segments_are_parted_exactly_if_a_gap_lies_between_them(gap):
    """A thousand points on x2 = x1 / 3 and as many a gap above; the ends of the upper one lie at those of the lower."""
    along = np.linspace(-1, 1, 1000)
    lower, upper = np.stack([along, along / 3], 1), np.stack([along, along / 3 + gap], 1)
    labels = np.repeat([0, 1], 1000)
    crossed = np.stack([along, along / 3 + gap * np.sign(along)], 1)
    assert separable(np.vstack([lower, upper]), labels) == (gap != 0)
    assert not separable(np.vstack([lower, crossed]), labels)


def test_strictly_so_a_point_of_both_classes_forbids_it():
    assert not separable(np.array([[0.0], [0.0]]), np.array([0, 1]))
    assert not separable(np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]))


def test_one_class_alone_is_separable_and_a_constant_input_is_no_obstacle():
    assert separable(CORNERS, np.ones(4))
    assert separable(np.column_stack([CORNERS[:, 0], np.ones(4)]), np.array([0, 0, 1, 1]))
    assert not separable(np.ones((4, 2)), np.array([0, 0, 1, 1]))


def test_in_general_position_as_often_as_cover_counts():
    """Cover (1965): of the 2^N labellings of N points of the plane in general position, N^2 - N + 2 are separable."""
    count = 6
    x_Nx2 = np.random.default_rng(0).normal(size=(count, 2))
    labellings = np.array(np.meshgrid(*[[0, 1]] * count)).reshape(count, -1).T
    assert sum(separable(x_Nx2, labels) for labels in labellings) == count**2 - count + 2


def test_a_half_space_is_not_dented():
    assert nonconvexity(lambda x: x @ jnp.array([1.0, -2.0]) > 0.3, square()) == 0


def test_nor_is_all_of_the_plane():
    assert nonconvexity(lambda x: x[:, 0] > 9, square()) == 0


def test_a_band_is_dented_as_often_as_probability_says():
    """The band |x1| < 1/2 holds half of the square, so 1/4 of the pairs lie in it and 1/4 have both points outside.

    The midpoint of two points in it is in it. Of two points outside, half lie on either side, and their midpoint is
    always in it: dented are 1/8 of the pairs, of the 1/2 that are decided alike.
    """
    share = nonconvexity(lambda x: jnp.abs(x[:, 0]) < 0.5, square(40_000))
    assert share == pytest.approx(0.25, abs=0.01)


def test_a_weighted_sum_is_unlike_none_but_where_it_is_0():
    x_NxD = square()
    assert differs_from_weighted_sum(x_NxD @ jnp.array([2.0, -1.0]) + 0.4, x_NxD) == 0


def test_a_saddle_is_unlike_its_mean_where_it_is_below_0():
    """x1 x2 + a has no linear part: the best weighted sum is a > 0, and wrong wherever x1 x2 < -a.

    That is (1 - a (1 - ln a)) / 2 of the square.
    """
    x_NxD = square(40_000)
    share = (1 - 0.1 * (1 - np.log(0.1))) / 2
    assert differs_from_weighted_sum(x_NxD[:, 0] * x_NxD[:, 1] + 0.1, x_NxD) == pytest.approx(share, abs=0.01)


def test_a_parabola_is_unlike_its_mean_where_it_is_below_0():
    """x1^2 - 1/4 on [-1, 1]: the best weighted sum is its mean, 1/12; below 0 are the points |x1| < 1/2, a half."""
    x_NxD = square(40_000)
    assert differs_from_weighted_sum(x_NxD[:, 0] ** 2 - 0.25, x_NxD) == pytest.approx(0.5, abs=0.02)


def test_rounding_about_0_is_not_counted():
    x_NxD = square()
    noise_N = 1e-6 * jax.random.normal(jax.random.key(1), (len(x_NxD),))
    score_N = jnp.where(jnp.arange(len(x_NxD)) < 2000, x_NxD[:, 0], 0.0)
    assert differs_from_weighted_sum(score_N + noise_N, x_NxD) <= 0.01
