"""grids against maps of the plane whose bend and folds are known in closed form."""

import numpy as np
import pytest

from experiments.fig1a_space_distortion.grids import bend, lattice, turned

GRID = lattice(41)
FLAT = GRID.reshape(-1, 2)


def test_the_lattice_is_regular_and_counts_x1_first():
    assert GRID.shape == (41, 41, 2)
    np.testing.assert_allclose(GRID[0, -1], [-1, 1])
    np.testing.assert_allclose(GRID[-1, 0], [1, -1])
    np.testing.assert_allclose(np.diff(GRID[:, :, 0], axis=0), 0.05)


@pytest.mark.parametrize("matrix", [np.eye(2), [[2.0, 1.0], [0.5, -3.0]], [[1.0, 1.0], [1.0, 1.0]]])
def test_no_affine_map_bends(matrix):
    assert bend(FLAT, FLAT @ np.array(matrix) + [5.0, -7.0]) < 1e-12


def test_a_constant_does_not_bend_and_what_is_not_finite_is_unknown():
    assert bend(FLAT, np.ones((len(FLAT), 2))) == 0
    assert np.isnan(bend(FLAT, np.full((len(FLAT), 2), np.nan)))
    assert np.isnan(turned(np.full((3, 2, 2), np.inf)))


def test_even_functions_are_all_bend():
    assert bend(FLAT, FLAT**2) == pytest.approx(1)


def test_half_the_rectifier_is_bend():
    """max(0, x) = x/2 + |x|/2. On [-1, 1] var(x/2) = 1/12 and var(|x|/2) = 1/48: a share of 1/5, uncorrelated."""
    fine = np.linspace(-1, 1, 4001)[:, None]
    assert bend(fine, np.maximum(0, fine)) == pytest.approx(np.sqrt(1 / 5), abs=1e-3)


def test_a_cubic_is_bent_by_what_legendre_says():
    """The part of x^3 along x is 3x/5; of its mean square, 1/7 on [-1, 1], that is 3/25 and leaves a share of 4/25."""
    fine = np.linspace(-1, 1, 4001)[:, None]
    assert bend(fine, fine**3) == pytest.approx(np.sqrt(4 / 25), abs=1e-3)


def slopes_of(rising, matrix):
    """The Jacobian of x -> rising(x @ matrix), coordinate by coordinate, at every crossing."""
    z = FLAT @ matrix
    slope = (rising(z + 1e-6) - rising(z - 1e-6)) / 2e-6
    return slope[:, :, None] * matrix.T


@pytest.mark.parametrize(
    "rising", [np.tanh, lambda z: 1 / (1 + np.exp(-z)), lambda z: np.maximum(0, z), lambda z: z, lambda z: z**3]
)
def test_functions_that_rise_fold_nothing_after_a_linear_map(rising):
    matrix = np.array([[2.0, 1.0], [-3.0, 4.0]])
    assert turned(slopes_of(rising, matrix)) == 0
    assert turned(slopes_of(rising, matrix[:, ::-1])) == 0  # a mirror image turns all of it, and folds none


def test_squares_fold_the_plane_in_half():
    """x1^2, x2^2 turns over two of four quadrants: 800 of the 41^2 crossings; those on the axes are flattened."""
    assert turned(slopes_of(np.square, np.eye(2))) == pytest.approx(800 / 41**2)


def test_a_fold_along_a_line_turns_what_lies_beyond_it():
    slopes = np.stack([np.diag([sign, 1.0]) for sign in np.where(FLAT[:, 0] > 0.5, 1.0, -1.0)])
    assert turned(slopes) == pytest.approx(10 / 41)


def test_a_map_onto_a_line_turns_nothing_but_for_rounding():
    noise = 1 + 1e-7 * np.random.default_rng(0).normal(size=(1000, 2, 2))
    assert turned(np.ones((1000, 2, 2)) * noise) == 0
