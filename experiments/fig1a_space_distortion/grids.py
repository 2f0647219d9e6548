"""What becomes of a regular grid of the input plane as units transform it (figure 1a)."""

import numpy as np


def lattice(points: int) -> np.ndarray:
    """x_KxKx2: the crossings of a regular grid on the square [-1, 1]^2; the first index counts along x1."""
    along_K = np.linspace(-1.0, 1.0, points)
    return np.stack(np.meshgrid(along_K, along_K, indexing="ij"), -1)


def bend(x_NxD: np.ndarray, y_NxW: np.ndarray) -> float:
    """How far y is from every affine map of x: the root of the share of its variance that none explains.

    0: the grid is only stretched, turned, sheared or shifted; 1: nothing of it is. NaN if y is not finite.
    """
    y_NxW = np.asarray(y_NxW, float)
    if not np.isfinite(y_NxW).all():
        return np.nan
    inputs_NxE = np.column_stack([np.asarray(x_NxD, float), np.ones(len(x_NxD))])
    residual_NxW = y_NxW - inputs_NxE @ np.linalg.lstsq(inputs_NxE, y_NxW)[0]
    spread = np.linalg.norm(y_NxW - y_NxW.mean(0))
    return float(np.linalg.norm(residual_NxW) / spread) if spread > 0 else 0.0


def turned(slope_Nx2x2: np.ndarray) -> float:
    """Share of points about which a map turns the plane over, or does not, whichever is rarer: 0 unless it folds.

    slope: the map's Jacobian at each point; the sign of its determinant tells. (The corners of a
    grid's cells do not: a cell whose sides are bent may look turned over by its corners.) A
    determinant within rounding of 0, where the plane is flattened, counts for neither.
    """
    slope_Nx2x2 = np.asarray(slope_Nx2x2, float).reshape(-1, 2, 2)
    if not np.isfinite(slope_Nx2x2).all():
        return np.nan
    straight_N = slope_Nx2x2[:, 0, 0] * slope_Nx2x2[:, 1, 1]
    crossed_N = slope_Nx2x2[:, 0, 1] * slope_Nx2x2[:, 1, 0]
    real_N = np.abs(straight_N - crossed_N) > 1e-5 * (np.abs(straight_N) + np.abs(crossed_N))
    over_N = straight_N < crossed_N
    return float(min(np.mean(real_N & over_N), np.mean(real_N & ~over_N)))
