"""Nets that learn several tasks of one shape at once, each task its own net, as rows like those of a sweep."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import numpy as np

from dl_jax.data.dataset import Splits
from dl_jax.evidence.records import Row
from dl_jax.models.ensemble import ensemble, summed_loss
from dl_jax.models.model import Key, Model
from dl_jax.training.context import Context
from dl_jax.training.losses import cross_entropy
from dl_jax.training.old_sweep import grid, sweep
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner

Score = Callable[[jax.Array], jax.Array]
"""x -> scores_NxC: what a machine answers."""
Look = Callable[[Score, Splits], dict[str, jax.Array]]
"""Scalars to know of a trained machine."""
Tasks = list[dict[str, Any]]
"""Of each task the axes that name it, which become columns of its rows."""
Draw = Callable[[Key, dict[str, jax.Array]], Splits]
"""(a seed's key, a task) -> its examples. The task's values are traced; a name has become its place in the list."""


def beside(draw: Draw, tasks: Tasks, axis: int) -> Callable[[Key], Splits]:
    """key -> the examples of all tasks, stacked along this axis. Draws that hang on the key alone are shared."""

    def column(name):
        values = [task[name] for task in tasks]
        return np.asarray([values.index(value) if isinstance(value, str) else value for value in values])

    columns = {name: column(name) for name in tasks[0]}
    return lambda key: jax.vmap(lambda task: draw(key, task), out_axes=axis)(columns)


def net_rows(
    model: Model,
    rates: Iterable[float],
    draw: Draw,
    tasks: Tasks,
    seeds: Iterable[int],
    look: Look,
    context: Context,
    *,
    steps: int,
    batch_size: int = 128,
    **axes: Any,
) -> list[Row]:
    """Rows of what is looked at, for every task and every `setting`, the learning rate of Adam, at every seed."""

    def look_at_each(learner, first, last, splits):
        def one(params, splits):
            return look(partial(model.apply, params), splits)

        return jax.vmap(one, in_axes=(0, 1))(last, splits)

    rows = sweep(
        lambda trial: Learner(ensemble(model, len(tasks)), summed_loss(cross_entropy), adam(trial["setting"])),
        beside(draw, tasks, axis=1),
        grid(setting=rates, seed=seeds),
        steps=steps,
        look=look_at_each,
        context=context,
        batch_size=batch_size,
        tasks=tasks,
        **axes,
    )
    return [_of_its_task(row, tasks) for row in rows if "layer" in row]


def _of_its_task(row, tasks):
    """A sweep numbers the entries of a vector as layers; here they are tasks."""
    return {name: value for name, value in row.items() if name not in ("layer", "tasks")} | tasks[row["layer"] - 1]
