"""Who recognises pictures how well."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from dl_jax.evidence.records import Records
from dl_jax.report import plots


def errors(records: Records, machines: Sequence[str], earlier: Sequence[str]) -> Figure:
    """Test error of each machine in percent, a dot a seed; earlier methods in another colour."""
    figure, axes = plots.canvas(size=(6.4, 3.2))
    ax, machines = axes[0, 0], [machine for machine in machines if machine in records.axis("machine")]
    for row, machine in enumerate(machines):
        value_S = 100 * records.values("test_error", machine=machine)
        colour = plots.RED if machine in earlier else plots.BLUE
        ax.plot(value_S, [row] * len(value_S), "o", color=colour, ms=5, alpha=0.6, mew=0)
        ax.annotate(f"{value_S.mean():.2f}", (value_S.mean(), row), (0, 6), textcoords="offset points", fontsize=7)
    for label, colour in (("earlier methods", plots.RED), ("nets", plots.BLUE)):
        ax.plot([], [], "o", color=colour, label=label)
    ax.set_yticks(range(len(machines)), machines)
    ax.set(xlabel=f"test error (%), {', '.join(records.axis('dataset'))}", xlim=(0, None))
    ax.invert_yaxis()
    ax.legend(fontsize=7)
    return figure
