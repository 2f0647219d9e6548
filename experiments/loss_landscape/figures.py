"""Landscapes to look at: a path down, slices, segments between two places, curvature."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def descent(records: Records, kind: str) -> Figure:
    """The path of one training on the landscape in the plane of its two principal components: from above, and as a
    surface."""
    seen = records.where(kind=kind)
    x_A, y_A, path_x, path_y = (seen.values(name) for name in ("plane_x", "plane_y", "path_x", "path_y"))
    error_AxA = np.clip(seen.values("plane").reshape(len(x_A), len(y_A)), 1e-12, None)
    seed = seen.where(metric="plane").axis("seed")[0]
    train_K = [seen.values("train", seed=seed, step=step)[0] for step in seen.axis("step")]
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    flat, steep = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="3d")
    norm = LogNorm(error_AxA.min(), error_AxA.max())
    levels = np.geomspace(error_AxA.min(), error_AxA.max(), 14)
    filled = flat.contourf(x_A, y_A, error_AxA.T, levels, norm=norm, cmap="viridis")
    flat.plot(path_x, path_y, "o-", color="white", mec=plots.RED, mfc=plots.RED, ms=4, lw=1.2)
    flat.plot(path_x[-1:], path_y[-1:], "*", color="gold", ms=14, mec="black")
    flat.set(title="training, seen from above (star: its end)", xlabel="along the first principal component")
    flat.set_ylabel("along the second")
    figure.colorbar(filled, ax=flat, label="error on the training examples (nats)", format="%.2g")
    height_AxA, height_K = np.log10(error_AxA), np.log10(train_K)
    x_AxA, y_AxA = np.meshgrid(x_A, y_A, indexing="ij")
    steep.plot_surface(x_AxA, y_AxA, height_AxA, cmap="viridis", alpha=0.7, linewidth=0)
    steep.plot(path_x, path_y, height_K, "o-", color=plots.RED, ms=3, lw=1.5, zorder=10)
    steep.set(title="as a way down (height: logarithm of the error)", zlabel="log10 of the error")
    steep.view_init(35, -50)
    return figure


def slices(records: Records, kinds: Sequence[str]) -> Figure:
    """Random slices, normalised filter by filter, through the end of a training of each kind."""
    figure, axes = plots.canvas(1, len(kinds), size=(4.6, 3.8))
    for ax, kind in zip(axes.flat, kinds, strict=True):
        error = records.values("slice", kind=kind)
        side = round(len(error) ** 0.5)
        at_A, error_AxA = np.linspace(-1, 1, side), np.clip(error.reshape(side, side), 1e-12, None)
        levels = np.geomspace(error_AxA.min(), error_AxA.max(), 14)
        norm = LogNorm(error_AxA.min(), error_AxA.max())
        filled = ax.contourf(at_A, at_A, error_AxA.T, levels, norm=norm, cmap="viridis")
        ax.plot([0], [0], "*", color="gold", ms=14, mec="black")
        ax.set(title=f"{kind}: around the end of training", xlabel="one random direction (1: as long as the weights)")
        ax.set_ylabel("another")
        figure.colorbar(filled, ax=ax, label="error (nats)", format="%.2g")
    return figure


def segments(records: Records, net: str, convex: str) -> Figure:
    """The error on the straight way between two places, at every seed, with its chord."""
    panels = {
        f"{net}: between two trainings": ("segment", net),
        f"{net}: to itself with its units reversed": ("segment_mirrored", net),
        f"{convex}: between two trainings": ("segment", convex),
    }
    figure, axes = plots.canvas(1, len(panels), size=(3.6, 3.2))
    for ax, (title, (name, kind)) in zip(axes.flat, panels.items(), strict=True):
        for seed in records.axis("seed"):
            error_T = records.values(name, kind=kind, seed=seed)
            ax.plot(np.linspace(0, 1, len(error_T)), error_T, color=plots.BLUE, lw=1.2, alpha=0.7)
            ax.plot([0, 1], error_T[[0, -1]], "--", color=plots.GREY, lw=0.8)
        ax.set(title=title, xlabel="part of the way (dashed: chord)")
        ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
        ax.title.set_size(9)
    axes[0, 0].set_ylabel("error on the training examples (nats)")
    return figure


def curvature(records: Records, kinds: Sequence[str]) -> Figure:
    """How many directions curve how much, at the end; and the lowest and the highest curvature on the path."""
    figure, axes = plots.canvas(1, 1 + len(kinds), size=(3.8, 3.4))
    for kind, colour in zip(kinds, plots.COLOURS, strict=False):
        value, weight = (records.values(name, kind=kind) for name in ("ritz_value", "ritz_weight"))
        order = np.argsort(value)[::-1]
        part = value[order] / value.max()
        axes[0, 0].step(np.cumsum(weight[order]), part, where="post", color=colour, label=kind)
    axes[0, 0].set(title="curvature at the end", xlabel="share of directions", ylabel="curvature over the steepest")
    axes[0, 0].set(xscale="log", ylim=(-0.1, 1.02))
    axes[0, 0].legend(frameon=False, fontsize=8)
    for ax, kind in zip(axes.flat[1:], kinds, strict=True):
        there = records.where(kind=kind)
        steps = there.where(metric="lowest_curvature").axis("step")
        for name, colour in (("highest_curvature", plots.RED), ("lowest_curvature", plots.BLUE)):
            value_KxS = [there.values(name, step=step) for step in steps]
            plots.dots(ax, np.add(steps, 0.5), value_KxS, colour, name.replace("_", " "))
        ax.axhline(0, color=plots.GREY, lw=0.8)
        ax.set(title=f"{kind}: curvature on the path", xlabel="steps taken", xscale="log")
        ax.set_yscale("symlog", linthresh=0.1)
        ax.legend(frameon=False, fontsize=7)
    axes[0, 1].set_ylabel("eigenvalue of the Hessian")
    return figure


def errors_by_step(records: Records, kinds: Sequence[str]) -> Figure:
    """Training, validation and test error by step, the mean over seeds."""
    figure, axes = plots.canvas(1, len(kinds), size=(3.8, 3.2))
    for ax, kind in zip(axes.flat, kinds, strict=True):
        there = records.where(kind=kind)
        for name, colour in zip(("train", "validation", "test"), plots.COLOURS, strict=False):
            steps = there.axis("step")
            mean_K = [np.mean(there.values(name, step=step)) for step in steps]
            ax.plot(np.add(steps, 0.5), mean_K, color=colour, label=name)
        ax.set(title=kind, xlabel="steps taken", xscale="log", yscale="log")
        ax.title.set_size(9)
    axes[0, 0].set_ylabel("error (nats)")
    axes[0, 0].legend(frameon=False, fontsize=8)
    return figure
