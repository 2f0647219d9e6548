"""Figures of landscapes: a path of descent, slices, segments between two sets of weights, and curvature."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.loss_landscape.surroundings import ALIGNED, CURVE, INITIAL, OTHER, REVERSED

LEVELS = 14


def descent(records: Records) -> Figure:
    """The path of one training on the objective in the plane of its two principal components: from above, and as a
    surface."""
    plane = records.array("plane")
    (x_A, y_A), path_Kx2 = records.array("plane_sides").values.T, records.array("path").values
    objective_AxA, seed = np.clip(plane.values, 1e-12, None), plane.at["seed"]
    steps = records.array("path").axes["step"]
    objective_K = [records.values("objective", seed=seed, step=step)[0] for step in steps]
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    above, surface = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="3d")
    filled = _contours(above, x_A, y_A, objective_AxA)
    above.plot(*path_Kx2.T, "o-", color="white", mec=plots.RED, mfc=plots.RED, ms=4, lw=1.2)
    above.plot(*path_Kx2[-1:].T, "*", color="gold", ms=14, mec="black")
    above.set(title="training, seen from above (star: its end)", xlabel="along the first principal component")
    above.set_ylabel("along the second")
    figure.colorbar(filled, ax=above, label="objective on the training examples (nats)", format="%.2g")
    x_AxA, y_AxA = np.meshgrid(x_A, y_A, indexing="ij")
    surface.plot_surface(x_AxA, y_AxA, np.log10(objective_AxA), cmap="viridis", alpha=0.7, linewidth=0)
    surface.plot(*path_Kx2.T, np.log10(objective_K), "o-", color=plots.RED, ms=3, lw=1.5, zorder=10)
    surface.set(title="as a surface (height: logarithm of the objective)", zlabel="log10 of the objective")
    surface.view_init(35, -50)
    return figure


def slices(records: Records, models: Sequence[str]) -> Figure:
    """Random slices, normalized filter by filter, through the end of a training of each model."""
    figure, axes = plots.canvas(1, len(models), size=(4.6, 3.8))
    for ax, model in zip(axes.flat, models, strict=True):
        slice_ = records.array("slice", model=model)
        filled = _contours(ax, slice_.axes["x"], slice_.axes["y"], np.clip(slice_.values, 1e-12, None))
        ax.plot([0], [0], "*", color="gold", ms=14, mec="black")
        ax.set(title=f"{model}: around the end of training", xlabel="one random direction (1: as long as the weights)")
        ax.set_ylabel("another")
        figure.colorbar(filled, ax=ax, label="objective (nats)", format="%.2g")
    return figure


def _contours(ax, x_A, y_A, objective_AxA):
    """Draw the objective on a plane, on a logarithmic scale. Returns the contours, for a colour bar."""
    levels = np.geomspace(objective_AxA.min(), objective_AxA.max(), LEVELS)
    norm = LogNorm(objective_AxA.min(), objective_AxA.max())
    return ax.contourf(x_A, y_A, objective_AxA.T, levels, norm=norm, cmap="viridis")


def segments(records: Records, net: str, convex: str) -> Figure:
    """The objective on ways between two sets of weights, at every seed, with its chord."""
    panels = {
        f"{net}: between two trainings": (net, OTHER),
        f"{net}: on a curve between them": (net, CURVE),
        f"{net}: to the other's units, aligned": (net, ALIGNED),
        f"{net}: to itself with its units reversed": (net, REVERSED),
        f"{net}: from its initial weights": (net, INITIAL),
        f"{convex}: between two trainings": (convex, OTHER),
    }
    figure, axes = plots.canvas(2, 3, size=(3.6, 3.0))
    for ax, (title, (model, end)) in zip(axes.flat, panels.items(), strict=True):
        for seed in records.axis("seed"):
            segment = records.array("segment", model=model, seed=seed)
            objective_A = segment.values[segment.axes["end"].index(end)]
            ax.plot(segment.axes["share"], objective_A, color=plots.BLUE, lw=1.2, alpha=0.7)
            ax.plot([0, 1], objective_A[[0, -1]], "--", color=plots.GREY, lw=0.8)
        ax.set(title=title, xlabel="part of the way (dashed: chord)")
        ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
        ax.title.set_size(9)
    for ax in axes[:, 0]:
        ax.set_ylabel("objective on the training examples (nats)")
    return figure


def curvature(records: Records, models: Sequence[str]) -> Figure:
    """The spectral density at the end of training, and the lowest and the highest curvature on the path."""
    figure, axes = plots.canvas(1, 1 + len(models), size=(3.8, 3.4))
    for model, colour in zip(models, plots.COLOURS, strict=False):
        value, weight = (records.array(name, model=model).values.ravel() for name in ("ritz_value", "ritz_weight"))
        order = np.argsort(value)[::-1]
        share = np.cumsum(weight[order])
        axes[0, 0].step(share, value[order] / value.max(), where="post", color=colour, label=model)
    axes[0, 0].set(title="curvature at the end", xlabel="share of directions", ylabel="curvature over the largest")
    axes[0, 0].set(xscale="log", ylim=(-0.1, 1.02))
    axes[0, 0].legend(frameon=False, fontsize=8)
    for ax, model in zip(axes.flat[1:], models, strict=True):
        rows = records.where(metric="curvature", model=model)
        steps = rows.axis("step")
        for extreme, colour in (("highest", plots.RED), ("lowest", plots.BLUE)):
            value_KxS = [rows.values("curvature", extreme=extreme, step=step) for step in steps]
            plots.dots(ax, np.add(steps, 0.5), value_KxS, colour, f"{extreme} curvature")
        ax.axhline(0, color=plots.GREY, lw=0.8)
        ax.set(title=f"{model}: curvature on the path", xlabel="steps taken", xscale="log")
        ax.set_yscale("symlog", linthresh=0.1)
        ax.legend(frameon=False, fontsize=7)
    axes[0, 1].set_ylabel("eigenvalue of the Hessian")
    return figure


def losses_by_step(records: Records) -> Figure:
    """The training objective, and validation and test loss, by step: the mean over seeds, a panel for each model."""
    panels = tuple(dict.fromkeys((row["model"], row["labels"]) for row in records.where(metric="objective")))
    curves = {
        "training": {"metric": "objective"},
        "validation": {"metric": "loss", "split": "validation"},
        "test": {"metric": "loss", "split": "test"},
    }
    figure, axes = plots.canvas(1, len(panels), size=(3.8, 3.2))
    for ax, (model, labels) in zip(axes.flat, panels, strict=True):
        there = records.where(model=model, labels=labels)
        for (name, which), colour in zip(curves.items(), plots.COLOURS, strict=False):
            steps = there.where(**which).axis("step")
            ax.plot(
                np.add(steps, 0.5),
                [np.mean(there.values(**which, step=step)) for step in steps],
                color=colour,
                label=name,
            )
        ax.set(title=f"{model}, {labels} labels", xlabel="steps taken", xscale="log", yscale="log")
        ax.title.set_size(9)
    axes[0, 0].set_ylabel("loss (nats)")
    axes[0, 0].legend(frameon=False, fontsize=8)
    return figure
