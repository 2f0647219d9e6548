"""Separability and the shape of decision regions against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.half_spaces import differs_from_weighted_sum, nonconvexity, separable

CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])


def square(count=4000):
    """Points drawn uniformly from the square [-1, 1]^2."""
    return jax.random.uniform(jax.random.key(0), (count, 2), minval=-1.0, maxval=1.0)


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0]])
def test_and_or_and_a_single_input_are_separable(labels):
    assert separable(CORNERS, np.array(labels))


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [1, 0, 0, 1]])
def test_xor_and_its_negation_are_not_separable(labels):
    assert not separable(CORNERS, np.array(labels))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_units_of_the_inputs_do_not_matter(scale):
    assert separable(scale * CORNERS + 3 * scale, np.array([0, 0, 0, 1]))
    assert not separable(scale * CORNERS + 3 * scale, np.array([0, 1, 1, 0]))


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-5, 0.0, -1e-5, -1e-3])
def test_parallel_segments_are_separable_if_there_is_a_gap(gap):
    """1000 points on x2 = x1 / 3, and 1000 on the parallel at distance `gap` or on a line that crosses it."""
    x1 = np.linspace(-1, 1, 1000)
    line, parallel = np.stack([x1, x1 / 3], 1), np.stack([x1, x1 / 3 + gap], 1)
    crossing = np.stack([x1, x1 / 3 + gap * np.sign(x1)], 1)
    labels = np.repeat([0, 1], 1000)
    assert separable(np.vstack([line, parallel]), labels) == (gap != 0)
    assert not separable(np.vstack([line, crossing]), labels)


def test_separation_is_strict():
    assert not separable(np.array([[0.0], [0.0]]), np.array([0, 1]))
    assert not separable(np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]))


def test_a_single_class_is_separable_and_constant_inputs_are_allowed():
    assert separable(CORNERS, np.ones(4))
    assert separable(np.column_stack([CORNERS[:, 0], np.ones(4)]), np.array([0, 0, 1, 1]))
    assert not separable(np.ones((4, 2)), np.array([0, 0, 1, 1]))


def test_number_of_separable_labelings_is_that_of_cover():
    """Cover (1965): of the 2^N labelings of N points of the plane in general position, N^2 - N + 2 are separable."""
    count = 6
    x_Nx2 = np.random.default_rng(0).normal(size=(count, 2))
    labelings = np.array(np.meshgrid(*[[0, 1]] * count)).reshape(count, -1).T
    assert sum(separable(x_Nx2, labels) for labels in labelings) == count**2 - count + 2


def test_a_half_space_is_convex():
    assert nonconvexity(lambda x: x @ jnp.array([1.0, -2.0]) > 0.3, square()) == 0


def test_the_empty_region_is_convex():
    assert nonconvexity(lambda x: x[:, 0] > 9, square()) == 0


def test_nonconvexity_of_a_band_agrees_with_its_probability():
    """|x1| < 1/2 has probability 1/2: 1/4 of the pairs lie inside and 1/4 outside, so that 1/2 have equal decisions.

    Midpoints of inner pairs lie inside. Half of the outer pairs have a point on each side, with a midpoint inside:
    1/8 of all pairs, which is 1/4 of those with equal decisions.
    """
    share = nonconvexity(lambda x: jnp.abs(x[:, 0]) < 0.5, square(40_000))
    assert share == pytest.approx(0.25, abs=0.01)


def test_a_weighted_sum_does_not_differ_from_its_fit():
    x_NxD = square()
    assert differs_from_weighted_sum(x_NxD @ jnp.array([2.0, -1.0]) + 0.4, x_NxD) == 0


def test_a_saddle_differs_from_its_fit_where_it_is_negative():
    """The fit of x1 x2 + a is the constant a > 0; the score is negative where x1 x2 < -a.

    The probability of that is (1 - a (1 - ln a)) / 2.
    """
    x_NxD = square(40_000)
    share = (1 - 0.1 * (1 - np.log(0.1))) / 2
    assert differs_from_weighted_sum(x_NxD[:, 0] * x_NxD[:, 1] + 0.1, x_NxD) == pytest.approx(share, abs=0.01)


def test_a_parabola_differs_from_its_fit_where_it_is_negative():
    """The fit of x1^2 - 1/4 is the constant 1/12; the score is negative where |x1| < 1/2, with probability 1/2."""
    x_NxD = square(40_000)
    assert differs_from_weighted_sum(x_NxD[:, 0] ** 2 - 0.25, x_NxD) == pytest.approx(0.5, abs=0.02)


def test_scores_within_rounding_of_0_are_left_out():
    x_NxD = square()
    noise_N = 1e-6 * jax.random.normal(jax.random.key(1), (len(x_NxD),))
    score_N = jnp.where(jnp.arange(len(x_NxD)) < 2000, x_NxD[:, 0], 0.0)
    assert differs_from_weighted_sum(score_N + noise_N, x_NxD) <= 0.01
