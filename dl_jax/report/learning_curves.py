"""Learning curves: a metric against the training step."""

from typing import Any

from matplotlib.axes import Axes

from dl_jax.evidence.records import Records


def learning_curve(
    ax: Axes,
    records: Records,
    metric: str,
    colour: str,
    label: str,
    *,
    per_step: int = 1,
    style: str = "-",
    **axes: Any,
) -> None:
    """Draw the mean of a metric over seeds against `per_step` times the step, with the range of the seeds as a band.

    axes:     where to read the metric, as in `Records.by_seed`.
    per_step: what one step counts on the x axis, such as the batch size for a count of examples.
    """
    steps = records.axis("step")
    values_XxS = [records.by_seed(metric, step=step, **axes) for step in steps]
    x = [step * per_step for step in steps]
    ax.plot(x, [values_S.mean() for values_S in values_XxS], style, color=colour, lw=1.5, label=label)
    low, high = ([extreme(values_S) for values_S in values_XxS] for extreme in (min, max))
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
