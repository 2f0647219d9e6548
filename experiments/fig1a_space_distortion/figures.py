"""Parts of figure 1a: the net, the plane with its grid and two classes, and the same after the hidden units."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from dl_jax.evidence.statistics import Region, share_interval
from dl_jax.report.plots import AMBER, BLUE, GREY, RED

EVERY = 8
"""Distance of the drawn lines, in lines of the grid; the points between make them smooth."""


def draw_planes(
    axes: Sequence[Axes], grid_KxKx2: np.ndarray, x_Nx2: np.ndarray, label_N: np.ndarray, hidden: Callable, output: dict
) -> None:
    """Draw the input plane and its image in the space of the hidden units, each with the boundary of the output.

    hidden: x[..., 2] -> y[..., W]. output: {"w": w_Wx1, "b": b_1}, the weights from the hidden units.
    """

    def score(hidden_NxW):
        return (hidden_NxW @ output["w"] + output["b"])[:, 0]

    draw_plane(axes[0], grid_KxKx2, x_Nx2, label_N, lambda x_Nx2: score(hidden(x_Nx2)))
    hidden_NxW, grid_KxKxW, w_W = hidden(x_Nx2), hidden(grid_KxKx2), output["w"][:, 0]
    basis_2xW = projection(hidden_NxW, w_W)
    projected_2 = basis_2xW @ w_W
    draw_plane(
        axes[1],
        grid_KxKxW @ basis_2xW.T,
        hidden_NxW @ basis_2xW.T,
        label_N,
        lambda y_Nx2: y_Nx2 @ projected_2 + output["b"],
    )
    units = ("across the boundary", "along it") if len(w_W) > 2 else ("hidden unit 1", "hidden unit 2")
    for ax, (right, up) in zip(axes, (("input 1", "input 2"), units), strict=True):
        ax.set_xlabel(right, fontsize=8)
        ax.set_ylabel(up, fontsize=8)


def draw_plane(
    ax: Axes, grid_KxKx2: np.ndarray, x_Nx2: np.ndarray, label_N: np.ndarray, score: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Draw a grid, two classes of points, and the two sides of score(x_Nx2) = 0; of a diverged net only the word."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    if not (np.isfinite(grid_KxKx2).all() and np.isfinite(score(x_Nx2)).all()):
        ax.text(0.5, 0.5, "diverged", ha="center", transform=ax.transAxes)
        return
    for line_Kx2 in (*grid_KxKx2[::EVERY], *grid_KxKx2[:, ::EVERY].transpose(1, 0, 2)):
        ax.plot(*line_Kx2.T, color=GREY, lw=0.5, alpha=0.7, zorder=2)
    for label, colour in ((0, BLUE), (1, RED)):
        ax.plot(*x_Nx2[label_N == label].T, ".", color=colour, ms=2.2, mew=0, zorder=3, rasterized=True)
    low_2, high_2 = grid_KxKx2.reshape(-1, 2).min(0), grid_KxKx2.reshape(-1, 2).max(0)
    margin_2 = 0.06 * np.maximum(high_2 - low_2, 0.02)
    sides = [np.linspace(*ends, 201) for ends in zip(low_2 - margin_2, high_2 + margin_2, strict=True)]
    mesh = np.meshgrid(*sides)
    score_MxM = score(np.stack(mesh, -1).reshape(-1, 2)).reshape(mesh[0].shape)
    tints = [to_rgba(BLUE, 0.14), to_rgba(RED, 0.14)]
    ax.contourf(*mesh, score_MxM > 0, levels=[-0.5, 0.5, 1.5], colors=tints, zorder=0)
    if score_MxM.min() < 0 < score_MxM.max():
        ax.contour(*mesh, score_MxM, levels=[0.0], colors="black", linewidths=1.2, zorder=4)
    ax.set(xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])


def projection(hidden_NxW: np.ndarray, weight_W: np.ndarray) -> np.ndarray:
    """Return basis_2xW of the plane onto which hidden units are projected; two units are drawn as they are.

    Of more units, it has the direction of the output's weights, along which the two sides lie apart, and the direction
    orthogonal to it in which the points vary most.
    """
    if len(weight_W) == 2 or not np.isfinite(hidden_NxW).all():
        return np.eye(2, len(weight_W))
    across_W = weight_W / max(np.linalg.norm(weight_W), 1e-12)
    rest_NxW = hidden_NxW - hidden_NxW.mean(0)
    rest_NxW = rest_NxW - np.outer(rest_NxW @ across_W, across_W)
    return np.stack([across_W, np.linalg.eigh(rest_NxW.T @ rest_NxW)[1][:, -1]])


def draw_diagram(ax: Axes, w_DxW: np.ndarray, w_Wx1: np.ndarray) -> None:
    """Draw the units as circles, input at the bottom, and the weights as lines of their width, amber if negative."""
    ax.set(xlim=(-1.0, 1.75), ylim=(-0.45, 2.5), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(False)
    positions = [np.linspace(-0.6, 0.6, count) if count > 1 else [0.0] for count in (*w_DxW.shape, 1)]
    largest = max(np.abs(w_DxW).max(), np.abs(w_Wx1).max())
    for below, weights in enumerate((w_DxW, w_Wx1)):
        for (i, j), weight in np.ndenumerate(weights):
            line = [positions[below][i], positions[below + 1][j]], [below, below + 1]
            ax.plot(*line, color=AMBER if weight < 0 else GREY, lw=0.4 + 5 * abs(weight) / largest, zorder=1)
    for height, (x_W, name) in enumerate(zip(positions, ("Input", "Hidden", "Output"), strict=True)):
        ax.scatter(x_W, [height] * len(x_W), s=420, color="white", edgecolor="black", zorder=2)
        ax.text(1.0, height, f"{name}\n({len(x_W)})", va="center", ha="left", fontsize=9)


def draw_shares(ax: Axes, names: Sequence[str], value_XxS: Sequence[np.ndarray], colours: Sequence[str]) -> None:
    """Draw the share of seeds with value 1 and its exact interval, a line for each name, the first on top."""
    for at, (value_S, colour) in enumerate(zip(value_XxS, colours, strict=True)):
        interval = share_interval(value_S, Region(-np.inf, np.inf))
        ax.plot([interval.low, interval.high], [at, at], color=colour, lw=5, alpha=0.25, solid_capstyle="butt")
        ax.plot(interval.estimate, at, "o", color=colour, ms=6, clip_on=False)
        ax.text(1.05, at, f"{np.sum(value_S):.0f} of {len(value_S)}", va="center", fontsize=8, color=colour)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.4, -0.6))
