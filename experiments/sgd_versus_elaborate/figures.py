"""How far each optimizer has come, by what it has spent."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

NAMES = {"objective": "training objective", "test_error_rate": "test error rate", "test_loss": "test loss"}
NARROW = 20.0
"""Objectives within this factor of each other end far from 0."""


def curves(
    records: Records, metrics: Sequence[str], methods: dict[str, Sequence[str]], *, seconds: bool = False
) -> Figure:
    """A panel for each problem: a metric (mean over seeds) by passes over the training examples, or by seconds.

    metrics: of these, each panel shows the one that its problem has.
    methods: by the style of their lines.

    Objectives that end far from 0 are drawn as their distance above the lowest of the same seed, which is that of the
    optimum or near it.
    """
    problems = tuple(dict.fromkeys(row["problem"] for row in records.rows))
    styled = [(style, method) for style, names in methods.items() for method in names]
    figure, axes = plots.canvas(1, len(problems), size=(3.4, 3.6))
    for ax, problem in zip(axes.flat, problems, strict=True):
        here = records.where(problem=problem)
        metric = next(name for name in metrics if here.where(metric=name).rows)
        lowest_S, highest_S = (here.by_seed(metric, which) for which in (np.min, np.max))
        above = metric == "objective" and np.all(highest_S < NARROW * lowest_S)
        for (style, method), colour in zip(styled, plots.COLOURS, strict=False):
            rows = here.where(method=method)
            if not rows.rows:
                continue
            passes_K = np.array(rows.axis("passes"))
            value_KxS = np.stack([rows.by_seed(metric, passes=passes) for passes in passes_K]) - above * lowest_S
            unit = np.mean(rows.values("seconds")) / passes_K[-1] if seconds else 1.0
            ax.plot(passes_K * unit, value_KxS.mean(1), style, color=colour, lw=1.5, label=method)
        ax.set(title=f"{problem}: above the lowest" if above else problem, xscale="log", yscale="log")
        ax.xaxis.set_minor_formatter("")  # on a short axis they overlap
        ax.set_xlabel(
            "seconds on one device, as measured" if seconds else "passes over the training examples", fontsize=8
        )
        ax.set_ylabel(NAMES[metric])
    axes[0, 0].legend(fontsize=6, frameon=False)
    return figure
