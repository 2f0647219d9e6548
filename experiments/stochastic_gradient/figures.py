"""Figures of stochastic_gradient: the noise of batches, and trainings until their loss is flat."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report.plots import AMBER, BLUE, GREEN, GREY, RED, canvas, dots
from experiments.stochastic_gradient.least_squares import EXAMPLES, LEARNING_RATES, MINIBATCH, STEPS
from experiments.stochastic_gradient.until_flat import stopping_window, window_losses

SAMPLERS = {
    "shuffled": (BLUE, "shuffled, as in training"),
    "with replacement": (AMBER, "control: with replacement"),
    "neighbours": (GREEN, "neighbours, sorted by class"),
    "one half": (RED, "control: half of the classes"),
}


def draw_noise(records: Records) -> Figure:
    """Draw variance and bias of the gradient of a batch over the batch size, as ratios to sampling theory."""
    figure, axes = canvas(1, 2, size=(4.8, 3.5))
    for ax, metric, samplers in (
        (axes[0, 0], "variance_ratio", ("shuffled", "with replacement", "neighbours")),
        (axes[0, 1], "bias_ratio", ("shuffled", "one half")),
    ):
        sizes = records.where(metric=metric).axis("batch_size")
        for sampler in samplers:
            colour, label = SAMPLERS[sampler]
            value_XxS = [records.by_seed(metric, np.mean, sampler=sampler, batch_size=size) for size in sizes]
            dots(ax, sizes, value_XxS, colour, label)
        ax.axhline(1, color=GREY, lw=0.9, ls="--", zorder=0)
        ax.set(xscale="log", yscale="log", xlabel="examples in a batch, B")
        ax.set_xticks(sizes, [str(size) for size in sizes], fontsize=7)
        ax.minorticks_off()
        ax.legend(fontsize=7.5, frameon=False)
    axes[0, 0].set(
        title="variance of the gradient of a batch", ylabel=r"over $\frac{1}{B}\,\frac{N-B}{N-1}$ of one example's"
    )
    axes[0, 1].set(title="bias of the gradient of a batch", ylabel="squared, over that by chance")
    return figure


def draw_until_flat(records: Records) -> Figure:
    """Draw the loss of every training by window, with the window where the rule stops; and the loss noise leaves."""
    figure, ((left, right),) = canvas(1, 2, size=(4.8, 3.5))
    windows = np.asarray(records.axis("window"))
    for initial, loss_W in zip(*window_losses(records), strict=True):
        left.semilogy([0, *windows + 1], [initial, *loss_W], color=BLUE, lw=1, alpha=0.6)
        stop = stopping_window(initial, loss_W)
        if stop is not None:
            left.plot(stop + 1, loss_W[stop], "o", color=RED, ms=6, alpha=0.7, mew=0)
    left.plot([], [], "o", color=RED, label="where the rule stops")
    left.set(title="mean loss of the batches", xlabel="window of steps (0: the first batch)", ylabel="nats")
    left.legend(fontsize=7.5, frameon=False)
    _excess(right, records)
    return figure


def _excess(ax: Axes, records: Records):
    x = range(len(LEARNING_RATES))
    for size, colour, label in (
        (MINIBATCH, BLUE, f"batches of {MINIBATCH}"),
        (EXAMPLES, RED, "control: all examples"),
    ):
        at_size = records.where(batch_size=size, step=STEPS)
        value_XxS = [at_size.by_seed("excess_loss", learning_rate=rate) for rate in LEARNING_RATES]
        dots(ax, x, value_XxS, colour, label)
    ax.set_xticks(x, [f"{rate:g}" for rate in LEARNING_RATES])
    ax.set(
        title="least squares: the loss that noise leaves",
        xlabel="constant learning rate",
        ylabel="loss above its minimum",
    )
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.legend(fontsize=7.5, frameon=False)
