"""Figures of feature_hierarchy: what probes, pictures and distances show of each layer, before and after training."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.feature_hierarchy.estimands import root_mean_square
from experiments.feature_hierarchy.layer_probes import AXES, CHANGED, LAYERS
from experiments.feature_hierarchy.metrics import MOTIF_METRICS, SECOND_STAGES, STATES
from experiments.feature_hierarchy.planted_examples import PROBED, REDRAWN

BY_LAYER: dict[str, tuple[str, dict[str, Any]]] = {
    "object_accuracy": ("object: accuracy of a linear probe", {}),
    "parts_accuracy": ("parts: accuracy of linear probes", {}),
    "nuisance_r2": ("nuisances: R2 of linear probes", {"reduce": np.mean}),
    "log_scatter_ratio": ("log10 of variance between objects\nover that within", {}),
    "picture_r2": ("picture: R2 of its reconstruction", {}),
    "recognised": ("share of reconstructions that are\nrecognised", {}),
    "share_moved": (
        "distance by nuisances over that\nof two pictures",
        {"reduce": root_mean_square, "changed": REDRAWN},
    ),
}
"""{metric: the title of its panel, and how its other axes are reduced}."""
MOTIFS = {
    "conjunction": "excess over single edges",
    "arrangement": "lost when rearranged",
    "motif_variance_share": "variance between motifs",
}
COLOURS = {"untrained": plots.GREY, "trained": plots.BLUE}


def draw(records: Records) -> dict[str, Figure]:
    """All metrics by layer, each nuisance by itself, the second stage, and the first filters."""
    return {
        "layer_by_layer": layer_by_layer(records),
        "nuisances": nuisances(records),
        "second_stage": second_stage(records),
        "filters": filters(records),
    }


def layer_by_layer(records: Records) -> Figure:
    """One panel for each metric, every seed a dot."""
    figure, axes = plots.canvas(2, 4, size=(3.4, 3.0))
    for ax, (name, (title, axes_of)) in zip(axes.flat, BY_LAYER.items(), strict=False):
        for state in STATES:
            layers = AXES[name]["layer"]
            value_LxS = [records.by_seed(name, **axes_of, layer=layer, state=state) for layer in layers]
            plots.dots(ax, range(len(layers)), value_LxS, COLOURS[state], state)
        _name_layers(ax, layers)
        ax.set_title(title, fontsize=9)
        ax.legend(fontsize=7, frameon=False)
    axes.flat[-1].axis("off")
    return figure


def nuisances(records: Records) -> Figure:
    """Each nuisance by layer, medians over seeds: the R2 of linear probes, and the distance that it makes."""
    figure, ((probes, distances),) = plots.canvas(1, 2, size=(5.0, 3.6))
    colours = dict(zip(CHANGED, plots.COLOURS * 2, strict=False))
    moved = "distance that it makes over that of two pictures"
    panels: tuple[tuple[Any, str, str, tuple[str, ...], str], ...] = (
        (probes, "nuisance_r2", "nuisance", PROBED, "R2 of a linear probe"),
        (distances, "share_moved", "changed", CHANGED, moved),
    )
    for ax, name, axis, labels, title in panels:
        for label in labels:
            for state, style in zip(STATES, (":", "-"), strict=True):
                part = records.where(metric=name, state=state, **{axis: label})
                median_L = [np.median(part.by_seed(name, layer=layer)) for layer in LAYERS]
                legend = label.replace("_", " ") if state == "trained" else None
                ax.plot(range(len(LAYERS)), median_L, style, color=colours[label], label=legend)
        _name_layers(ax, LAYERS)
        ax.set_title(f"{title} (dotted: untrained)", fontsize=9)
        ax.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def second_stage(records: Records) -> Figure:
    """How feature maps that read stage 1 respond to motifs, every seed a dot."""
    figure, axes = plots.canvas(1, len(MOTIF_METRICS), size=(3.4, 3.4))
    for ax, name in zip(axes.flat, MOTIF_METRICS, strict=True):
        value_KxS = [records.by_seed(name, second_stage=stage) for stage in SECOND_STAGES]
        plots.dots(ax, range(len(SECOND_STAGES)), value_KxS, plots.BLUE)
        _name_layers(ax, SECOND_STAGES)
        ax.set_title(MOTIFS[name], fontsize=9)
    return figure


def filters(records: Records) -> Figure:
    """The orientation score of the median first filter, by the images that the net is trained on."""
    kinds = records.axis("images")
    figure, ((ax,),) = plots.canvas(1, 1, size=(1.8 + 1.4 * len(kinds), 3.6))
    for state in STATES:
        value_IxS = [records.by_seed("orientation_score", images=kind, state=state) for kind in kinds]
        plots.dots(ax, range(len(kinds)), value_IxS, COLOURS[state], state)
    ax.axhline(1.0, color=plots.RED, lw=1, ls=":", label="oriented above")
    ax.set_xticks(range(len(kinds)), kinds, fontsize=7)
    ax.margins(x=0.2)
    ax.set_title("orientation score of the median first filter\n(in units of its threshold)", fontsize=9)
    ax.legend(fontsize=7, frameon=False)
    return figure


def _name_layers(ax, layers):
    ax.set_xticks(range(len(layers)), layers, fontsize=7, rotation=30)
