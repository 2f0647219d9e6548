"""The figures of depth_5_to_20, drawn from records alone."""

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.learning_curves import learning_curve
from experiments.depth_5_to_20 import kinds_by_depth, tent_bound
from experiments.depth_5_to_20.criteria import NAMED_NUISANCES
from experiments.depth_5_to_20.stacks import REMEDIES
from experiments.depth_5_to_20.stacks import TASK as STACKS


def draw(records: Records) -> dict[str, Figure]:
    """The folded tent map, accuracy and responses by depth, learning curves, and stacks of many layers."""
    figures = {"tent": tent(records), "by_depth": by_depth(records), "learning": learning(records)}
    return figures | ({"stacks": stacks(records)} if records.where(task=STACKS).rows else {})


def tent(records: Records) -> Figure:
    """Error rates at alternating points by layers: the bound on one hidden layer, and the deep net."""
    on_tent = records.where(task=tent_bound.TASK)
    layers = on_tent.axis("depth")
    figure, axes = plots.canvas(size=(5.4, 3.4))
    ax = axes[0, 0]
    lines = (
        ({"metric": "shallow_error_bound"}, "one hidden layer, as many weights: at least", plots.RED),
        ({"metric": "error_rate", "noise": 0.0}, "this many layers of two rectifiers", plots.BLUE),
        ({"metric": "error_rate", "noise": tent_bound.NOISE}, "the same, weights changed by 0.1 %", plots.AMBER),
    )
    for line, label, colour in lines:
        plots.dots(ax, layers, [on_tent.values(depth=depth, **line) for depth in layers], colour, label)
    ax.set(xlabel="layers d; the tent map is folded d times", ylabel="share of 2^d + 1 points missed", xticks=layers)
    ax.legend(fontsize=7)
    return figure


def by_depth(records: Records) -> Figure:
    """By depth at the end of training: accuracy, accuracy in pairs, and the least response ratio."""
    kinds = records.where(task=kinds_by_depth.TASK)
    end = kinds.where(step=max(kinds.axis("step")))
    panels = (
        ({"metric": "test_accuracy"}, "test accuracy"),
        ({"metric": "pair_accuracy"}, "share of scenes with both kinds correct"),
        (
            {"metric": "response_ratio", "nuisance": NAMED_NUISANCES},
            "response to the kind, over that to\nthe nuisance with the greatest",
        ),
    )
    panels = [(panel, label) for panel, label in panels if end.where(**panel).rows]
    figure, axes = plots.canvas(1, len(panels), size=(3.6, 3.3))
    for ax, (panel, label) in zip(axes.flat, panels, strict=True):
        for nonlinearity, colour in zip(end.axis("nonlinearity"), plots.COLOURS, strict=False):
            line = end.where(nonlinearity=nonlinearity)
            value_DxS = [line.by_seed(reduce=np.min, depth=depth, **panel) for depth in line.axis("depth")]
            plots.dots(ax, line.axis("depth"), value_DxS, colour, nonlinearity)
        ax.set(xscale="log", xlabel="hidden layers, equal weights", ylabel=label)
        ax.set_xticks(end.axis("depth"), [str(depth) for depth in end.axis("depth")])
        ax.minorticks_off()
        if panel["metric"] == "response_ratio":
            ax.axhline(1, color=plots.GREY, lw=1, ls="--")
            ax.set_yscale("log")
    axes[0, 0].legend(fontsize=7)
    return figure


def learning(records: Records) -> Figure:
    """Test accuracy by step, a panel for each nonlinearity and a line for each depth."""
    kinds = records.where(task=kinds_by_depth.TASK, metric="test_accuracy")
    names = kinds.axis("nonlinearity")
    figure, axes = plots.canvas(1, len(names), size=(3.2, 3.0))
    for ax, name in zip(axes.flat, names, strict=True):
        for depth, colour in zip(kinds.axis("depth"), plots.COLOURS, strict=False):
            line = kinds.where(nonlinearity=name, depth=depth)
            learning_curve(ax, line, "test_accuracy", colour, f"{depth} layer{'s' if depth > 1 else ''}")
        ax.set(title=name, xlabel="training steps", ylim=(0.45, 1.02))
    axes[0, 0].set_ylabel("test accuracy (band: all seeds)")
    axes[0, 0].legend(fontsize=7)
    return figure


def stacks(records: Records) -> Figure:
    """Test accuracy on the digits by remedy, a panel for each depth and a colour for each nonlinearity."""
    on_digits = records.where(task=STACKS)
    layers = on_digits.axis("depth")
    figure, axes = plots.canvas(1, len(layers), size=(4.2, 3.2))
    for ax, depth in zip(axes.flat, layers, strict=True):
        for number, (name, colour) in enumerate(zip(on_digits.axis("nonlinearity"), plots.COLOURS, strict=False)):
            for at, remedy in enumerate(REMEDIES):
                value_S = on_digits.values("test_accuracy", depth=depth, nonlinearity=name, remedy=remedy)
                ax.plot([at + 0.15 * (number - 1)] * len(value_S), value_S, "o", color=colour, ms=4, alpha=0.6, mew=0)
            ax.plot([], [], "o", color=colour, ms=4, label=name)
        ax.axhline(0.1, color=plots.GREY, lw=1, ls="--")
        ax.set_xticks(range(len(REMEDIES)), [remedy.replace("_", "\n") for remedy in REMEDIES], fontsize=7)
        ax.set(title=f"{depth} layers", ylim=(0, 1.02))
    axes[0, 0].set_ylabel("test accuracy, digits (dashed: chance)")
    axes[0, 0].legend(fontsize=7)
    return figure
