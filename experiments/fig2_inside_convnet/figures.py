"""Figures of fig2_inside_convnet: figure 2 of the paper, the first filters, and zeros and shifts by module."""

from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots
from experiments.fig2_inside_convnet.criteria import EDGE_DETECTOR, median_filter
from experiments.fig2_inside_convnet.figure_2 import figure_2
from experiments.fig2_inside_convnet.first_filters import PICTURES


def draw(records: Records) -> dict[str, Figure]:
    """Figure 2, the first filters, and how often outputs are 0 and maps follow a shift."""
    modules = list(dict.fromkeys(row["module"] for row in records.where(metric="zero_share").rows))
    return {
        "figure_2": figure_2(records, modules),
        "first_filters": first_filters(records),
        "zeros_and_shifts": zeros_and_shifts(records, modules),
    }


def first_filters(records: Records) -> Figure:
    """First filters of the first seed: untrained, and after training on each kind of pictures."""
    of_first = records.where(seed=records.axis("seed")[0])
    kinds = [name for name in PICTURES if name in records.axis("pictures")]
    rows = [("untrained", {"pictures": kinds[0], "state": "untrained"})]
    rows += [(name, {"pictures": name, "state": "trained"}) for name in kinds]
    count = of_first.array("first_filters", **rows[0][1]).values.shape[-1]
    figure, axes = plots.canvas(len(rows), count, size=(0.72, 0.95))
    for line, (label, at) in zip(axes, rows, strict=True):
        grey_KxKxCxM = _around_grey(of_first.array("first_filters", **at).values)
        for number, ax in enumerate(line):
            pixels_KxKxC = grey_KxKxCxM[..., number]
            colours = pixels_KxKxC if pixels_KxKxC.shape[-1] == 3 else pixels_KxKxC[..., :1].repeat(3, -1)
            ax.imshow(colours.clip(0, 1))
            ax.set(xticks=[], yticks=[])
            (ratio,) = of_first.values("orientation_ratio", filter=number + 1, **at)
            ax.set_title(f"{ratio:.1f}", fontsize=7, color=plots.RED if ratio > EDGE_DETECTOR else "black")
        median = np.median(median_filter(at["pictures"], at["state"])(records))
        line[0].set_ylabel(f"{fill(label, 12)}\n{median:.2f}", fontsize=8, rotation=0, ha="right", va="center")
    title = (
        "First filters of one seed, and how much of an oriented edge detector each is; red: it is one (above 1). "
        "Left: the median filter, median over seeds. Random phases leave orientations but no edges"
    )
    figure.suptitle(fill(title, 10 * count), fontsize=9)
    return figure


def _around_grey(w_KxKxCxM):
    """Each filter's weights from 0 to 1, so that a weight of 0 is drawn as 1/2."""
    return 0.5 + 0.5 * w_KxKxCxM / np.abs(w_KxKxCxM).max((0, 1, 2), keepdims=True)


def zeros_and_shifts(records: Records, modules: list[str]) -> Figure:
    """The share of outputs that are exactly 0, and how well the maps follow a shift of the picture, by module."""
    figure, ((zeros, shifts),) = plots.canvas(1, 2, size=(4.8, 3.6))
    zero_lines = (
        ("rectifiers", {"nonlinearity": "relu"}),
        ("softplus instead", {"nonlinearity": "softplus"}),
    )
    shift_lines = (
        ("by whole units", {"shift": "whole units", "weights": "shared"}),
        ("by one pixel", {"shift": "one pixel", "weights": "shared"}),
        ("weights not shared", {"shift": "whole units", "weights": "not shared"}),
    )
    colours = (plots.BLUE, plots.RED, plots.AMBER)
    for (label, axes), colour in zip(zero_lines, colours[:2], strict=True):
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
