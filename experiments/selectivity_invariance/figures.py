"""Samoyeds and white wolves, and what machines make of them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from dl_jax.report.packed import pictures

CHANCE = 0.5
MACHINES = ("convolutional", "convolutional, linear", "multilayer", "gaussian", "linear", "nearest neighbours")
COLOURS = dict(zip(MACHINES, plots.COLOURS, strict=False))


def gallery(records: Records) -> Figure:
    """Both kinds in the plain scene, where each nuisance varies alone, and where all do."""
    there = records.where(metric="picture")
    kinds, columns = there.axis("kind"), there.axis("shown")
    figure, axes = plots.canvas(len(kinds), len(columns), size=(1.5, 1.6))
    for kind, row in zip(kinds, axes, strict=True):
        for ax, shown in zip(row, columns, strict=True):
            ax.imshow(np.moveaxis(pictures(there, "picture", kind=kind, shown=shown), 0, -1))
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        row[0].set_ylabel(kind)
    for ax, shown in zip(axes[0], columns, strict=True):
        ax.set_title(shown, fontsize=9)
    return figure


def by_size(records: Records) -> Figure:
    """Test accuracy by the number of pictures that were learned from, a line or a dot for each machine."""
    true = records.where(labels="true", metric="test_accuracy")
    figure, axes = plots.canvas(size=(5.6, 3.6))
    ax = axes[0, 0]
    for machine in MACHINES:
        of_it, colour = true.where(machine=machine), COLOURS[machine]
        found = [of_it.values("test_accuracy", size=size) for size in of_it.axis("size")]
        plots.dots(ax, of_it.axis("size"), found, colour, machine)
        if len(found) == 1:
            ax.plot(of_it.axis("size"), [found[0].mean()], "_", color=colour, ms=14, mew=2)
    ax.axhline(CHANCE, color=plots.GREY, lw=1, ls="--")
    ax.set(xscale="log", xlabel="pictures to learn from", ylabel="test accuracy (dashed: chance)", ylim=(0.45, 1.02))
    ax.set_xticks(true.axis("size"), [f"{size:,}" for size in true.axis("size")])
    ax.minorticks_off()
    figure.legend(fontsize=7, loc="outside right center", frameon=False)
    return figure


def responses(records: Records, machines: Sequence[str]) -> Figure:
    """How much more an answer changes with the kind than with each other change; above the line the detail counts."""
    most, nuisances = max(records.axis("size")), records.axis("alone")
    changes = [name for name in (*nuisances, "scene") if records.where(metric=f"test_kind_over_{name}").rows]
    figure, axes = plots.canvas(size=(7.2, 3.6))
    ax = axes[0, 0]
    for place, machine in enumerate(machines):
        colour = COLOURS[machine]
        of_it = records.where(machine=machine, labels="true", size=most)
        found = [of_it.values(f"test_kind_over_{name}") for name in changes]
        at = [number + 0.12 * (place - (len(machines) - 1) / 2) for number in range(len(changes))]
        for x, value_S in zip(at, found, strict=True):
            ax.plot([x] * len(value_S), value_S, "o", color=colour, ms=3.5, alpha=0.6, mew=0)
        ax.plot([], [], "o", color=colour, ms=4, label=machine)
    ax.axhline(1, color=plots.GREY, lw=1, ls="--")
    ax.set_xticks(range(len(changes)), [{"scene": "all of them"}.get(name, name) for name in changes], fontsize=8)
    ax.set(yscale="log", ylabel="response to the kind of animal,\nover that to this change")
    figure.legend(fontsize=7, loc="outside right center", frameon=False)
    return figure
