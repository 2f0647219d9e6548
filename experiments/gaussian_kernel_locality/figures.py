"""Figures of the Gaussian kernel beside nets, from the records alone."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.gaussian_kernel_locality.estimands import BEST_HALF_SPACE
from experiments.gaussian_kernel_locality.metrics import ALL
from experiments.gaussian_kernel_locality.parity_centres import RULES


class Series(NamedTuple):
    """How one method is drawn. axes: of its records."""

    label: str
    colour: str
    axes: dict[str, Any]


GAUSSIAN = Series("Gaussian kernel", plots.RED, {"method": "gaussian"})
DEEP = Series("net, 3 hidden layers", plots.BLUE, {"method": "deep"})
LINEAR = Series("linear, cross-entropy", plots.GREY, {"method": "linear"})
LINEAR_KERNEL = Series("linear, least squares", plots.GREY, {"method": "linear kernel"})
BY_DISTANCE = (
    DEEP._replace(axes={"method": "deep", "covered": False}),
    Series("Gaussian kernel, training\nexamples far away too", plots.AMBER, {"method": "gaussian", "covered": True}),
    GAUSSIAN._replace(axes={"method": "gaussian", "covered": False}),
)
BY_POSITIONS = (
    Series("convolutional net", plots.GREEN, {"method": "convolutional", "permuted": False}),
    Series("the same, permuted pixels", plots.GREY, {"method": "convolutional", "permuted": True}),
    DEEP,
    GAUSSIAN,
)
PANELS = {
    "half_space": (GAUSSIAN,),
    "xor": (GAUSSIAN,),
    "ring": (GAUSSIAN,),
    "data": (LINEAR_KERNEL, LINEAR, GAUSSIAN, DEEP),
}
"""The tasks of `by_task`, and what is drawn of each."""


def by_distance(records: Records, edges: Sequence[float]) -> Figure:
    """Draw accuracy in each bin of distance to the nearest training example, a panel for each task."""
    tasks = ("wedges", "stripes", "checkerboard")
    figure, axes = plots.canvas(1, len(tasks), size=(3.4, 3.2))
    for ax, task in zip(axes.flat, tasks, strict=True):
        for label, colour, at in BY_DISTANCE:
            accuracy_ExS = [records.values("test_accuracy", task=task, distance=low, **at) for low in edges[:-1]]
            plots.dots(ax, range(len(accuracy_ExS)), accuracy_ExS, colour, label)
        bins = [f"{low:g}–{high:g}" for low, high in pairwise(edges[:-1])]
        ax.set_xticks(range(len(bins) + 1), [*bins, f"> {edges[-2]:g}"], fontsize=7)
        ax.axhline(0.5, color=plots.GREY, lw=1, ls="--")
        ax.set(title=task, ylim=(0.1, 1.03), xlabel="distance to the nearest\ntraining example (units of the plane)")
    axes[0, 0].set_ylabel("test accuracy (dashed: chance)")
    axes[0, 0].legend(fontsize=7, loc="lower left")
    return figure


def by_positions(records: Records, good: float) -> Figure:
    """Draw accuracy as examples grow, a panel for each number of positions in which the motif may stand."""
    motif = records.where(task="motif")
    positions, sizes = motif.axis("positions"), motif.axis("size")
    figure, axes = plots.canvas(1, len(positions), size=(3.2, 3.2))
    for ax, each in zip(axes.flat, positions, strict=True):
        for label, colour, at in BY_POSITIONS:
            if not motif.where(positions=each, **at).rows:
                continue  # permuted pixels with the most positions only
            accuracy_NxS = [motif.values("test_accuracy", positions=each, size=size, **at) for size in sizes]
            plots.dots(ax, range(len(sizes)), accuracy_NxS, colour, label)
        ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
        ax.axhline(good, color=plots.GREY, lw=1, ls="--")
        ax.set(title=f"motif in {each} position{'s' * (each > 1)}", ylim=(0.4, 1.03), xlabel="training examples")
    axes[0, 0].set_ylabel(f"test accuracy (dashed: {good:g})")
    axes[0, -1].legend(fontsize=7, loc="lower right")
    return figure


def by_dimensions(records: Records) -> Figure:
    """Draw accuracy on two hidden directions as the dimensions grow; and which centres separate parity."""
    figure, axes = plots.canvas(1, 2, size=(4.4, 3.4))
    _hidden(axes[0, 0], records.where(task="hidden xor"))
    _parity(axes[0, 1], records.where(task="cube"))
    for ax in axes.flat:
        ax.legend(fontsize=8)
    return figure


def _hidden(ax, hidden):
    dimensions = hidden.axis("dimensions")
    for label, colour, at in (DEEP, GAUSSIAN):
        accuracy_DxS = [hidden.values("test_accuracy", dimensions=each, **at) for each in dimensions]
        plots.dots(ax, range(len(dimensions)), accuracy_DxS, colour, label)
    ax.set_xticks(range(len(dimensions)), [str(each) for each in dimensions])
    ax.axhline(0.5, color=plots.GREY, lw=1, ls="--")
    ax.set(ylim=(0.4, 1.03), xlabel="dimensions, of which two directions matter")
    ax.set(ylabel="test accuracy (dashed: chance)", title="XOR of two hidden directions")


def _parity(ax, cube):
    bits = cube.axis("bits")
    enough = [1 - cube.values("enough_fail", corners="one class", bits=each) for each in bits]
    too_few = {rule: [cube.values("one_too_few_separate", rule=rule, bits=each) for each in bits] for rule in RULES}
    plots.dots(ax, bits, enough, plots.GREEN, "parity, $2^{d-1}$ centres: one class")
    plots.dots(ax, bits, too_few["first_bit"], plots.GREY, "the first bit, $2^{d-1}-1$ centres")
    plots.dots(ax, bits, too_few["parity"], plots.RED, "parity, $2^{d-1}-1$ centres")
    ax.set_xticks(bits)
    ax.set(ylim=(-0.05, 1.05), xlabel="bits d", ylabel="share of choices of centres that separate")
    ax.set(title="Gaussian centres on the corners of a cube")


def by_task(records: Records) -> Figure:
    """Draw the accuracy of every seed with generic features and without, a panel for each task."""
    figure, axes = plots.canvas(1, len(PANELS), size=(3.3, 3.2))
    for ax, (task, drawn) in zip(axes.flat, PANELS.items(), strict=True):
        data = task == "data"
        for at, series in enumerate(drawn):
            accuracy_S = records.values(
                "test_accuracy", task=task, **series.axes, **({"images": ALL, "covered": False} if data else {})
            )
            plots.dots(ax, [at], [accuracy_S], series.colour)
        if task in BEST_HALF_SPACE:
            ax.axhline(BEST_HALF_SPACE[task], color=plots.GREY, lw=1, ls="--")
        title = f"{records.axis('dataset')[0]}, 1024 examples" if data else task.replace("_", " ")
        ax.set(title=title, xlim=(-0.6, len(drawn) - 0.4), ylim=None if data else (0.4, 1.03))
        ax.set_xticks(range(len(drawn)), [series.label.replace(" ", "\n") for series in drawn], fontsize=7)
    units = records.where(method="radial units")
    error = np.mean(units.values("test_error"))
    axes[0, -1].set_xlabel(
        f"on all examples: {units.axis('centres')[0]} radial units\nand a linear layer, error rate {error:.2%}",
        fontsize=8,
    )
    axes[0, 0].set_ylabel("test accuracy (dashed: best half-space)")
    return figure
