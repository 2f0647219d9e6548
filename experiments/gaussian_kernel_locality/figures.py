"""Pictures of local and of deep machines, side by side, drawn from their records alone."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

COLOURS = {
    "gaussian": plots.RED,
    "gaussian, covered": plots.AMBER,
    "deep": plots.BLUE,
    "convolutional": plots.GREEN,
    "convolutional, scrambled": plots.GREY,
    "linear": plots.GREY,
    "linear kernel": plots.GREY,
}
NAMES = {
    "gaussian": "Gaussian kernel",
    "gaussian, covered": "Gaussian kernel, shown\nexamples far away too",
    "deep": "net, 3 hidden layers",
    "convolutional": "convolutional net",
    "convolutional, scrambled": "the same, pixels in\nanother order",
    "linear": "linear, cross-entropy",
    "linear kernel": "linear, least squares",
}


def by_distance(records: Records, edges: Sequence[float]) -> Figure:
    """Accuracy in each bin of distance to the nearest training example, a panel a task."""
    tasks = ("wedges", "stripes", "checkerboard")
    figure, axes = plots.canvas(1, len(tasks), size=(3.4, 3.2))
    for ax, task in zip(axes.flat, tasks, strict=True):
        for machine in ("deep", "gaussian, covered", "gaussian"):
            found = [records.values(f"test_accuracy_from_{low:g}", task=task, machine=machine) for low in edges[:-1]]
            plots.dots(ax, range(len(found)), found, COLOURS[machine], NAMES[machine])
        bins = [f"{low:g}–{high:g}" for low, high in pairwise(edges[:-1])]
        ax.set_xticks(range(len(bins) + 1), [*bins, f"> {edges[-2]:g}"], fontsize=7)
        ax.axhline(0.5, color=plots.GREY, lw=1, ls="--")
        ax.set(title=task, ylim=(0.1, 1.03), xlabel="distance to the nearest\ntraining example (units of the plane)")
    axes[0, 0].set_ylabel("test accuracy (dashed: chance)")
    axes[0, 0].legend(fontsize=7, loc="lower left")
    return figure


def by_places(records: Records, good: float) -> Figure:
    """Accuracy as examples grow, a panel for each number of places where the motif may stand."""
    motif = records.where(task="motif")
    places, counts = motif.axis("places"), motif.axis("examples")
    figure, axes = plots.canvas(1, len(places), size=(3.2, 3.2))
    machines = ("convolutional", "convolutional, scrambled", "deep", "gaussian")
    for ax, each in zip(axes.flat, places, strict=True):
        for machine in machines:
            found = [motif.values("test_accuracy", machine=machine, places=each, examples=count) for count in counts]
            plots.dots(ax, range(len(counts)), found, COLOURS[machine], NAMES[machine])
        ax.set_xticks(range(len(counts)), [str(count) for count in counts])
        ax.axhline(good, color=plots.GREY, lw=1, ls="--")
        ax.set(title=f"motif in {each} place{'s' * (each > 1)}", ylim=(0.4, 1.03), xlabel="training examples")
    axes[0, 0].set_ylabel(f"test accuracy (dashed: {good:g})")
    axes[0, 0].legend(fontsize=7, loc="lower right")
    return figure


def by_dimensions(records: Records) -> Figure:
    """Accuracy where two directions are hidden, as the dimensions grow; and which centres separate parity."""
    hidden, cube = records.where(task="hidden xor"), records.where(task="cube")
    dimensions, bits = hidden.axis("dimensions"), cube.axis("bits")
    figure, axes = plots.canvas(1, 2, size=(4.4, 3.4))
    for machine in ("deep", "gaussian"):
        found = [hidden.values("test_accuracy", machine=machine, dimensions=each) for each in dimensions]
        plots.dots(axes[0, 0], range(len(dimensions)), found, COLOURS[machine], NAMES[machine])
    axes[0, 0].set_xticks(range(len(dimensions)), [str(each) for each in dimensions])
    axes[0, 0].axhline(0.5, color=plots.GREY, lw=1, ls="--")
    axes[0, 0].set(ylim=(0.4, 1.03), xlabel="dimensions, of which two directions count")
    axes[0, 0].set(ylabel="test accuracy (dashed: chance)", title="XOR of two hidden directions")
    enough = [1 - cube.values("fails", of="one class", bits=each) for each in bits]
    too_few = {
        rule: [cube.values("one_too_few", rule=rule, bits=each) for each in bits] for rule in ("parity", "first_bit")
    }
    plots.dots(axes[0, 1], bits, enough, plots.GREEN, "parity, $2^{d-1}$ centres: one class")
    plots.dots(axes[0, 1], bits, too_few["first_bit"], plots.GREY, "the first bit, $2^{d-1}-1$ centres")
    plots.dots(axes[0, 1], bits, too_few["parity"], plots.RED, "parity, $2^{d-1}-1$ centres")
    axes[0, 1].set(ylim=(-0.05, 1.05), xlabel="bits d", ylabel="share of choices of centres that separate")
    axes[0, 1].set(title="Gaussian centres on the corners of a cube")
    for ax in axes.flat:
        ax.legend(fontsize=8)
    return figure


def by_task(records: Records) -> Figure:
    """Accuracy of every seed with generic features and without, a panel a task."""
    panels = {
        "half_space": ("linear kernel", "gaussian"),
        "xor": ("linear kernel", "gaussian"),
        "ring": ("linear kernel", "gaussian"),
        "data": ("linear kernel", "linear", "gaussian", "deep"),
    }
    figure, axes = plots.canvas(1, len(panels), size=(3.3, 3.2))
    for ax, (task, machines) in zip(axes.flat, panels.items(), strict=True):
        for at, machine in enumerate(machines):
            plots.dots(ax, [at], [records.values("test_accuracy", task=task, machine=machine)], COLOURS[machine])
        title = f"{records.axis('dataset')[0]}, 1024 examples" if task == "data" else task.replace("_", " ")
        ax.set(title=title, xlim=(-0.6, len(machines) - 0.4), ylim=(0.4, 1.03) if task != "data" else None)
        ax.set_xticks(range(len(machines)), [NAMES[machine].replace(" ", "\n") for machine in machines], fontsize=7)
    units = records.where(machine="radial units")
    found = units.values("test_error")
    axes[0, -1].set_xlabel(
        f"on all examples: {units.axis('centres')[0]} radial units\nand a linear layer, error {np.mean(found):.2%}",
        fontsize=8,
    )
    axes[0, 0].set_ylabel("test accuracy")
    return figure
