"""Maps of answers: of criteria in the settings of a multiverse, of statements in repeated reproductions."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from dl_jax.report import plots

COLOURS = {
    "SUPPORTED": plots.GREEN,
    "SUPPORTED_WITHIN_LIMITS": "#68a357",
    "EXACT": "#0987a0",
    "INCONCLUSIVE": "#ecc94b",
    "NOT_RUN": "#cbd5e0",
    "REFUTED": plots.RED,
    "ERROR": "#6b46c1",
}
"""As on the page."""


def answer_map(answers: Sequence[Sequence[str]], rows: Sequence, columns: Sequence, notes=()) -> Figure:
    """Draw answers[row][column] as coloured cells, with a note in each.

    rows, columns: their names. notes: texts by row and column.
    """
    names = list(COLOURS)
    value = np.array([[names.index(answer) if answer else np.nan for answer in line] for line in answers], float)
    figure, ((ax,),) = plots.canvas(size=(3.5 + 0.75 * len(columns), 2.4 + 0.42 * len(rows)))
    colours = {"cmap": ListedColormap(list(COLOURS.values())), "vmin": -0.5, "vmax": len(names) - 0.5}
    plots.heat_map(ax, value, rows, columns, notes=notes, **colours)
    ax.tick_params(axis="x", rotation=60)
    present = [names[int(each)] for each in np.unique(value[np.isfinite(value)])]
    for answer in present:
        ax.plot([], [], "s", color=COLOURS[answer], label=answer.replace("_", " ").lower())
    ax.legend(frameon=False, fontsize=7, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(present))
    return figure
