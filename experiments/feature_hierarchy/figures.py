"""Figures of feature_hierarchy: what probes and distances show of each layer, before and after training."""

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.feature_hierarchy.layer_probes import LAYERS, STAGES
from experiments.feature_hierarchy.metrics import BLUR, STATES
from experiments.feature_hierarchy.planted_examples import PROBED, REDRAWN

BY_LAYER = {
    "object_accuracy": "object: accuracy of a linear probe",
    "parts_accuracy": "parts: accuracy of linear probes",
    "mean_nuisance_r2": "nuisances: R2 of linear probes",
    "pixels_r2": "pixels: R2 of a linear map",
    "log_scatter_ratio": "log10 of variance between objects\nover that within",
    "log_rms_nuisance_distance": "log10 of the distance by nuisances\nover that by another object",
    "motif_variance_share": "share of variance between motifs\nwhose edges jitter",
    "conjunctive_share": "share of maps that need\ntwo edges at once",
}
"""{metric: the title of its panel}."""
COLOURS = {"untrained": plots.GREY, "trained": plots.BLUE}


def draw(records: Records) -> dict[str, Figure]:
    """All metrics by layer, each nuisance by itself, the alignment of the layers, and the first filters."""
    planted = records.where(images="planted")
    return {
        "layer_by_layer": layer_by_layer(planted),
        "nuisances": nuisances(planted),
        "alignment": alignment(planted),
        "filters": filters(records),
    }


def layer_by_layer(records: Records) -> Figure:
    """One panel for each metric, every seed a dot; red: the blur in place of stage 2."""
    figure, axes = plots.canvas(2, 4, size=(3.4, 3.0))
    for ax, (name, title) in zip(axes.flat, BY_LAYER.items(), strict=True):
        layers = STAGES if name == "conjunctive_share" else LAYERS
        for state in STATES:
            value_LxS = [records.by_seed(name, layer=layer, state=state) for layer in layers]
            plots.dots(ax, range(len(layers)), value_LxS, COLOURS[state], state)
        blur_S = [row["value"] for row in records.where(metric=name, layer=BLUR).rows]
        if blur_S:
            style = {"marker": "*", "ls": "", "color": plots.RED, "ms": 9, "alpha": 0.6}
            ax.plot([layers.index("stage 2")] * len(blur_S), blur_S, **style, label="blur in place of stage 2")
            ax.set_ylim(top=1.3 * ax.get_ylim()[1])  # space for the legend
        _name_layers(ax, layers)
        ax.set_title(title, fontsize=9)
        ax.legend(fontsize=7, frameon=False)
    return figure


def nuisances(records: Records) -> Figure:
    """Each nuisance by layer, means over seeds: the R2 of linear probes, and the distance that it makes."""
    figure, ((probes, distances),) = plots.canvas(1, 2, size=(5.0, 3.6))
    colours = dict(zip(REDRAWN, plots.COLOURS, strict=False))
    panels = (
        (probes, "nuisance_r2", PROBED, "R2 of a linear probe"),
        (
            distances,
            "log_nuisance_distance",
            REDRAWN,
            "log10 of the distance by a nuisance\nover that by another object",
        ),
    )
    for ax, name, names, title in panels:
        for nuisance in names:
            for state, style in zip(STATES, (":", "-"), strict=True):
                part = records.where(metric=name, nuisance=nuisance, state=state)
                mean_L = [np.mean(part.by_seed(name, layer=layer)) for layer in LAYERS]
                label = nuisance.replace("_", " ") if state == "trained" else None
                ax.plot(range(len(LAYERS)), mean_L, style, color=colours[nuisance], label=label)
        _name_layers(ax, LAYERS)
        ax.set_title(f"{title} (dotted: untrained)", fontsize=9)
        ax.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def alignment(records: Records) -> Figure:
    """Linear CKA of every two layers, mean over seeds."""
    figure, axes = plots.canvas(1, 2, size=(4.4, 3.6))
    for ax, state in zip(axes.flat, STATES, strict=True):
        mean_LxL = np.array(
            [
                [np.mean(records.by_seed("alignment", layer=row, other_layer=column, state=state)) for column in LAYERS]
                for row in LAYERS
            ]
        )
        notes = [[f"{value:.2f}" for value in row] for row in mean_LxL]
        plots.heat_map(ax, mean_LxL, LAYERS, LAYERS, notes=notes, vmin=0, vmax=1)
        ax.tick_params(axis="x", rotation=45)
        ax.set_title(f"alignment (CKA) of layers, {state}", fontsize=9)
    return figure


def filters(records: Records) -> Figure:
    """The orientation score of the first filters, by the images that the net is trained on."""
    images = records.axis("images")
    figure, ((ax,),) = plots.canvas(1, 1, size=(1.8 + 1.4 * len(images), 3.6))
    for state in STATES:
        value_IxS = [records.by_seed("orientation_score", images=kind, state=state) for kind in images]
        for at, value_S in enumerate(value_IxS):
            ax.plot([at] * len(value_S), value_S, "o", color=COLOURS[state], ms=4, alpha=0.5, mew=0)
        ax.plot([np.mean(value_S) for value_S in value_IxS], "_", color=COLOURS[state], ms=20, label=state)
    ax.axhline(1.0, color=plots.RED, lw=1, ls=":", label="oriented above")
    ax.set_xticks(range(len(images)), images)
    ax.margins(x=0.2)
    ax.set_title("orientation score that 15 % of the first filters reach\n(in units of its threshold)", fontsize=9)
    ax.legend(fontsize=7, frameon=False)
    return figure


def _name_layers(ax, layers):
    ax.set_xticks(range(len(layers)), layers, fontsize=7, rotation=30)
