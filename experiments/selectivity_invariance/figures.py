"""The figures of selectivity_invariance, drawn from records alone."""

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.selectivity_invariance.estimands import CHANCE
from experiments.selectivity_invariance.nets import CONV, ONE_HIDDEN

METHODS = {
    CONV: "convolutional net",
    ONE_HIDDEN: "one convolutional layer",
    "gaussian": "Gaussian kernel",
    "linear": "linear",
    "nearest_neighbours": "nearest neighbours",
}
COLOURS = dict(zip(METHODS, plots.COLOURS, strict=False))
RESPONDING = (CONV, "linear")


def draw(records: Records) -> dict[str, Figure]:
    """The animals, accuracy by the number of training pictures, and responses to what changes in a picture."""
    return {"animals": animals(records), "accuracy": by_size(records), "responses": responses(records)}


def animals(records: Records) -> Figure:
    """Both kinds in the neutral scene, where each nuisance varies alone, and where all do."""
    picture = records.array("picture")
    kinds, columns = picture.axes["kind"], picture.axes["varied"]
    figure, axes = plots.canvas(len(kinds), len(columns), size=(1.5, 1.6))
    for kind, line, picture_VxHxWx3 in zip(kinds, axes, picture.values, strict=True):
        for ax, picture_HxWx3 in zip(line, picture_VxHxWx3, strict=True):
            ax.imshow(picture_HxWx3)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        line[0].set_ylabel(kind)
    for ax, varied in zip(axes[0], columns, strict=True):
        ax.set_title({"nothing": "nothing varies", "all": "all vary"}.get(varied, varied), fontsize=9)
    return figure


def by_size(records: Records) -> Figure:
    """Test accuracy by the number of training pictures, a line or a dash for each method."""
    true = records.where(labels="true", metric="test_accuracy")
    sizes = true.axis("train_size")
    figure, axes = plots.canvas(size=(5.6, 3.6))
    ax = axes[0, 0]
    for method, label in METHODS.items():
        line, colour = true.where(method=method), COLOURS[method]
        # The best hyperparameter of a shallow method, as the criteria read it.
        value_NxS = [line.by_seed("test_accuracy", np.max, train_size=size) for size in line.axis("train_size")]
        plots.dots(ax, line.axis("train_size"), value_NxS, colour, label)
        if len(value_NxS) == 1:
            ax.plot(line.axis("train_size"), [value_NxS[0].mean()], "_", color=colour, ms=14, mew=2)
    ax.axhline(CHANCE, color=plots.GREY, lw=1, ls="--")
    ax.set(xscale="log", xlabel="training pictures", ylabel="test accuracy (dashed: chance)", ylim=(0.45, 1.02))
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    figure.legend(fontsize=7, loc="outside right center", frameon=False)
    return figure


def responses(records: Records) -> Figure:
    """Response to the kind over that to each other change; above the dashed line the score depends more on the kind."""
    of_most = records.where(metric="response_ratio", labels="true", train_size=max(records.axis("train_size")))
    nuisances = [name for name in of_most.axis("nuisance") if name != "scene"] + ["scene"]
    figure, axes = plots.canvas(size=(7.2, 3.6))
    ax = axes[0, 0]
    for number, method in enumerate(RESPONDING):
        colour, shift = COLOURS[method], 0.12 * (number - (len(RESPONDING) - 1) / 2)
        for at, nuisance in enumerate(nuisances):
            value_S = of_most.by_seed("response_ratio", np.max, method=method, nuisance=nuisance)
            ax.plot([at + shift] * len(value_S), value_S, "o", color=colour, ms=3.5, alpha=0.6, mew=0)
        ax.plot([], [], "o", color=colour, ms=4, label=METHODS[method])
    ax.axhline(1, color=plots.GREY, lw=1, ls="--")
    ax.set_xticks(range(len(nuisances)), [{"scene": "all of them"}.get(name, name) for name in nuisances], fontsize=8)
    ax.set(yscale="log", ylabel="response to the kind of animal,\nover that to this change")
    figure.legend(fontsize=7, loc="outside right center", frameon=False)
    return figure
