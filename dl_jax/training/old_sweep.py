"""Many trainings at once: one program for all trials that differ in numbers only.

Axes are of two kinds. *Static* ones (depth, width, the model) each make another program: call
`sweep` once for each. *Traced* ones (seed, learning rate, initial scale, nonlinearity by index)
are columns of `trials`, and one program serves them all.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise, product
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Row
from dl_jax.models.model import Key
from dl_jax.training.clock import Clock
from dl_jax.training.context import Context
from dl_jax.training.fit import STEPS_UNROLLED, calls
from dl_jax.training.old_trials import Look, Programs, Trial, numbers, programs_of
from dl_jax.training.sharding import abstract, device_put, to_host
from dl_jax.training.step import Learner


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the axes' values, the last axis fastest. `seed` must be among them."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def sweep(
    learner: Callable[[Trial], Learner],
    examples: Splits | Callable[[Key], Splits],
    trials: list[dict[str, Any]],
    *,
    steps: int,
    look: Look,
    context: Context,
    batch_size: int = 128,
    together: int = 1,
    looks: int = 1,
    shown: Callable[[Key, Examples], Examples] | None = None,
    **axes: Any,
) -> list[Row]:
    """Train every trial and return its metrics as rows, with `axes` and the trial's own values as columns.

    learner:  what a trial trains; called while tracing.
    examples: the same for all, or drawn from each seed's key.
    look:     (learner, first weights, last weights, examples) -> metrics, traced.
    shown:    (key, training examples) -> what each seed is shown of them, or with which labels; traced.
    looks:    how often to look, at even distances, the last time at the end; rows then have the column "step".
    together: trials computed at once on a device. Fixed by the experiment and the kind of device:
              then a trial's numbers are bitwise the same however many devices there are.

    A trial whose error stops being finite is a value like any other: the row `diverged_at` holds the
    step (-1 for none), and no other trial is touched. A trial's key depends on its seed alone, so
    that trials of one seed start alike and are compared in pairs.
    """

    looks = min(looks, steps)
    until = [steps * (number + 1) // looks for number in range(looks)]
    columns, clock = numbers(trials), Clock()
    programs = cache(lambda: programs_of(learner, examples, columns, look, context, batch_size, together, shown))
    label = ", ".join(f"{name} {value}" for name, value in axes.items() if len(str(value)) < 16)
    train = _planned if context.events.dry_run else _train

    def compute(part):
        own = jax.tree.map(lambda column_R: column_R[part], columns)
        looked, error_RxT = train(programs(), own, until, context, label, clock)
        for step, metrics in zip(until, looked, strict=True):
            metrics["train_loss"] = error_RxT[:, max(0, step - max(1, steps // 20)) : step].mean(1)
        bad_RxT = ~np.isfinite(error_RxT)
        looked[-1]["diverged_at"] = np.where(bad_RxT.any(1), bad_RxT.argmax(1), -1)
        for at, index in enumerate(part):
            for step, metrics in zip(until, looked, strict=True):
                where = {"trial": index, **axes, **trials[index]} | ({"step": step} if looks > 1 else {})
                yield from _rows(at, where, metrics)

    name = {"axes": axes, "trials": trials, "steps": steps, "batch_size": batch_size, "looks": looks}
    return context.events.cached(
        name, *(lambda part=part: list(compute(part)) for part in _parts(len(trials), context.events.shards))
    )


def _parts(trials, shards):
    """The trials' indices in so many parts, as equal as can be."""
    size = -(-trials // min(shards, trials))
    return [range(first, min(first + size, trials)) for first in range(0, trials, size)]


def _train(programs: Programs, columns, until, context, label, clock):
    """For each step of `until` the metrics {name: array_R...}; and the errors before each step, E_RxT."""
    trials, parts = len(columns["seed"]), []
    by_trial, everywhere = (NamedSharding(context.mesh, spec) for spec in (PartitionSpec("trial"), PartitionSpec()))
    shared = device_put(programs.shared, everywhere)
    groups = _groups(programs, columns)
    for number, columns_R in enumerate(groups):
        columns_R = device_put(columns_R, by_trial)
        own_R, state_R, first_R = clock.run(programs.start, shared, columns_R)
        errors, looked = [], []
        for done, steps in _calls(programs, trials / len(groups), until, context):
            state_R, error_RxT = clock.run(programs.advance(steps), shared, columns_R, own_R, state_R)
            errors.append(to_host(error_RxT))
            context.events.progress(label, number * until[-1] + done, len(groups) * until[-1])
            if done in until:
                looked.append(to_host(clock.run(programs.finish, shared, columns_R, own_R, first_R, state_R.params)))
        parts.append((looked, np.concatenate(errors, 1)))
    context.events.cost(clock.spent(programs.flops * until[-1] * trials))
    return jax.tree.map(lambda *parts_R: np.concatenate(parts_R)[:trials], *parts)


def _planned(programs: Programs, columns, until, context, label, clock):
    """The same shapes, all 0, of a training that is handed to `place.events.dry_run` and never run."""
    trials, (columns_R, *others) = len(columns["seed"]), _groups(programs, columns)
    shared = abstract(programs.shared, NamedSharding(context.mesh, PartitionSpec()))
    columns_R = abstract(columns_R, NamedSharding(context.mesh, PartitionSpec("trial")))
    begun = jax.eval_shape(programs.start, shared, columns_R)
    own_R, state_R, first_R = abstract(begun, columns_R["seed"].sharding)
    _, steps = next(_calls(programs, trials / (1 + len(others)), until, context))
    flops = programs.flops * steps * columns_R["seed"].size
    context.events.dry_run(label, programs.advance(steps), (shared, columns_R, own_R, state_R), flops)
    context.events.cost(clock.spent(0.0))
    metrics_R = jax.eval_shape(programs.finish, shared, columns_R, own_R, first_R, state_R.params)
    looked = [{name: np.zeros((trials, *leaf.shape[1:])) for name, leaf in metrics_R.items()} for _ in until]
    return looked, np.zeros((trials, until[-1]))


def _calls(programs, trials, until, context) -> Iterator[tuple[int, int]]:
    """(steps done after the call, its steps) for so many trials at once; a call ends wherever it is looked."""
    for at, stop in pairwise([0, *until]):
        flops_a_device = programs.flops * trials / context.mesh.size
        at_most = STEPS_UNROLLED if programs.unroll else stop - at
        yield from ((at + done, steps) for done, steps in calls(stop - at, flops_a_device, context.kind, at_most))


def _groups(programs, columns):
    """The columns of all trials, or where none share a program of as many as there are slots; each filled up to whole
    slots with the last trial."""
    trials, slots = len(columns["seed"]), programs.slots
    size = slots if programs.unroll else -(-trials // slots) * slots
    indices = [np.minimum(np.arange(first, first + size), trials - 1) for first in range(0, trials, size)]
    return [{axis: column_R[index] for axis, column_R in columns.items()} for index in indices]


def _rows(index, axes, columns):
    """The rows of one trial: a scalar gives one, a vector one for each layer, counted from 1."""
    for metric, value_R in columns.items():
        for layer, value in enumerate(np.atleast_1d(value_R[index]), 1):
            where = {"layer": layer} if value_R.ndim > 1 else {}
            yield {"trial": index, **axes, **where, "metric": metric, "value": float(value)}
