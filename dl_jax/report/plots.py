"""Common style of the figures: colours, axes, and the kinds of plot that several experiments use."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from dl_jax.evidence.records import Records
from dl_jax.evidence.statistics import Region, median_interval

BLUE, RED, GREEN, AMBER, GREY = "#2b6cb0", "#c53030", "#2f855a", "#b7791f", "#718096"
COLOURS = (BLUE, RED, GREEN, AMBER, "#6b46c1", "#0987a0", "#97266d", "#4a5568", "#9c4221", GREY)


def canvas(rows: int = 1, columns: int = 1, size: tuple[float, float] = (4.2, 3.4)) -> tuple[Figure, np.ndarray]:
    """Return a figure of rows x columns panels and its axes, [rows, columns].

    size: width and height of one panel, in inches.
    """
    figure = Figure(figsize=(columns * size[0], rows * size[1]), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8)
    return figure, axes


def heat_map(
    ax: Axes, values: np.ndarray, rows: Sequence, columns: Sequence, *, notes: Sequence[Sequence[str]] = (), **colours
) -> AxesImage:
    """Draw values[row, column] as coloured cells, with a note in each; NaN leaves a cell blank.

    rows, columns: tick labels. colours: options of `Axes.imshow`. Returns the image, for a colour bar.
    """
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
    """Draw the value of every seed as a dot, for each of X positions, and a line through the medians."""
    for at, value_S in zip(x, value_XxS, strict=True):
        ax.plot([at] * len(value_S), value_S, "o", color=colour, ms=3, alpha=0.5, mew=0)
    ax.plot(x, [np.median(value_S) for value_S in value_XxS], "-", color=colour, lw=1.5, label=label)


def median_and_interval(value_S: np.ndarray) -> tuple[float, str]:
    """Return the median over seeds and its interval as a text, which is empty for fewer seeds than have one."""
    found = median_interval(value_S, Region(-np.inf, np.inf))
    return found.estimate, f"\n{found.low:.3f} to {found.high:.3f}" if np.isfinite(found.high - found.low) else ""


def record_map(
    ax: Axes, records: Records, metric: str, rows: tuple[str, Sequence], columns: tuple[str, Sequence], **colours
) -> AxesImage:
    """Draw the median of a metric over seeds as a heat map over two axes of the records, with its interval.

    rows, columns: an axis of the records and its values. A cell without records stays blank. colours: options of
    `Axes.imshow`. Returns the image, for a colour bar.
    """
    values = np.full((len(rows[1]), len(columns[1])), np.nan)
    notes: list[list[str]] = []
    for row, at_row in enumerate(rows[1]):
        notes.append([])
        for column, at_column in enumerate(columns[1]):
            cell = records.where(**{"metric": metric, rows[0]: at_row, columns[0]: at_column})
            interval = ""
            if cell.rows:
                values[row, column], interval = median_and_interval(cell.values(metric))
            notes[-1].append(f"{values[row, column]:.3f}{interval}")
    return heat_map(ax, values, rows[1], columns[1], notes=notes, **colours)
