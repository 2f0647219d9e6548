"""One look for all figures: colours, axes, and the few kinds of picture that experiments share."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, RED, GREEN, AMBER, GREY = "#2b6cb0", "#c53030", "#2f855a", "#b7791f", "#718096"
COLOURS = (BLUE, RED, GREEN, AMBER, "#6b46c1", "#0987a0", "#97266d", "#4a5568", "#9c4221", GREY)


def canvas(rows: int = 1, columns: int = 1, size: tuple[float, float] = (4.2, 3.4)) -> tuple[Figure, np.ndarray]:
    """A figure of rows x columns panels, each of this size in inches, and its axes as an array [rows, columns]."""
    figure = Figure(figsize=(columns * size[0], rows * size[1]), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8)
    return figure, axes


def heat_map(
    ax: Axes, values: np.ndarray, rows: Sequence, columns: Sequence, *, notes: Sequence[Sequence[str]] = (), **colours
):
    """values[row, column] as coloured cells with a note in each; a cell that is NaN stays blank. Returns the image."""
    image = ax.imshow(np.ma.masked_invalid(values), aspect="auto", **({"cmap": "viridis"} | colours))
    ax.spines[:].set_visible(False)
    ax.set_xticks(range(len(columns)), [str(column) for column in columns])
    ax.set_yticks(range(len(rows)), [str(row) for row in rows])
    for row, line in enumerate(notes):
        for column, note in enumerate(line):
            if np.isfinite(values[row, column]):
                dark = np.mean(image.cmap(image.norm(values[row, column]))[:3]) < 0.5
                ax.text(column, row, note, ha="center", va="center", fontsize=7, color="white" if dark else "black")
    return image


def dots(ax: Axes, x: Sequence[float], value_XxS: Sequence[np.ndarray], colour: str, label: str = "") -> None:
    """Every seed as a dot, and a line through the means."""
    for at, value_S in zip(x, value_XxS, strict=True):
        ax.plot([at] * len(value_S), value_S, "o", color=colour, ms=3, alpha=0.5, mew=0)
    ax.plot(x, [np.mean(value_S) for value_S in value_XxS], "-", color=colour, lw=1.5, label=label)
