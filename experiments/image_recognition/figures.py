"""The figure of image_recognition: how many pictures each method takes for something else."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def errors(records: Records, methods: Sequence[str], earlier: Sequence[str]) -> Figure:
    """Draw the test error of each method in percent, a dot for each seed; earlier methods in another colour."""
    figure, axes = plots.canvas(size=(6.4, 3.2))
    ax, methods = axes[0, 0], [method for method in methods if method in records.axis("method")]
    for row, method in enumerate(methods):
        value_S = 100 * records.values("test_error", method=method)
        colour = plots.RED if method in earlier else plots.BLUE
        ax.plot(value_S, [row] * len(value_S), "o", color=colour, ms=5, alpha=0.6, mew=0)
        ax.annotate(f"{value_S.mean():.2f}", (value_S.mean(), row), (0, 6), textcoords="offset points", fontsize=7)
    for label, colour in (("earlier methods", plots.RED), ("nets", plots.BLUE)):
        ax.plot([], [], "o", color=colour, label=label)
    ax.set_yticks(range(len(methods)), methods)
    ax.set(xlabel=f"test error (%), {', '.join(records.axis('dataset'))}", xlim=(0, None))
    ax.invert_yaxis()
    ax.legend(fontsize=7)
    return figure
