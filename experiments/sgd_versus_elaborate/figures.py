"""How far each optimiser came, by what it had spent."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots

NAMES = {"loss": "training loss", "test_error": "test error"}
NARROW = 20.0
"""Losses within so large a factor of each other end far from 0."""


def curves(records: Records, metric: str, methods: dict[str, Sequence[str]], *, seconds: bool = False) -> Figure:
    """A panel for each problem: loss or test_error (mean over seeds) by passes over the examples, or by seconds.

    methods: by the style of their lines. Where losses end far from 0, what is shown is how far they are above the
    lowest of their seed, which is that of the optimum or near it.
    """
    problems = tuple(dict.fromkeys(row["problem"] for row in records.rows))
    figure, axes = plots.canvas(1, len(problems), size=(3.4, 3.6))
    for ax, problem in zip(axes.flat, problems, strict=True):
        lowest_S, highest_S = (records.by_seed(metric, which, problem=problem) for which in (np.min, np.max))
        far = metric == "loss" and np.all(highest_S < NARROW * lowest_S)
        styled = [(style, method) for style, names in methods.items() for method in names]
        for (style, method), colour in zip(styled, plots.COLOURS, strict=False):
            there = records.where(problem=problem, method=method)
            if not there.rows:
                continue
            passes_K = np.array(there.axis("passes"))
            value_KxS = np.stack([there.by_seed(metric, passes=passes) for passes in passes_K]) - far * lowest_S
            unit = np.mean(there.values("seconds_a_pass")) if seconds else 1.0
            ax.plot(passes_K * unit, value_KxS.mean(1), style, color=colour, lw=1.5, label=method)
        ax.set(title=f"{problem}: above the lowest" if far else problem, xscale="log", yscale="log")
        ax.set_xlabel("seconds on one device, as it happened" if seconds else "passes over the examples", fontsize=8)
    axes[0, 0].set_ylabel(f"{NAMES[metric]} (mean over seeds)")
    axes[0, 0].legend(fontsize=6, frameon=False)
    return figure
