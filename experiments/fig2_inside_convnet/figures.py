"""Figures of fig2_inside_convnet: figure 2 of the paper, the first filters, and zeros and shifts by module."""

from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.fig2_inside_convnet.figure_2 import figure_2
from experiments.fig2_inside_convnet.metrics import STATES

FILTERS_PER_ROW = 16


def draw(records: Records) -> dict[str, Figure]:
    """Figure 2, the first filters, and how often outputs are 0 and maps follow a shift."""
    modules = list(dict.fromkeys(row["module"] for row in records.where(metric="zero_share").rows))
    return {
        "figure_2": figure_2(records, modules),
        "first_filters": first_filters(records),
        "zeros_and_shifts": zeros_and_shifts(records, modules),
    }


def first_filters(records: Records) -> Figure:
    """The first filters of the first seed's net before and after training, each with its orientation selectivity."""
    of_first = records.where(seed=records.axis("seed")[0])
    count = of_first.array("filters", state="trained").values.shape[-1]
    columns = min(count, FILTERS_PER_ROW)
    lines = -(-count // columns)
    figure, axes = plots.canvas(2 * lines, columns, size=(0.72, 0.86))
    for ax in axes.flat:
        ax.axis("off")
    for block, state in enumerate(STATES):
        grey_KxKxCxM = _around_grey(of_first.array("filters", state=state).values)
        for number in range(count):
            ax = axes[block * lines + number // columns, number % columns]
            pixels_KxKxC = grey_KxKxCxM[..., number]
            colours = pixels_KxKxC if pixels_KxKxC.shape[-1] == 3 else pixels_KxKxC[..., :1].repeat(3, -1)
            ax.imshow(colours.clip(0, 1))
            at = {"state": state, "filter": number + 1}
            selectivity, oriented = (of_first.values(m, **at)[0] for m in ("orientation_selectivity", "is_oriented"))
            ax.set_title(f"{selectivity:.2f}", fontsize=7, color=plots.RED if oriented else "black")
    shares = [f"{state} {np.mean(records.by_seed('oriented_share', state=state)):.2f}" for state in STATES]
    title = (
        "First filters, untrained (above) and trained (below), with their orientation selectivity; "
        f"red: oriented and band-pass. Share of them, mean over seeds: {', '.join(shares)}"
    )
    figure.suptitle(fill(title, 10 * columns), fontsize=9)
    return figure


def _around_grey(w_KxKxCxM):
    """Each filter's weights from 0 to 1, so that a weight of 0 is drawn as 1/2."""
    return 0.5 + 0.5 * w_KxKxCxM / np.abs(w_KxKxCxM).max((0, 1, 2), keepdims=True)


def zeros_and_shifts(records: Records, modules: list[str]) -> Figure:
    """The share of outputs that are exactly 0, and how well the maps follow a shift of the picture, by module."""
    figure, ((zeros, shifts),) = plots.canvas(1, 2, size=(4.8, 3.6))
    zero_lines = (
        ("untrained", {"state": "untrained", "nonlinearity": "relu"}),
        ("trained", {"state": "trained", "nonlinearity": "relu"}),
        ("trained, softplus instead", {"state": "trained", "nonlinearity": "softplus"}),
    )
    shift_lines = (
        ("by whole units", {"shift": "whole units", "weights": "shared"}),
        ("by one pixel", {"shift": "one pixel", "weights": "shared"}),
        ("weights not shared", {"shift": "whole units", "weights": "not shared"}),
    )
    colours = (plots.BLUE, plots.RED, plots.AMBER)
    for (label, axes), colour in zip(zero_lines, colours, strict=True):
        value_LxS = [records.by_seed("zero_share", module=name, **axes) for name in modules]
        plots.dots(zeros, range(len(modules)), value_LxS, colour, label)
    for (label, axes), colour in zip(shift_lines, colours, strict=True):
        value_LxS = [records.by_seed("shift_difference", module=name, **axes) for name in modules]
        plots.dots(shifts, range(len(modules)), np.maximum(value_LxS, 1e-8), colour, label)
    for ax in (zeros, shifts):
        ax.set_xticks(range(len(modules)), modules, rotation=30, ha="right")
        ax.legend(fontsize=7, frameon=False)
    zeros.set(ylabel="share of outputs that are exactly 0", ylim=(-0.03, 1.03), title="Rectified outputs")
    shifts.set(ylabel="difference from the shifted maps (1e-8: none)", yscale="log", title="Shifts of the picture")
    return figure
