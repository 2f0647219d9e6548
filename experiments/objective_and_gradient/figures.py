"""Figures of objective_and_gradient: chance and learning, single parameters, and small steps."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, COLOURS, GREEN, GREY, RED, canvas, dots
from experiments.objective_and_gradient.learning import ALONG, MINIBATCH, RANDOM


def draw_learning(records: Records) -> Figure:
    """Draw accuracy above chance, untrained and trained, and the share of the loss that each direction removes."""
    figure, ((left, right),) = canvas(1, 2, size=(4.6, 3.9))
    depths = records.where(method=MINIBATCH).axis("depth")
    x = range(len(depths))
    trained = {"state": "trained", "method": MINIBATCH, "direction": ALONG}
    for colour, name in zip(COLOURS, records.where(state="untrained", depth=depths).axis("nonlinearity"), strict=False):
        for state, style, where in (("untrained", "--", {"state": "untrained"}), ("trained", "-", trained)):
            value_XxS = [records.by_seed("above_chance", depth=d, nonlinearity=name, **where) for d in depths]
            _lines(left, x, value_XxS, colour, style, f"{name}, {state}")
        for direction, style in ((ALONG, "-"), (RANDOM, ":")):
            there = records.where(method=MINIBATCH, direction=direction, nonlinearity=name)
            if not there.rows:
                continue
            value_XxS = [there.by_seed("loss_removed", depth=d) for d in there.axis("depth")]
            _lines(
                right, [depths.index(d) for d in there.axis("depth")], value_XxS, colour, style, f"{name}, {direction}"
            )
    left.set(title="accuracy above chance", ylabel="test accuracy minus 1 / classes")
    right.set(title="share of the training loss removed", ylabel="share (-1: doubled, or worse)")
    for ax in (left, right):
        ax.axhline(0, color=GREY, lw=0.8, ls="--", zorder=0)
        ax.set_xticks(x, depths)
        ax.set_xlabel("hidden layers")
        ax.legend(fontsize=7, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return figure


def draw_parameters(records: Records) -> Figure:
    """Draw the largest jump of a score, and the error of derivatives, over the change of one parameter."""
    figure, ((left, right),) = canvas(1, 2, size=(4.6, 3.4))
    for kind, colour, label in (("real", BLUE, "real weights"), ("quantized", RED, "control: quantized weights")):
        _over_change(left, records, "largest_jump", colour, label, parameters=kind)
    for derivative, colour, label in (
        ("own", BLUE, "the weight's own derivative"),
        ("of the next parameter", RED, "control: the next weight's"),
        ("of half the examples", AMBER, "control: from half the examples"),
    ):
        _over_change(right, records, "derivative_error", colour, label, derivative=derivative)
    left.set(title="scores as one weight changes", xlabel="change of one weight", ylabel="largest change of a score")
    right.set(
        title="error of a derivative", xlabel="change of one weight", ylabel="largest error, relative to the largest"
    )
    for ax in (left, right):
        ax.set(xscale="log", yscale="log")
        ax.legend(fontsize=7.5, frameon=False)
    return figure


def _over_change(ax: Axes, records: Records, metric: str, colour: str, label: str, **where):
    changes = records.where(metric=metric).axis("change")
    dots(ax, changes, [records.by_seed(metric, np.mean, change=each, **where) for each in changes], colour, label)


def draw_steps(records: Records) -> Figure:
    """Draw the slope of steps against, along and across the gradient, and the share of better random directions."""
    figure, ((left, right),) = canvas(1, 2, size=(4.6, 3.4))
    lengths = records.where(metric="slope").axis("length")
    for way, colour in (("along", RED), ("across", GREY), ("against", BLUE)):
        for state, style in (("untrained", "--"), ("trained", "-")):
            value_XxS = [records.by_seed("slope", np.mean, way=way, state=state, length=at) for at in lengths]
            _lines(left, lengths, value_XxS, colour, style, f"{way} the gradient, {state}")
    lengths = records.where(metric="share_better").axis("length")
    for state, colour in (("untrained", AMBER), ("trained", GREEN)):
        value_XxS = [records.by_seed("share_better", np.mean, state=state, length=at) for at in lengths]
        _lines(right, lengths, value_XxS, colour, "-", state)
    left.set(title="change of the loss by a step", ylabel=r"change of $E$ / (length $\times$ |dE/dw|)")
    left.set(ylim=(-1.5, 3.5))
    right.set(title="random directions better than the gradient's", ylabel="share of them", ylim=(-0.03, 1.03))
    for ax in (left, right):
        ax.set(xscale="log", xlabel="length of the step")
        ax.legend(fontsize=7.5, frameon=False)
    return figure


def _lines(ax: Axes, x, value_XxS, colour: str, style: str, label: str):
    """Draw every seed as a dot, and a line of this style through the means."""
    dots(ax, x, value_XxS, colour)
    ax.lines[-1].set(ls=style, label=label)
