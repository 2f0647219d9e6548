"""Many trainings at once: one program for all trials that differ in numbers only.

Axes are of two kinds. *Static* ones (depth, width, the model) each make another program: call
`sweep` once for each. *Traced* ones (seed, learning rate, initial scale, nonlinearity by index)
are columns of `trials`, and one program serves them all.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import pairwise, product
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.model import Key, Params
from dl_jax.training.cost import flops_of_step, products
from dl_jax.training.fit import STEPS_UNROLLED, calls, unrolled
from dl_jax.training.place import Cost, Place, Row
from dl_jax.training.shuffle import order
from dl_jax.training.step import Learner, begin, chunk

Trial = dict[str, jax.Array]
"""One trial inside the program: a number for each traced axis; a name has become its index."""
Metrics = dict[str, jax.Array]
"""What is looked at after training: scalars, or vectors with one entry a layer."""


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the axes' values, the last axis fastest. `seed` must be among them."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def names_of(trials: list[dict[str, Any]], axis: str) -> tuple[str, ...]:
    """The names along an axis, in the order in which the program counts them."""
    return tuple(dict.fromkeys(trial[axis] for trial in trials))


def sweep(
    learner: Callable[[Trial], Learner],
    examples: Splits | Callable[[Key], Splits],
    trials: list[dict[str, Any]],
    *,
    steps: int,
    look: Callable[[Learner, Params, Params, Splits], Metrics],
    place: Place,
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

    def compute():
        looked, error_RxT = _train(learner, examples, trials, until, look, place, batch_size, together, shown, axes)
        for step, metrics in zip(until, looked, strict=True):
            metrics["train_loss"] = error_RxT[:, max(0, step - max(1, steps // 20)) : step].mean(1)
        bad_RxT = ~np.isfinite(error_RxT)
        looked[-1]["diverged_at"] = np.where(bad_RxT.any(1), bad_RxT.argmax(1), -1)
        for index, trial in enumerate(trials):
            for step, metrics in zip(until, looked, strict=True):
                yield from _rows(index, axes | trial | ({"step": step} if looks > 1 else {}), metrics)

    looks = min(looks, steps)
    until = [steps * (number + 1) // looks for number in range(looks)]
    name = {"axes": axes, "trials": trials, "steps": steps, "batch_size": batch_size, "looks": looks}
    return place.keep(name, lambda: list(compute()))


def _train(learner, examples, trials, until, look, place, batch_size, together, shown, axes):
    """For each step of `until` the metrics {name: array_R...}; and the errors before each step, E_RxT."""
    drawn = callable(examples)
    shared = None if drawn else jax.device_put(examples, NamedSharding(place.mesh, PartitionSpec()))

    def keys(trial):
        return jax.random.split(jax.random.key(trial["seed"]), 3)

    def seen(shared, own):
        """The examples of a trial: drawn for it alone, or those of all, perhaps with its own to learn from."""
        return own if drawn else shared._replace(train=own) if shown else shared

    def start(shared, trial):
        """What a trial begins with: its own examples, if it draws any, and the order in which it sees them; its state
        and its first weights, to keep."""
        key_data, key_init, key_batch = keys(trial)
        own = examples(key_data) if drawn else shown(key_data, shared.train) if shown else None
        state = begin(learner(trial), key_init, seen(shared, own).train.x[:1])
        return (own, order(key_batch)), state, jax.tree.map(jnp.copy, state.params)

    def advance(steps, shared, trial, own, state):
        own, order_2xR = own
        return chunk(learner(trial), state, seen(shared, own).train, order_2xR, steps, batch_size, unroll)

    def finish(shared, trial, own, first, last):
        return look(learner(trial), first, last, seen(shared, own[0]))

    columns, slots = _numbers(trials), together * place.mesh.size
    trial = jax.tree.map(lambda column_R: column_R[0], columns)
    (own, _), state, _ = jax.eval_shape(start, shared, trial)
    x_NxD = seen(shared, own).train.x
    x_BxD = jax.ShapeDtypeStruct((min(batch_size, len(x_NxD)), *x_NxD.shape[1:]), x_NxD.dtype)
    forward = products(lambda trial, *inputs: learner(trial).model.apply(*inputs), trial, state.params, x_BxD)
    flops, unroll = flops_of_step(forward), unrolled(forward, place)
    if unroll:
        slots = place.mesh.size  # one trial a device, and the host goes through the rest
    groups = list(_groups(columns, len(trials), slots, slots if unroll else len(trials)))

    def for_each_trial(function, at_once=1, **jit):
        """(shared, arrays_R...) -> outputs_R: over the trials of a group, shared out over the devices."""

        def over(shared, *each_R):
            if unroll:
                output = function(shared, *jax.tree.map(lambda leaf_1: leaf_1[0], each_R))
                return jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], output)
            batch = at_once if at_once > 1 else None
            return jax.lax.map(lambda each: function(shared, *each), each_R, batch_size=batch)

        def mapped(shared, *each_R):
            specs = (PartitionSpec(), *[trial_axis] * len(each_R))
            inside = jax.shard_map(over, mesh=place.mesh, in_specs=specs, out_specs=trial_axis, check_vma=False)
            return inside(shared, *each_R)

        return jax.jit(mapped, **jit)

    trial_axis = PartitionSpec("trial")
    programs = cache(lambda steps: for_each_trial(partial(advance, steps), together, donate_argnums=3))
    # The first program runs once and is mostly random numbers, which take long to compile and no time to run.
    quick = {"compiler_options": {"xla_backend_optimization_level": 1}} if place.kind == "cpu" else {}
    # Both go from trial to trial on a CPU: there LAPACK on a batch can wait for ever for the threads that call it.
    batch = 1 if place.kind == "cpu" else together
    start_all, finish_all = for_each_trial(start, batch, **quick), for_each_trial(finish, batch)
    flops_a_device = flops * len(trials) / len(groups) / place.mesh.size
    clock, parts = _Clock(), []
    label = ", ".join(f"{name} {value}" for name, value in axes.items() if len(str(value)) < 16)
    for number, columns_R in enumerate(groups):
        columns_R = jax.device_put(columns_R, NamedSharding(place.mesh, trial_axis))
        own_R, state_R, first_R = clock.run(start_all, shared, columns_R)
        errors, looked = [], []
        for at, stop in pairwise([0, *until]):
            at_most = STEPS_UNROLLED if unroll else stop - at
            for done, program in calls(programs, stop - at, flops_a_device, at_most):
                state_R, error_RxT = clock.run(program, shared, columns_R, own_R, state_R)
                errors.append(np.asarray(error_RxT))
                place.tell(label, number * until[-1] + at + done, len(groups) * until[-1])
            metrics_R = clock.run(finish_all, shared, columns_R, own_R, first_R, state_R.params)
            looked.append(jax.tree.map(np.asarray, metrics_R))
        parts.append((looked, np.concatenate(errors, 1)))
    place.spend(Cost(len(clock.compiled), clock.compile_s, clock.run_s, flops * until[-1] * len(trials)))
    return jax.tree.map(lambda *parts_R: np.concatenate(parts_R)[: len(trials)], *parts)


class _Clock:
    """Runs programs, and keeps apart the seconds that compiling and running take."""

    def __init__(self):
        self.compiled, self.compile_s, self.run_s = {}, 0.0, 0.0

    def run(self, program, *arguments):
        if program not in self.compiled:
            began = perf_counter()
            self.compiled[program] = program.lower(*arguments).compile()
            self.compile_s += perf_counter() - began
        began = perf_counter()
        outputs = jax.block_until_ready(self.compiled[program](*arguments))
        self.run_s += perf_counter() - began
        return outputs


def _numbers(trials):
    """The trials' columns as arrays, names as indices."""

    def column(axis):
        values = [trial[axis] for trial in trials]
        if isinstance(values[0], str):
            return np.asarray([names_of(trials, axis).index(value) for value in values], np.int32)
        whole = all(isinstance(value, int | np.integer) for value in values)
        return np.asarray(values, np.int32 if whole else np.float32)

    return {axis: column(axis) for axis in trials[0]}


def _groups(columns, trials, slots, at_once):
    """The columns cut into groups of `at_once` trials, each filled up to whole `slots` with the last trial."""
    for first in range(0, trials, at_once):
        count = min(at_once, trials - first)
        index = np.minimum(first + np.arange(-(-count // slots) * slots), trials - 1)
        yield {axis: column_R[index] for axis, column_R in columns.items()}


def _rows(index, axes, columns):
    """The rows of one trial: a scalar gives one, a vector one for each layer, counted from 1."""
    for metric, value_R in columns.items():
        for layer, value in enumerate(np.atleast_1d(value_R[index]), 1):
            where = {"layer": layer} if value_R.ndim > 1 else {}
            yield {"trial": index, **axes, **where, "metric": metric, "value": float(value)}
