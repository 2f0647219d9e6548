"""Figures: the sizes of nets, and the loss of a large one in one pass over new examples."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def draw_sizes(
    records: Records, nets: Sequence[str], trained: str, units: tuple[float, float], weights: tuple[float, float]
) -> Figure:
    """Draw units and weights of every net on logarithmic axes, the one that was trained here in red.

    units, weights: the ranges that the paper states, shaded.
    """
    figure, axes = plots.canvas(size=(6.0, 4.0))
    ax = axes[0, 0]
    ax.axvspan(*units, color=plots.BLUE, alpha=0.12, lw=0, label="units: tens to hundreds of thousands")
    ax.axhspan(*weights, color=plots.AMBER, alpha=0.15, lw=0, label="weights: hundreds of millions")
    for net in nets:
        at = records.values("units", net=net)[0], records.values("weights", net=net)[0]
        colour = plots.RED if net == trained else plots.BLUE
        ax.plot(*at, "o", color=colour, ms=6)
        side, by = ("right", -7) if net == trained else ("left", 7)
        ax.annotate(net, at, (by, -3), textcoords="offset points", ha=side, fontsize=8, color=colour)
    ax.set(xscale="log", yscale="log", xlabel="units", ylabel="weights", xlim=(1, 1e9), ylim=(1, 1e10))
    ax.legend(fontsize=7, loc="lower right")
    return figure


def draw_losses(records: Records, chance: float) -> Figure:
    """Draw the loss before each step on new examples, a line for each seed, for true and for random labels.

    chance: the loss of equal probabilities for all classes, in nats.
    """
    figure, axes = plots.canvas(size=(5.6, 3.6))
    ax = axes[0, 0]
    for labels, colour in (("random", plots.GREY), ("true", plots.BLUE)):
        for seed in records.axis("seed"):
            curve = records.where(metric="loss", labels=labels, seed=seed)
            if curve.rows:
                step_T = [1 + step for step in curve.axis("step")]
                ax.plot(step_T, curve.values("loss"), color=colour, lw=1.2, label=f"{labels} labels")
    least = records.values("least_loss").mean()
    ax.axhline(chance, color=plots.RED, lw=1, ls="--", label="chance: equal probabilities")
    ax.axhline(least, color=plots.GREEN, lw=1, ls="--", label="lowest possible: exact posterior, mean")
    ax.set(xlabel="step", ylabel="loss on new examples (nats)", ylim=(0, None))
    by_label = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(by_label.values(), by_label.keys(), fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
