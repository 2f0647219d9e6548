"""One look for all figures: colours, axes, and the few kinds of picture that experiments share."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.evidence.statistics import Region, mean_interval

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


def mean_and_half(value_S: np.ndarray) -> tuple[float, float]:
    """The mean over seeds and half the width of its interval (NaN for a single seed)."""
    found = mean_interval(value_S, Region(-np.inf, np.inf))
    return found.estimate, found.high - found.estimate if found.n > 1 else np.nan


def record_map(
    ax: Axes, records: Records, metric: str, rows: tuple[str, Sequence], columns: tuple[str, Sequence], **colours
):
    """A heat map of a metric's mean over seeds, by two axes of the records, with +- half the interval in each cell.

    rows, columns: an axis and its values. A cell with no records stays blank. Returns the image.
    """
    values, notes = np.full((len(rows[1]), len(columns[1])), np.nan), []
    for row, at_row in enumerate(rows[1]):
        notes.append([])
        for column, at_column in enumerate(columns[1]):
            there = records.where(**{"metric": metric, rows[0]: at_row, columns[0]: at_column})
            if there.rows:
                values[row, column], half = mean_and_half(there.values(metric))
            notes[-1].append(f"{values[row, column]:.3f}" + (f"\n±{half:.3f}" if there.rows and half == half else ""))
    return heat_map(ax, values, rows[1], columns[1], notes=notes, **colours)
