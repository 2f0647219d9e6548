"""How features compare as examples grow, drawn from records alone."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

ERRORS = (0.5, 1, 2, 5, 10, 20, 50)
"""Percent, where the axis of errors is labelled."""


def error_by_size(records: Records, panels: Sequence[Sequence[str]]) -> Figure:
    """Test error by the number of training examples, a line a kind of features, a panel for each group of kinds."""
    sizes, there, colours = records.axis("size"), records.axis("features"), {}
    figure, axes = plots.canvas(1, len(panels), size=(4.6, 3.8))
    for ax, names in zip(axes.flat, panels, strict=True):
        taken = [colours[name] for name in names if name in colours]
        free = (colour for colour in plots.COLOURS if colour not in taken)
        for name in [name for name in names if name in there]:
            if name not in colours:
                colours[name] = next(free)
            error_XxS = [100 * (1 - records.by_seed("test_accuracy", features=name, size=size)) for size in sizes]
            plots.dots(ax, sizes, error_XxS, colours[name], name.replace("_", " "))
        ax.set(xscale="log", yscale="log", xlabel="training examples")
        ax.sharey(axes[0, 0])
        for axis, ticks in ((ax.xaxis, sizes), (ax.yaxis, ERRORS)):
            axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
            axis.set_ticks([], minor=True)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=7, frameon=False)
    errors = [100 * (1 - value) for value in records.values("test_accuracy")]
    axes[0, 0].set_ylim(0.8 * max(min(errors), 0.1), 1.2 * max(errors))
    axes[0, 0].set_ylabel("test error, % (a dot a seed)")
    data, head = ", ".join(records.axis("dataset")), ", ".join(records.axis("head"))
    figure.suptitle(f"{data}: features under the same linear head ({head}); at the right the controls", fontsize=10)
    return figure


def moved(records: Records, names: Sequence[str], choices: Mapping[str, Sequence[str]]) -> Figure:
    """With all examples: accuracy on test pictures as they are and moved a little; and what people had to settle."""
    names, size = [name for name in names if name in records.axis("features")], max(records.axis("size"))
    figure, axes = plots.canvas(1, 1, size=(6.4, 1.2 + 0.32 * len(names)))
    ax = axes[0, 0]
    marks = {"test_accuracy": (plots.BLUE, "as they are"), "test_accuracy_moved": (plots.RED, "moved")}
    for row, name in enumerate(names):
        means = []
        for metric, (colour, label) in marks.items():
            value_S = records.by_seed(metric, features=name, size=size)
            means.append(np.mean(value_S))
            ax.plot(value_S, [row] * len(value_S), "o", color=colour, ms=4, alpha=0.6, label="" if row else label)
        ax.plot(means, [row, row], color=plots.GREY, lw=1, zorder=0)
    settled = [f"{name.replace('_', ' ')} ({len(choices[name])})" if name in choices else name for name in names]
    ax.set_yticks(range(len(names)), [label.replace("_", " ") for label in settled])
    ax.invert_yaxis()
    ax.set_xlabel("accuracy on test pictures (a dot a seed)")
    ax.set_title(f"{size:,} examples; in brackets: choices that people made for the features", fontsize=10)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    return figure


def crossing(sizes: Sequence[int], ahead_X: Sequence[float]) -> str:
    """In words, where features by hand lose their lead `ahead` over learned ones; straight in log size in between."""
    hand, learned = "features by hand", "learned ones"
    for (size, lead), (larger, then) in pairwise(zip(sizes, ahead_X, strict=True)):
        if (lead > 0) != (then > 0):
            near = size * (larger / size) ** (lead / (lead - then))
            return (
                f"near {near:.0f} examples {(hand, learned)[bool(lead > 0)]} overtake {(learned, hand)[bool(lead > 0)]}"
            )
    return f"{(learned, hand)[bool(ahead_X[0] > 0)]} are ahead at every size"
