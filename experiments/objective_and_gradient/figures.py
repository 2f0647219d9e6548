"""Pictures of how a machine begins, what its knobs do, and where steps lead."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, COLOURS, GREEN, GREY, RED, canvas, dots


def draw_beginning(records: Records) -> Figure:
    """Accuracy above chance, untrained and trained, and what gradient and random steps remove of the error."""
    figure, axes = canvas(1, 2, size=(4.6, 3.9))
    depths = records.where(task="batches").axis("depth")
    places = range(len(depths))
    axes[0, 0].axhline(0, color=GREY, lw=0.8, ls="--", zorder=0)
    for colour, name in zip(COLOURS, records.where(state="untrained", depth=depths).axis("nonlinearity"), strict=False):
        for state, style, more in (("untrained", "--", {}), ("trained", "-", {"direction": "gradient"})):
            more = {**more, "task": "batches"} if more else more
            value_XxS = [
                records.by_seed("above_chance", depth=d, state=state, nonlinearity=name, **more) for d in depths
            ]
            _lines(axes[0, 0], places, value_XxS, colour, style, f"{name}, {state}")
        for direction, style in (("gradient", "-"), ("random direction", ":")):
            where = {"task": "batches", "direction": direction, "nonlinearity": name}
            value_XxS = [records.by_seed("error_removed", depth=d, **where) for d in depths]
            _lines(axes[0, 1], places, value_XxS, colour, style, f"{name}, {direction}")
    axes[0, 0].set(title="right more often than by chance", ylabel="test accuracy minus 1/K")
    axes[0, 1].set(title="what training removes of the error", ylabel="share of it (-1: doubled, or worse)")
    axes[0, 1].axhline(0, color=GREY, lw=0.8, ls="--", zorder=0)
    for ax in axes.flat:
        ax.set_xticks(places, depths)
        ax.set_xlabel("hidden layers")
        ax.legend(fontsize=7, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return figure


def draw_knobs(records: Records) -> Figure:
    """How jumps of the scores shrink with the turn of a knob, and how the derivative fails as a step grows."""
    figure, axes = canvas(1, 2, size=(4.6, 3.4))
    left, right = axes[0]
    turns, steps = records.axis("turn"), records.where(metric="miss").axis("step")
    for kind, colour, label in (("real", BLUE, "real numbers"), ("catching", RED, "control: catching in notches")):
        value_XxS = [records.by_seed("largest_jump", np.mean, knobs=kind, turn=turn) for turn in turns]
        dots(left, turns, value_XxS, colour, label)
    left.set(title="a knob that is turned", xlabel="turn of one weight", ylabel="largest jump of a score")
    for (told, label), colour in zip(
        (
            ("its own", "the weight's own derivative"),
            ("the next one's", "control: the next weight's"),
            ("half the examples'", "control: from half the examples"),
        ),
        (BLUE, RED, AMBER),
        strict=True,
    ):
        dots(right, steps, [records.by_seed("miss", np.mean, told=told, step=step) for step in steps], colour, label)
    right.set(
        title="what a derivative tells of a step", xlabel="growth of one weight", ylabel="miss at the worst weight"
    )
    for ax in axes.flat:
        ax.set(xscale="log", yscale="log")
        ax.legend(fontsize=7.5, frameon=False)
    return figure


def draw_steps(records: Records) -> Figure:
    """The slope of steps against, along and across the gradient, and how many random directions are better."""
    figure, axes = canvas(1, 2, size=(4.6, 3.4))
    left, right = axes[0]
    for way, colour in (("along", RED), ("across", GREY), ("against", BLUE)):
        for state, style in (("untrained", "--"), ("trained", "-")):
            lengths = records.where(metric="slope").axis("length")
            value_XxS = [records.by_seed("slope", np.mean, way=way, state=state, length=at) for at in lengths]
            _lines(left, lengths, value_XxS, colour, style, f"{way} the gradient, {state}")
    left.set(
        title="where a step leads", xlabel="length of the step", ylabel=r"change of $E$ / (length $\times$ |dE/dw|)"
    )
    left.set(xscale="log", ylim=(-1.5, 3.5))
    for state, colour in (("untrained", AMBER), ("trained", GREEN)):
        lengths = records.where(metric="share_better").axis("length")
        value_XxS = [records.by_seed("share_better", np.mean, state=state, length=at) for at in lengths]
        _lines(right, lengths, value_XxS, colour, "-", state)
    right.set(title="random directions that are better", xlabel="length of the step", ylabel="share of them")
    right.set(xscale="log", ylim=(-0.03, 1.03))
    for ax in axes.flat:
        ax.legend(fontsize=7.5, frameon=False)
    return figure


def _lines(ax: Axes, x, value_XxS, colour: str, style: str, label: str):
    """Every seed as a dot, and a line of this style through the means."""
    dots(ax, x, value_XxS, colour)
    ax.lines[-1].set(ls=style, label=label)
