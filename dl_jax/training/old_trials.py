"""The programs of a sweep: begin, take some steps, look; each for all trials of a group, over all devices."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.model import Key, Params
from dl_jax.training.batches import shuffle_bits
from dl_jax.training.context import Context
from dl_jax.training.fit import unrolled
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.sharding import Sharding
from dl_jax.training.step import Learner, chunk, init_state

Trial = dict[str, jax.Array]
"""One trial inside the program: a number for each traced axis; a name has become its index."""
Metrics = dict[str, jax.Array]
"""What is looked at after training: scalars, or vectors with one entry a layer."""
Look = Callable[[Learner, Params, Params, Splits], Metrics]


class Programs(NamedTuple):
    """What all trials of a sweep share. `shared` are the examples, None where each trial draws its own.

    start:   (shared, columns_R) -> what each trial keeps_R, states_R, first weights_R.
    advance: (steps) -> the program (shared, columns_R, kept_R, states_R) -> states_R, errors_RxT.
    finish:  (shared, columns_R, kept_R, first weights_R, last weights_R) -> metrics_R.
    slots:   trials that all devices compute at once.
    unroll:  a program is for one trial a device, and its steps are written out.
    flops:   of one step of one trial.
    """

    start: Callable
    advance: Callable[[int], Callable]
    finish: Callable
    shared: Splits | None
    slots: int
    unroll: bool
    flops: float


def programs_of(
    learner: Callable[[Trial], Learner],
    examples: Splits | Callable[[Key], Splits],
    columns: dict[str, np.ndarray],
    look: Look,
    context: Context,
    batch_size: int,
    together: int,
    shown: Callable[[Key, Examples], Examples] | None,
) -> Programs:
    """The programs, by the arguments of `sweep`; columns: the trials', by `numbers`."""
    drawn, sharding = callable(examples), Sharding(context.mesh, ("data",))
    shared = None if drawn else examples

    def seen(shared, own):
        """The examples of a trial: drawn for it alone, or those of all, perhaps with its own to learn from."""
        return own if drawn else shared._replace(train=own) if shown else shared

    def start(shared, trial):
        """What a trial begins with: its own examples, if it draws any, and the order in which it sees them; its state
        and its first weights, to keep."""
        key_data, key_init, key_batch = jax.random.split(jax.random.key(trial["seed"]), 3)
        own = examples(key_data) if drawn else shown(key_data, shared.train) if shown else None
        state = init_state(learner(trial), key_init, seen(shared, own).train.x[:1])
        return (own, shuffle_bits(key_batch)), state, jax.tree.map(jnp.copy, state.params)

    def advance(steps, shared, trial, own, state):
        own, order_2xR = own
        train, state = seen(shared, own).train, sharding.constrain(state)
        return chunk(learner(trial), state, train, order_2xR, steps, batch_size, unroll, sharding.shard_batch)

    def finish(shared, trial, own, first, last):
        return look(learner(trial), first, last, seen(shared, own[0]))

    trial = jax.tree.map(lambda column_R: column_R[0], columns)
    (own, _), state, _ = jax.eval_shape(start, shared, trial)
    x_NxD = seen(shared, own).train.x
    x_BxD = jax.ShapeDtypeStruct((min(batch_size, len(x_NxD)), *x_NxD.shape[1:]), x_NxD.dtype)
    forward = matrix_products(lambda trial, *inputs: learner(trial).model.apply(*inputs), trial, state.params, x_BxD)
    unroll, trial_axis = unrolled(forward, context), PartitionSpec("trial")

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
            # Along the other axes of the mesh XLA sharding out the work within a trial.
            axes = {"axis_names": {"trial"}} if sharding.is_sharded else {}
            return jax.shard_map(
                over, mesh=context.mesh, in_specs=specs, out_specs=trial_axis, check_vma=False, **axes
            )(shared, *each_R)

        return jax.jit(mapped, **jit)

    # The first program runs once and is mostly random numbers, which take long to compile and no time to run.
    quick = {"compiler_options": {"xla_backend_optimization_level": 1}} if context.kind == "cpu" else {}
    # Both go from trial to trial on a CPU: there LAPACK on a batch can wait for ever for the threads that call it.
    batch = 1 if context.kind == "cpu" else together
    devices = context.mesh.shape["trial"]  # without loops it is one trial a device, and the host goes through the rest
    return Programs(
        for_each_trial(start, batch, **quick),
        cache(lambda steps: for_each_trial(partial(advance, steps), together, donate_argnums=3)),
        for_each_trial(finish, batch),
        shared,
        devices if unroll else together * devices,
        unroll,
        step_flops(forward),
    )


def names_of(trials: list[dict[str, Any]], axis: str) -> tuple[str, ...]:
    """The names along an axis, in the order in which the program counts them."""
    return tuple(dict.fromkeys(trial[axis] for trial in trials))


def numbers(trials: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The trials' columns as arrays, names as indices."""

    def column(axis):
        values = [trial[axis] for trial in trials]
        if isinstance(values[0], str):
            return np.asarray([names_of(trials, axis).index(value) for value in values], np.int32)
        whole = all(isinstance(value, int | np.integer) for value in values)
        return np.asarray(values, np.int32 if whole else np.float32)

    return {axis: column(axis) for axis in trials[0]}
