"""Ensembles: a net for each of several tasks of one shape, all trained by one program.

T tasks, N examples, C classes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax

from dl_jax.data.dataset import Splits
from dl_jax.evidence.named import Named, named
from dl_jax.evidence.records import Records
from dl_jax.models.ensemble import ensemble, summed_loss
from dl_jax.models.model import Key, Model
from dl_jax.training.context import Context
from dl_jax.training.grid import Grid, Trial, grid
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep

Scores = Callable[[jax.Array], jax.Array]
"""x -> scores_NxC of a trained model or method."""
Draw = Callable[[Key, Trial], Splits]
"""(a seed's key, a task) -> its examples. The task has an attribute for each of its axes, as a trial of a sweep has:
traced numbers, and the things that were chosen."""
EvaluateTask = Callable[[Scores, Splits], dict[str, Any]]
"""Metrics on one task by name: scalars, `named` or `array`; traced."""


def train_ensemble(
    model: Model,
    draw: Draw,
    tasks: Grid,
    *,
    learning_rates: Iterable[float],
    seeds: Iterable[int],
    steps: int,
    evaluate: EvaluateTask,
    context: Context,
    batch_size: int = 128,
    **axes: Any,
) -> Records:
    """Train a copy of the model on each task, with each learning rate of Adam at every seed.

    tasks: `combinations` of axes, none of them static; they become columns of the records, beside `axes`.
           The examples of all tasks have equal shapes.

    Returns the metrics of every task, and those of `sweep` for the whole ensemble: its `train_loss` is the sum over
    the tasks.
    """

    def evaluate_all(run):
        def of_task(params, splits):
            return evaluate(partial(model.apply, params), splits)

        return by_task(jax.vmap(of_task, in_axes=(0, 1))(run.params, run.splits), tasks)

    return sweep(
        lambda trial: Learner(
            ensemble(model, len(tasks.trials)), summed_loss(cross_entropy), adam(trial.learning_rate)
        ),
        stacked(draw, tasks, axis=1),
        grid(learning_rate=tuple(learning_rates), seed=tuple(seeds)),
        steps=steps,
        evaluate=evaluate_all,
        context=context,
        batch_size=batch_size,
        **axes,
    )


def stacked(draw: Draw, tasks: Grid, axis: int) -> Callable[[Key], Splits]:
    """Return key -> the examples of all tasks, stacked along this axis. What depends on the key alone is computed once.

    ValueError if an axis of the tasks is static.
    """
    if tasks.statics:
        raise ValueError(f"tasks of one program have no static axes: {sorted(tasks.statics)}")
    (program,) = tasks.programs()
    return lambda key: jax.vmap(lambda column: draw(key, program.trial(column)), out_axes=axis)(program.columns())


def by_task(metrics_T: dict[str, Any], tasks: Grid) -> dict[str, list[Named]]:
    """Give each task's metrics the coordinates of the task. metrics_T: values with a leading axis of tasks."""

    def of_task(value_T, number, task):
        value = jax.tree.map(lambda leaf_T: leaf_T[number], value_T)
        value = value if isinstance(value, Named) else named(value)
        return replace(value, at=(*value.at, *task.items()))

    return {
        name: [
            of_task(value_T, number, task)
            for value_T in (values if isinstance(values, Sequence) else (values,))
            for number, task in enumerate(tasks.trials)
        ]
        for name, values in metrics_T.items()
    }
