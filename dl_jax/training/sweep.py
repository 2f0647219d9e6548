"""Many trainings at once: one program for all trials that differ in numbers only.

Axes are of two kinds. *Static* ones (depth, width, the model) each make another program: call
`sweep` once for each. *Traced* ones (seed, learning rate, initial scale, nonlinearity by index)
are columns of `trials`, and one program serves them all.
"""

from collections.abc import Callable, Iterable
from itertools import product
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.data.dataset import Splits
from dl_jax.models.model import Key, Params
from dl_jax.training.fit import calls, matmul_flops
from dl_jax.training.place import Cost, Place, Row
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
    **axes: Any,
) -> list[Row]:
    """Train every trial and return its metrics as rows, with `axes` and the trial's own values as columns.

    learner:  what a trial trains; called while tracing.
    examples: the same for all, or drawn from each seed's key.
    look:     (learner, first weights, last weights, examples) -> metrics, traced.
    together: trials computed at once on a device. Fixed by the experiment and the kind of device:
              then a trial's numbers are bitwise the same however many devices there are.

    A trial whose error stops being finite is a value like any other: the row `diverged_at` holds the
    step (-1 for none), and no other trial is touched. A trial's key depends on its seed alone, so
    that trials of one seed start alike and are compared in pairs.
    """

    def compute():
        columns, error_RxT = _train(learner, examples, trials, steps, look, place, batch_size, together, axes)
        bad_RxT = ~np.isfinite(error_RxT)
        columns["train_loss"] = error_RxT[:, -max(1, steps // 20) :].mean(1)
        columns["diverged_at"] = np.where(bad_RxT.any(1), bad_RxT.argmax(1), -1)
        return [row for index, trial in enumerate(trials) for row in _rows(index, axes | trial, columns)]

    return place.keep({"axes": axes, "trials": trials, "steps": steps, "batch_size": batch_size}, compute)


def _train(learner, examples, trials, steps, look, place, batch_size, together, axes):
    """Metrics {name: array_R...} and the errors before each step, E_RxT."""
    by_trial = NamedSharding(place.mesh, PartitionSpec("trial"))
    everywhere = NamedSharding(place.mesh, PartitionSpec())
    slots = together * place.mesh.size
    columns_R = jax.device_put(_numbers(trials, -(-len(trials) // slots) * slots), by_trial)
    shared = None if callable(examples) else jax.device_put(examples, everywhere)

    def for_each_trial(function, **jit):
        """(shared, columns_R, own_R, carry_R) -> outputs_R: over the trials, shared out over the devices."""

        def over(shared, *each_R):
            batch = together if together > 1 else None
            return jax.lax.map(lambda each: function(shared, *each), each_R, batch_size=batch)

        trial_axis = PartitionSpec("trial")
        specs = (PartitionSpec(), trial_axis, trial_axis, trial_axis)
        return jax.jit(
            jax.shard_map(over, mesh=place.mesh, in_specs=specs, out_specs=trial_axis, check_vma=False), **jit
        )

    def keys(trial):
        return jax.random.split(jax.random.key(trial["seed"]), 3)

    def start(shared, trial, *_):
        """What a trial begins with: its own examples, if it draws any, its state, and its first weights to keep."""
        key_data, key_init, _ = keys(trial)
        own = examples(key_data) if shared is None else None
        state = begin(learner(trial), key_init, (shared or own).train.x[:1])
        return own, state, jax.tree.map(jnp.copy, state.params)

    def advance(steps_a_call):
        def run(shared, trial, own, state):
            return chunk(learner(trial), state, (shared or own).train, keys(trial)[2], steps_a_call, batch_size)

        return for_each_trial(run, donate_argnums=3)

    def finish(shared, trial, own, first_and_last):
        return look(learner(trial), *first_and_last, shared or own)

    clock = _Clock()
    own_R, state_R, first_R = clock.run(for_each_trial(start), shared, columns_R, (), ())
    count = (examples if shared else own_R).train.y.shape[0 if shared else 1]
    flops = matmul_flops(jax.tree.map(lambda leaf: leaf[0], first_R), min(batch_size, count))
    label = ", ".join(f"{name} {value}" for name, value in axes.items() if len(str(value)) < 16)
    errors = []
    for done, program in calls(advance, steps, flops * len(trials) / place.mesh.size):
        state_R, error_RxT = clock.run(program, shared, columns_R, own_R, state_R)
        errors.append(np.asarray(error_RxT)[: len(trials)])
        place.tell(label, done, steps)
    metrics_R = clock.run(for_each_trial(finish), shared, columns_R, own_R, (first_R, state_R.params))
    place.spend(Cost(len(clock.compiled), clock.compile_s, clock.run_s, flops * steps * len(trials)))
    return {name: np.asarray(value)[: len(trials)] for name, value in metrics_R.items()}, np.concatenate(errors, 1)


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


def _numbers(trials, slots):
    """The trials' columns as arrays of `slots` entries, names as indices, the last trial repeated to fill up."""
    filled = trials + trials[-1:] * (slots - len(trials))

    def column(axis):
        values = [trial[axis] for trial in filled]
        if isinstance(values[0], str):
            return np.asarray([names_of(trials, axis).index(value) for value in values], np.int32)
        whole = all(isinstance(value, int | np.integer) for value in values)
        return np.asarray(values, np.int32 if whole else np.float32)

    return {axis: column(axis) for axis in trials[0]}


def _rows(index, axes, columns):
    """The rows of one trial: a scalar gives one, a vector one for each layer, counted from 1."""
    for metric, value_R in columns.items():
        for layer, value in enumerate(np.atleast_1d(value_R[index]), 1):
            where = {"layer": layer} if value_R.ndim > 1 else {}
            yield {"trial": index, **axes, **where, "metric": metric, "value": float(value)}
