"""How a metric goes as training goes on."""

from matplotlib.axes import Axes

from dl_jax.evidence.records import Records


def curve(ax: Axes, records: Records, metric: str, colour: str, label: str, *, per_step: int = 1, style: str = "-"):
    """The mean over seeds against the step (times `per_step`), and the range of the seeds as a band."""
    steps = records.axis("step")
    values_XxS = [records.by_seed(metric, step=step) for step in steps]
    x = [step * per_step for step in steps]
    ax.plot(x, [values_S.mean() for values_S in values_XxS], style, color=colour, lw=1.5, label=label)
    low, high = ([pick(values_S) for values_S in values_XxS] for pick in (min, max))
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
