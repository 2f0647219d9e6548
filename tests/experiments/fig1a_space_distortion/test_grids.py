"""The affine residual and the folded share of maps of the plane for which they are known in closed form."""

import numpy as np
import pytest

from experiments.fig1a_space_distortion.grids import affine_residual, folded_share, lattice

GRID = lattice(41)
FLAT = GRID.reshape(-1, 2)


def test_the_lattice_is_regular_and_counts_x1_first():
    assert GRID.shape == (41, 41, 2)
    np.testing.assert_allclose(GRID[0, -1], [-1, 1])
    np.testing.assert_allclose(GRID[-1, 0], [1, -1])
    np.testing.assert_allclose(np.diff(GRID[:, :, 0], axis=0), 0.05)


@pytest.mark.parametrize("matrix", [np.eye(2), [[2.0, 1.0], [0.5, -3.0]], [[1.0, 1.0], [1.0, 1.0]]])
def test_an_affine_map_has_no_residual(matrix):
    assert affine_residual(FLAT, FLAT @ np.array(matrix) + [5.0, -7.0]) < 1e-12


def test_a_constant_has_no_residual_and_what_is_not_finite_gives_nan():
    assert affine_residual(FLAT, np.ones((len(FLAT), 2))) == 0
    assert np.isnan(affine_residual(FLAT, np.full((len(FLAT), 2), np.nan)))
    assert np.isnan(folded_share(np.full((3, 2, 2), np.inf)))


def test_even_functions_are_all_affine_residual():
    assert affine_residual(FLAT, FLAT**2) == pytest.approx(1)


def test_half_the_rectifier_is_affine_residual():
    """max(0, x) = x/2 + |x|/2. On [-1, 1] var(x/2) = 1/12 and var(|x|/2) = 1/48: a share of 1/5, uncorrelated."""
    fine = np.linspace(-1, 1, 4001)[:, None]
    assert affine_residual(fine, np.maximum(0, fine)) == pytest.approx(np.sqrt(1 / 5), abs=1e-3)


def test_the_residual_of_a_cubic_by_legendre_polynomials():
    """The part of x^3 along x is 3x/5; of its mean square, 1/7 on [-1, 1], that is 3/25 and leaves a share of 4/25."""
    fine = np.linspace(-1, 1, 4001)[:, None]
    assert affine_residual(fine, fine**3) == pytest.approx(np.sqrt(4 / 25), abs=1e-3)


def slopes_of(f, matrix):
    """The Jacobian of x -> f(x @ matrix), coordinate by coordinate, at every crossing."""
    z = FLAT @ matrix
    slope = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    return slope[:, :, None] * matrix.T


@pytest.mark.parametrize(
    "f", [np.tanh, lambda z: 1 / (1 + np.exp(-z)), lambda z: np.maximum(0, z), lambda z: z, lambda z: z**3]
)
def test_increasing_functions_fold_nothing_after_a_linear_map(f):
    matrix = np.array([[2.0, 1.0], [-3.0, 4.0]])
    assert folded_share(slopes_of(f, matrix)) == 0
    assert folded_share(slopes_of(f, matrix[:, ::-1])) == 0  # a mirror image reverses all of it, and folds none


def test_squares_fold_the_plane_in_half():
    """(x1^2, x2^2) reverses two of four quadrants: 800 of the 41^2 crossings; those on the axes are flattened."""
    assert folded_share(slopes_of(np.square, np.eye(2))) == pytest.approx(800 / 41**2)


def test_a_fold_along_a_line_reverses_what_lies_beyond_it():
    slopes = np.stack([np.diag([sign, 1.0]) for sign in np.where(FLAT[:, 0] > 0.5, 1.0, -1.0)])
    assert folded_share(slopes) == pytest.approx(10 / 41)


def test_a_map_onto_a_line_folds_nothing_though_rounding_changes_signs():
    noise = 1 + 1e-7 * np.random.default_rng(0).normal(size=(1000, 2, 2))
    assert folded_share(np.ones((1000, 2, 2)) * noise) == 0
