"""How large nets are, and what a very large one learns in one pass over examples that it sees once."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def map_of_sizes(records: Records, nets: Sequence[str], here: str, units: tuple, weights: tuple) -> Figure:
    """Units and weights of every net, each axis a power of ten a step; shaded where the paper says that nets are."""
    figure, axes = plots.canvas(size=(6.0, 4.0))
    ax = axes[0, 0]
    ax.axvspan(*units, color=plots.BLUE, alpha=0.12, lw=0, label="units: tens to hundreds of thousands")
    ax.axhspan(*weights, color=plots.AMBER, alpha=0.15, lw=0, label="weights: hundreds of millions")
    for net in nets:
        at = records.values("units", net=net)[0], records.values("weights", net=net)[0]
        colour = plots.RED if net == here else plots.BLUE
        ax.plot(*at, "o", color=colour, ms=6)
        side, by = ("right", -7) if net == here else ("left", 7)
        ax.annotate(net, at, (by, -3), textcoords="offset points", ha=side, fontsize=8, color=colour)
    ax.set(xscale="log", yscale="log", xlabel="units", ylabel="weights", xlim=(1, 1e9), ylim=(1, 1e10))
    ax.legend(fontsize=7, loc="lower right")
    return figure


def errors_of_one_pass(records: Records, chance: float) -> Figure:
    """Error before each step, on examples never seen; one line a seed, for true labels and for labels by lot."""
    figure, axes = plots.canvas(size=(5.6, 3.6))
    ax = axes[0, 0]
    for labels, colour in (("by lot", plots.GREY), ("true", plots.BLUE)):
        for seed in records.axis("seed"):
            there = records.where(metric="error", labels=labels, seed=seed)
            if there.rows:
                step_T = 1 + np.asarray([row["step"] for row in there.rows])
                ax.plot(step_T, there.values("error"), color=colour, lw=1.2, label=f"labels {labels}")
    least = records.values("least_error").mean()
    ax.axhline(chance, color=plots.RED, lw=1, ls="--", label="who knows nothing")
    ax.axhline(least, color=plots.GREEN, lw=1, ls="--", label="who knows how the pictures are made")
    ax.set(xlabel="step", ylabel="error on examples never seen (nats)", ylim=(0, None))
    by_label = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(by_label.values(), by_label.keys(), fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
