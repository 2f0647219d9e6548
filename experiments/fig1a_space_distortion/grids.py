"""A regular grid of the input plane, and how far a map bends or folds it (figure 1a)."""

import numpy as np


def lattice(points: int) -> np.ndarray:
    """Return x_KxKx2: the crossings of a regular grid on the square [-1, 1]^2; the first index counts along x1."""
    along_K = np.linspace(-1.0, 1.0, points)
    return np.stack(np.meshgrid(along_K, along_K, indexing="ij"), -1)


def affine_residual(x_NxD: np.ndarray, y_NxW: np.ndarray) -> float:
    """Return how far y is from every affine map of x: the root of the share of its variance that none explains.

    It is 0 if the grid is only stretched, rotated, sheared or shifted, and at most 1. NaN if y is not finite.
    """
    y_NxW = np.asarray(y_NxW, float)
    if not np.isfinite(y_NxW).all():
        return np.nan
    inputs_NxE = np.column_stack([np.asarray(x_NxD, float), np.ones(len(x_NxD))])
    residual_NxW = y_NxW - inputs_NxE @ np.linalg.lstsq(inputs_NxE, y_NxW)[0]
    spread = np.linalg.norm(y_NxW - y_NxW.mean(0))
    return float(np.linalg.norm(residual_NxW) / spread) if spread > 0 else 0.0


def folded_share(slope_Nx2x2: np.ndarray) -> float:
    """Return the share of points at which a map has the rarer of its two orientations: 0 unless it folds the plane.

    The orientation is the sign of the determinant of the Jacobian. (The corners of a grid's cells do not show it: those
    of a cell with bent sides may be in the wrong order.) A determinant within rounding of 0, where the plane is
    flattened, counts for neither. NaN if a slope is not finite.

    slope_Nx2x2: the Jacobian at each point.
    """
    slope_Nx2x2 = np.asarray(slope_Nx2x2, float).reshape(-1, 2, 2)
    if not np.isfinite(slope_Nx2x2).all():
        return np.nan
    main_N = slope_Nx2x2[:, 0, 0] * slope_Nx2x2[:, 1, 1]
    cross_N = slope_Nx2x2[:, 0, 1] * slope_Nx2x2[:, 1, 0]
    nonzero_N = np.abs(main_N - cross_N) > 1e-5 * (np.abs(main_N) + np.abs(cross_N))
    reversed_N = main_N < cross_N
    return float(min(np.mean(nonzero_N & reversed_N), np.mean(nonzero_N & ~reversed_N)))
