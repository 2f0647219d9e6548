"""Pictures of the noise of small batches, and of trainings until they are flat."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, GREEN, GREY, RED, canvas, dots

SAMPLERS = {
    "shuffled": (BLUE, "shuffled, as in training"),
    "with replacement": (AMBER, "control: with replacement"),
    "neighbours": (GREEN, "neighbours in order of category"),
    "one half": (RED, "control: half of the categories"),
}


def draw_noise(records: Records) -> Figure:
    """Variance and bias of a batch's gradient over the batch size, as ratios to what sampling theory says."""
    figure, axes = canvas(1, 2, size=(4.8, 3.5))
    for ax, metric, shown in (
        (axes[0, 0], "variance_ratio", ("shuffled", "with replacement", "neighbours")),
        (axes[0, 1], "bias_ratio", ("shuffled", "one half")),
    ):
        sizes = records.where(metric=metric).axis("batch")
        for sampler in shown:
            colour, label = SAMPLERS[sampler]
            value_XxS = [records.by_seed(metric, np.mean, sampler=sampler, batch=size) for size in sizes]
            dots(ax, sizes, value_XxS, colour, label)
        ax.axhline(1, color=GREY, lw=0.9, ls="--", zorder=0)
        ax.set(xscale="log", yscale="log", xlabel="examples in a batch, B")
        ax.set_xticks(sizes, [str(size) for size in sizes], fontsize=7)
        ax.minorticks_off()
        ax.legend(fontsize=7.5, frameon=False)
    axes[0, 0].set(
        title="variance of a batch's gradient", ylabel=r"over $\frac{1}{B}\,\frac{N-B}{N-1}$ of one example's"
    )
    axes[0, 1].set(title="bias of a batch's gradient", ylabel="squared, over what chance makes it")
    return figure


def draw_until_flat(records: Records, stops: Callable) -> Figure:
    """Every training's mean error by window, with the window where the rule stops; and the floor that noise leaves."""
    figure, axes = canvas(1, 2, size=(4.8, 3.5))
    left, right = axes[0]
    windows = np.asarray(records.axis("window"))
    error_WxS = np.asarray([records.by_seed("window_error", window=number) for number in windows])
    for first_error, error_W in zip(records.by_seed("first_error"), error_WxS.T, strict=True):
        left.semilogy([0, *windows + 1], [first_error, *error_W], color=BLUE, lw=1, alpha=0.6)
        stop = stops(first_error, error_W)
        if stop is not None:
            left.plot(stop + 1, error_W[stop], "o", color=RED, ms=6, alpha=0.7, mew=0)
    left.plot([], [], "o", color=RED, label="where the rule stops")
    left.set(title="mean error of the batches", xlabel="window of steps (0: the first batch)", ylabel="nats")
    left.legend(fontsize=7.5, frameon=False)
    _floors(right, records)
    return figure


def _floors(ax: Axes, records: Records):
    rates = records.where(metric="above_least").axis("learning_rate")
    for fed, colour, label in (("few", BLUE, "batches of 16"), ("all", RED, "control: all examples")):
        value_XxS = [records.by_seed("above_least", fed=fed, learning_rate=rate) for rate in rates]
        dots(ax, range(len(rates)), value_XxS, colour, label)
    ax.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
    ax.set(
        title="least squares: what noise leaves", xlabel="constant learning rate", ylabel="error above the least one"
    )
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.legend(fontsize=7.5, frameon=False)
