"""What depth gives and what it does not, drawn from records alone."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.learning_curves import learning_curve


def tent(records: Records) -> Figure:
    """Share of alternating points that are missed, by layers: the bound on one hidden layer, and the deep net."""
    of_it = records.where(task="tent")
    layers = of_it.axis("depth")
    figure, axes = plots.canvas(size=(5.4, 3.4))
    ax = axes[0, 0]
    lines = {
        "must_miss": ("one hidden layer, as many weights: at least", plots.RED),
        "missed": ("this many layers of two rectifiers", plots.BLUE),
        "missed_off": ("the same, weights off by a thousandth", plots.AMBER),
    }
    for name, (label, colour) in lines.items():
        plots.dots(ax, layers, [of_it.values(name, depth=depth) for depth in layers], colour, label)
    ax.set(xlabel="layers d; the tent map is folded d times", ylabel="share of 2^d + 1 points missed", xticks=layers)
    ax.legend(fontsize=7)
    return figure


def by_depth(records: Records, nuisances: Sequence[str]) -> Figure:
    """By depth at the end of training: accuracy, pairs told, and the least response ratio."""
    there = records.where(task="animals")
    end = there.where(step=max(there.axis("step")))
    panels = {
        "test_accuracy": "test accuracy",
        "test_pairs_right": "share of scenes: both kinds told",
        "ratio": "response to the kind, over that to\nthe nuisance with the greatest",
    }
    figure, axes = plots.canvas(1, len(panels), size=(3.6, 3.3))
    named = [f"test_kind_over_{name}" for name in nuisances if end.where(metric=f"test_kind_over_{name}").rows]
    for ax, (name, label) in zip(axes.flat, panels.items(), strict=True):
        for nonlinearity, colour in zip(end.axis("nonlinearity"), plots.COLOURS, strict=False):
            of_it = end.where(nonlinearity=nonlinearity)
            metrics = named if name == "ratio" else [name]
            found = [np.min([of_it.by_seed(each, depth=depth) for each in metrics], 0) for depth in of_it.axis("depth")]
            plots.dots(ax, of_it.axis("depth"), found, colour, nonlinearity)
        ax.set(xscale="log", xlabel="hidden layers, equal weights", ylabel=label)
        ax.set_xticks(end.axis("depth"), [str(depth) for depth in end.axis("depth")])
        ax.minorticks_off()
    axes[0, 2].axhline(1, color=plots.GREY, lw=1, ls="--")
    axes[0, 2].set_yscale("log")
    axes[0, 0].legend(fontsize=7)
    return figure


def learning(records: Records) -> Figure:
    """Test accuracy by step, a panel for each nonlinearity and a line for each depth."""
    there = records.where(task="animals", metric="test_accuracy")
    names = there.axis("nonlinearity")
    figure, axes = plots.canvas(1, len(names), size=(3.2, 3.0))
    for ax, name in zip(axes.flat, names, strict=True):
        for depth, colour in zip(there.axis("depth"), plots.COLOURS, strict=False):
            of_it = there.where(nonlinearity=name, depth=depth)
            learning_curve(ax, of_it, "test_accuracy", colour, f"{depth} layer{'s' if depth > 1 else ''}")
        ax.set(title=name, xlabel="training steps", ylim=(0.45, 1.02))
    axes[0, 0].set_ylabel("test accuracy (band: all seeds)")
    axes[0, 0].legend(fontsize=7)
    return figure


def stacks(records: Records, mends: Sequence[str]) -> Figure:
    """Test accuracy on the digits by mend, a panel for each depth and a colour for each nonlinearity."""
    there = records.where(task="stacks")
    layers = there.axis("depth")
    figure, axes = plots.canvas(1, len(layers), size=(4.2, 3.2))
    for ax, depth in zip(axes.flat, layers, strict=True):
        for at, (name, colour) in enumerate(zip(there.axis("nonlinearity"), plots.COLOURS, strict=False)):
            for place, mend in enumerate(mends):
                value_S = there.values("test_accuracy", depth=depth, nonlinearity=name, mend=mend)
                x = place + 0.15 * (at - 1)
                ax.plot([x] * len(value_S), value_S, "o", color=colour, ms=4, alpha=0.6, mew=0)
            ax.plot([], [], "o", color=colour, ms=4, label=name)
        ax.axhline(0.1, color=plots.GREY, lw=1, ls="--")
        ax.set_xticks(range(len(mends)), [mend.replace(" ", "\n") for mend in mends], fontsize=7)
        ax.set(title=f"{depth} layers", ylim=(0, 1.02))
    axes[0, 0].set_ylabel("test accuracy, digits (dashed: chance)")
    axes[0, 0].legend(fontsize=7)
    return figure
