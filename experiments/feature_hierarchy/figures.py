"""What each layer of a net holds, before and after it learned."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

HELD = {
    "class": "object: accuracy of a linear probe",
    "parts": "parts: share told by linear probes",
    "nuisances": "nuisances: variance read by linear probes",
    "pixels": "pixels: variance read by a linear map",
    "ratio": "log10 of variance between objects\nover that within",
    "against_object": "log10 of the distance a nuisance makes\nover that another object makes",
    "kept": "motifs whose edges jitter:\nvariance that tells which",
}
NETS = (("trained", "", plots.BLUE), ("untrained", "untrained_", plots.GREY))


def figures_of(records: Records, layers: Sequence[str]) -> dict[str, Figure]:
    """What is held (one panel a quantity), each nuisance by itself, how alike the layers are, and the filters."""
    return {
        "layer_by_layer": layer_by_layer(records, layers),
        "nuisances": nuisances(records, layers),
        "alike": alike(records, layers),
        "filters": filters(records),
    }


def layer_by_layer(records: Records, layers: Sequence[str]) -> Figure:
    """Every seed as a dot; the conjunctions stand in the last panel, stage by stage, with the blur beside them."""
    figure, axes = plots.canvas(2, 4, size=(3.4, 3.0))
    for ax, (name, title) in zip(axes.flat, HELD.items(), strict=False):
        for label, net, colour in NETS:
            _by_layer(ax, records, net + name, layers, colour, label)
        ax.set_title(title, fontsize=9)
    blur = {"marker": "*", "ls": "", "color": plots.RED, "ms": 9, "alpha": 0.6, "label": "a blur in place of stage 2"}
    kept_S, together_S = records.values("blur_kept"), records.values("blur_conjunctions")
    axes.flat[6].plot([layers.index("stage 2")] * len(kept_S), kept_S, **blur)
    axes.flat[6].legend(fontsize=7, frameon=False)
    last = axes.flat[7]
    for label, net, colour in NETS:
        plots.dots(last, range(3), [records.values(f"{net}conjunctions", layer=at) for at in (1, 2, 3)], colour, label)
    last.plot([1] * len(together_S), together_S, **blur)
    last.set_xticks(range(3), ["stage 1", "stage 2", "stage 3"], fontsize=7)
    last.set_title("share of maps that need\ntwo edges at once", fontsize=9)
    last.set_ylim(top=1.3 * last.get_ylim()[1])  # room for the legend
    last.legend(fontsize=7, frameon=False, loc="upper left")
    return figure


def nuisances(records: Records, layers: Sequence[str]) -> Figure:
    """Left what linear probes read of each nuisance, right how far each moves the layer; trained (full), untrained."""
    figure, axes = plots.canvas(1, 2, size=(5.0, 3.6))
    titles = (
        "variance of a nuisance that a linear probe reads",
        "log10 of the distance it makes over another object's",
    )
    starts, colours = ("read_", "moved_"), {}  # a nuisance has the same colour in both
    for ax, start, title in zip(axes.flat, starts, titles, strict=True):
        names = [name for name in records.axis("metric") if name.startswith(start)]
        for name in names:
            colour = colours.setdefault(name.removeprefix(start), plots.COLOURS[len(colours)])
            for (_, net, _), style in zip(NETS, ("-", ":"), strict=True):
                mean_L = [np.mean(records.values(net + name, layer=at + 1)) for at in range(len(layers))]
                shown = name.removeprefix(start).replace("_", " ") if net == "" else None
                ax.plot(range(len(layers)), mean_L, style, color=colour, label=shown)
        _name_layers(ax, layers)
        ax.set_title(f"{title}\n(dotted: untrained)", fontsize=9)
        ax.legend(fontsize=7, frameon=False)
    return figure


def alike(records: Records, layers: Sequence[str]) -> Figure:
    """Linear CKA of every two layers."""
    figure, axes = plots.canvas(1, 2, size=(4.4, 3.6))
    for ax, (label, net, _) in zip(axes.flat, NETS, strict=True):
        count = range(len(layers))
        mean_LxL = np.array(
            [[np.mean(records.values(f"{net}alike_{row + 1}", layer=at + 1)) for at in count] for row in count]
        )
        notes = [[f"{value:.2f}" for value in row] for row in mean_LxL]
        plots.heat_map(ax, mean_LxL, layers, layers, notes=notes, vmin=0, vmax=1)
        ax.tick_params(axis="x", rotation=45)
        ax.set_title(f"alignment (CKA) of layers, {label}", fontsize=9)
    return figure


def filters(records: Records) -> Figure:
    """How far the best of the first layer's filters are oriented, for each kind of pictures that it learned from."""
    images = records.axis("images")
    figure, axes = plots.canvas(1, 1, size=(1.8 + 1.4 * len(images), 3.6))
    ax = axes[0, 0]
    for label, net, colour in NETS:
        value_IxS = [records.values(f"{net}oriented", images=kind) for kind in images]
        for at, value_S in enumerate(value_IxS):
            ax.plot([at] * len(value_S), value_S, "o", color=colour, ms=4, alpha=0.5, mew=0)
        ax.plot([np.mean(value_S) for value_S in value_IxS], "_", color=colour, ms=20, label=label)
    ax.axhline(1.0, color=plots.RED, lw=1, ls=":", label="oriented beyond")
    ax.set_xticks(range(len(images)), images)
    ax.margins(x=0.2)
    ax.set_title("least figure of orientation that 15 % of filters reach\n(in units of its threshold)", fontsize=9)
    ax.legend(fontsize=7, frameon=False)
    return figure


def _by_layer(ax, records, name, layers, colour, label):
    values = [records.values(name, layer=at + 1) for at in range(len(layers))]
    plots.dots(ax, range(len(layers)), values, colour, label)
    _name_layers(ax, layers)
    ax.legend(fontsize=7, frameon=False)


def _name_layers(ax, layers):
    ax.set_xticks(range(len(layers)), layers, fontsize=7, rotation=30)
