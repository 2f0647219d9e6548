"""Figures of features under one head, from the records alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.hand_designed_features.classifiers import LINEAR
from experiments.hand_designed_features.pictures import MOVED, ORIGINAL

ERRORS = (0.5, 1, 2, 5, 10, 20, 50)
"""Percent, where the axis of error rates is labelled."""


def error_by_size(records: Records, panels: Sequence[Sequence[str]]) -> Figure:
    """Draw the test error of the linear head by the number of training examples, a line for each kind of features.

    panels: the kinds in each panel; one that is in several keeps its colour.
    """
    sizes, measured, colours = records.axis("size"), records.axis("features"), {}
    tests = records.where(metric="test_accuracy", pictures=ORIGINAL, method=LINEAR)
    figure, axes = plots.canvas(1, len(panels), size=(4.6, 3.8))
    for ax, names in zip(axes.flat, panels, strict=True):
        taken = [colours[name] for name in names if name in colours]
        free = (colour for colour in plots.COLOURS if colour not in taken)
        for name in [name for name in names if name in measured]:
            if name not in colours:
                colours[name] = next(free)
            of_kind = tests.where(features=name)
            given = of_kind.axis("size")
            error_XxS = [100 * (1 - of_kind.by_seed("test_accuracy", size=size)) for size in given]
            plots.dots(ax, given, error_XxS, colours[name], name.replace("_", " "))
        ax.set(xscale="log", yscale="log", xlabel="training examples")
        ax.sharey(axes[0, 0])
        for axis, ticks in ((ax.xaxis, sizes), (ax.yaxis, ERRORS)):
            axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
            axis.set_ticks([], minor=True)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=7, frameon=False)
    errors = [100 * (1 - value) for value in tests.values("test_accuracy")]
    axes[0, 0].set_ylim(0.8 * max(min(errors), 0.1), 1.2 * max(errors))
    axes[0, 0].set_ylabel("test error, % (a dot for each seed)")
    data, head = ", ".join(records.axis("dataset")), ", ".join(records.axis("head"))
    figure.suptitle(f"{data}: features under the same linear head ({head}); at the right the controls", fontsize=10)
    return figure


def moved(records: Records, names: Sequence[str], choices: Mapping[str, Sequence[str]]) -> Figure:
    """Draw the accuracy with all examples on original and on moved test pictures, and how many choices people made."""
    names, size = [name for name in names if name in records.axis("features")], max(records.axis("size"))
    figure, axes = plots.canvas(1, 1, size=(6.4, 1.2 + 0.32 * len(names)))
    ax = axes[0, 0]
    for row, name in enumerate(names):
        means = []
        for pictures, colour in ((ORIGINAL, plots.BLUE), (MOVED, plots.RED)):
            value_S = records.by_seed("test_accuracy", features=name, size=size, method=LINEAR, pictures=pictures)
            means.append(np.mean(value_S))
            ax.plot(value_S, [row] * len(value_S), "o", color=colour, ms=4, alpha=0.6, label="" if row else pictures)
        ax.plot(means, [row, row], color=plots.GREY, lw=1, zorder=0)
    labels = [f"{name} ({len(choices[name])})" if name in choices else name for name in names]
    ax.set_yticks(range(len(names)), [label.replace("_", " ") for label in labels])
    ax.invert_yaxis()
    ax.set_xlabel("accuracy on test pictures (a dot for each seed)")
    ax.set_title(f"{size:,} examples; in brackets: number of choices that people made", fontsize=10)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    return figure
