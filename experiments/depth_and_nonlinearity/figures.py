"""Figures of sweeps over depth and nonlinearity, drawn from their records alone."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def draw(records: Records) -> dict[str, Figure]:
    """Test error and gradients as heat maps, and the folded tent by depth."""
    data = records.where(task="data")
    nets = data.where(width=[width for width in data.axis("width") if width])
    drawn = {"test_error": error_by_depth(data, records.where(task="theory")), "gradients": gradient_by_layer(nets)}
    if not records.where(task="tent").rows:
        return drawn
    tent = seeds_by(records, "depth", {"tent": "relative_squared_error"})
    layers = seeds_by(records, "trained_layers", {"partly trained": "test_accuracy"})
    return drawn | {"functions": tent, "partly_trained": layers}


def error_by_depth(data: Records, theory: Records) -> Figure:
    """One heat map for each width: nonlinearity by depth, with the interval over seeds in each cell.

    Depth 0 is the linear classifier, given in the title. A red bar stands in each row where six
    mean-field depth scales (the metric `depth_scales_6` of `theory`) lie within the depths.
    """
    nets = data.where(width=[width for width in data.axis("width") if width])
    depths, widths, names = nets.axis("depth"), nets.axis("width"), _names(nets)
    shades = PowerNorm(0.5, vmin=0.0, vmax=1.0)  # small errors differ more than large ones
    figure, axes = plots.canvas(1, len(widths), size=(max(4.6, 1.6 + 0.9 * len(depths)), 1.2 + 0.55 * len(names)))
    linear = np.median(data.by_seed("test_error_rate", depth=0))
    for ax, width in zip(axes.flat, widths, strict=True):
        part = nets.where(width=width)
        plots.record_map(
            ax, part, "test_error_rate", ("nonlinearity", names), ("depth", depths), norm=shades, cmap="viridis_r"
        )
        for row, name in enumerate(names):
            reach = theory.values("depth_scales_6", nonlinearity=name)[0]
            if depths[0] <= reach <= depths[-1]:
                at = np.interp(reach, depths, range(len(depths)))
                ax.plot([at, at], [row - 0.45, row + 0.45], color=plots.RED, lw=2)
        ax.set_title(f"{data.axis('dataset')[0]}, width {width}; linear classifier {linear:.3f}", fontsize=10)
        ax.set_xlabel("hidden layers")
    figure.supxlabel("median test error, 99.5 % interval over seeds; red: six mean-field depth scales", fontsize=8)
    return figure


def gradient_by_layer(nets: Records) -> Figure:
    """The norm of dE/dw before training, by layer (columns) and depth (rows); one panel for each nonlinearity."""
    nets = nets.where(width=max(nets.axis("width")), metric="gradient_norm")
    depths, layers, names = nets.axis("depth"), nets.axis("layer"), _names(nets)
    figure, axes = plots.canvas(1, len(names), size=(3.0, 2.6))
    for ax, name in zip(axes.flat, names, strict=True):
        log_DxL = np.full((len(depths), len(layers)), np.nan)
        for row, depth in enumerate(depths):
            for column, layer in enumerate(layers[: depth + 1]):
                norm_S = nets.values("gradient_norm", nonlinearity=name, depth=depth, layer=layer)
                log_DxL[row, column] = np.log10(max(np.mean(norm_S), 1e-12))
        image = plots.heat_map(ax, log_DxL, depths, layers, vmin=-6, vmax=1, cmap="magma")
        ax.set(title=name, xlabel="layer")
        ax.set_xticks([0, len(layers) - 1], [str(layers[0]), str(layers[-1])])
    axes[0, 0].set_ylabel("hidden layers")
    figure.colorbar(image, ax=axes, label="log10 |dE/dw|")
    return figure


def seeds_by(records: Records, axis: str, metrics: dict[str, str]) -> Figure:
    """Every seed as a dot, along an axis, one colour for each nonlinearity; one panel for each task and its metric."""
    figure, axes = plots.canvas(1, len(metrics))
    for ax, (task, metric) in zip(axes.flat, metrics.items(), strict=True):
        there = records.where(task=task, metric=metric)
        groups = {name: there.where(nonlinearity=name) for name in _names(there)} or {"": there}
        for (name, own), colour in zip(groups.items(), plots.COLOURS, strict=False):
            at = own.axis(axis)
            plots.dots(ax, range(len(at)), [own.values(metric, **{axis: x}) for x in at], colour, name)
        ticks: Sequence = there.axis(axis)
        ax.set_xticks(range(len(ticks)), [str(tick) for tick in ticks])
        ax.set(
            title=task,
            ylabel=metric.replace("_", " "),
            xlabel={"depth": "hidden layers"}.get(axis, axis.replace("_", " ")),
        )
        if len(groups) > 1:
            ax.legend(frameon=False, fontsize=7)
    return figure


def _names(records):
    """Nonlinearities in the order in which they were run."""
    return list(dict.fromkeys(row["nonlinearity"] for row in records.rows if "nonlinearity" in row))
