"""Training one model: programs of many steps each, called from the host, sharded over all devices."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Stream
from dl_jax.models.model import Key, Params
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.clock import Clock
from dl_jax.training.context import Context, Cost, local_context
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.loop import STEPS_UNROLLED, Job, cut, train, unrolled
from dl_jax.training.sharding import Sharding, abstract, device_put, to_host
from dl_jax.training.step import Learner, State, init_state, steps_on

Monitor = Callable[[Params, Params], jax.Array]
"""(params before a step, params after it) -> a scalar; traced."""


class Fitted(NamedTuple):
    """The result of `fit`.

    state:       after the last step.
    loss_T:      the loss before each step.
    monitored_T: what the monitor returned for each step; NaN without one.
    cost:        of the steps that were taken now, those before a restored checkpoint left out.
    """

    state: State
    loss_T: np.ndarray
    monitored_T: np.ndarray
    cost: Cost


def fit(
    learner: Learner,
    data: Examples | Stream,
    key: Key,
    *,
    steps: int,
    context: Context | None = None,
    batch_size: int = 128,
    monitor: Monitor | None = None,
    single_device: bool = False,
) -> Fitted:
    """Train one model.

    Every batch is sharded over the devices along "trial" and "data", and so are the weights; the units of a layer along
    "model". A training that was checkpointed is resumed.

    context:       devices and events; None: all devices of this host, nothing reported.
    monitor:       a number to record for each step.
    single_device: use one device only, for a model that is too small to be sharded.

    In a dry run the state is one of shapes, and the losses are NaN.
    """
    context = context or local_context()
    context = context.single_device() if single_device else context
    sharding, dry = Sharding(context.mesh, ("trial", "data")), context.events.dry_run is not None
    key_init, key_batch = jax.random.split(key)
    if isinstance(data, Stream):
        example, inputs = data.example, _streamed(data, sharding, batch_size, dry)
        if not dry:
            data.prepare(context.events.progress)
    else:
        example = jax.tree.map(lambda part_N: part_N[0], data)
        inputs = _in_memory(data, key_batch, sharding, batch_size, dry)

    def start(key_data):
        x_1xD = jnp.zeros((1, *example.x.shape), example.x.dtype)
        unknown_T = jnp.full(steps, jnp.nan, jnp.float32)
        return init_state(learner, jax.random.wrap_key_data(key_data), x_1xD), unknown_T, unknown_T

    key_data = np.asarray(jax.random.key_data(key_init))
    shapes = sharding.abstract(jax.eval_shape(start, key_data))
    shardings = jax.tree.map(lambda leaf: leaf.sharding, shapes)
    x_BxD = jax.ShapeDtypeStruct((batch_size, *example.x.shape), example.x.dtype)
    forward = matrix_products(learner.model.apply, shapes[0].params, x_BxD)
    flops, unroll = step_flops(forward), unrolled(forward, context)

    @cache
    def program(length):
        def call(given, carry):
            state, loss_T, monitored_T = carry
            inputs_T, batch = inputs.inside(state.step, length, given)
            new, outputs_T = steps_on(
                learner, state, inputs_T, lambda each: sharding.shard_batch(batch(each)), unroll=unroll, monitor=monitor
            )
            new_T, watched_T = (outputs_T, None) if monitor is None else outputs_T
            loss_T = jax.lax.dynamic_update_slice(loss_T, new_T.astype(loss_T.dtype), (state.step,))
            if watched_T is not None:
                monitored_T = jax.lax.dynamic_update_slice(monitored_T, watched_T, (state.step,))
            return (new, loss_T, monitored_T), new_T[-1]

        return jax.jit(call, donate_argnums=1, out_shardings=(shardings, sharding.replicated))

    clock = Clock()
    checkpointer = context.events.checkpointer({"steps": steps, "batch": batch_size, "key": key_data.tolist()})
    restored = None if dry else checkpointer.restore(shapes)
    begin = jax.jit(start, out_shardings=shardings)
    carry = shapes if dry else restored[1] if restored else jax.block_until_ready(begin(key_data))
    job = Job(
        start=lambda: carry,
        advance=lambda call: (program(call.steps), (inputs.given(call.first, call.steps),)),
        evaluate=lambda carry: {},
        flops=flops,
    )
    clock.restart()
    (state, loss_T, monitored_T), _ = train(
        job,
        cut(steps, flops / context.mesh.size, context.kind, STEPS_UNROLLED if unroll else steps),
        label="fit",
        context=context,
        clock=clock,
        restored=restored,
        checkpointer=checkpointer,
        on_step=lambda step: context.events.progress("fit", step, steps),
    )
    if dry:
        unknown_T = np.full(steps, np.nan, np.float32)
        return Fitted(state, unknown_T, unknown_T, Cost(0, 0.0, 0.0, 0.0))
    cost = clock.cost(flops * (steps - (restored[0] if restored else 0)))
    context.events.cost(cost)
    return Fitted(state, to_host(loss_T), to_host(monitored_T), cost)


class _Inputs(NamedTuple):
    """How a program comes by its batches.

    given:  (first step, steps) -> what the program is given; in a dry run, its shapes.
    inside: (first step, steps, given) -> one entry for each step, and what makes a batch of an entry; traced.
    """

    given: Callable[[int, int], Any]
    inside: Callable[[jax.Array, int, Any], tuple[Any, Callable[[Any], Examples]]]


def _in_memory(examples, key, sharding, batch_size, dry) -> _Inputs:
    """Examples that lie on every device; the program draws from them."""
    host = examples, shuffle_bits(key)
    placed = cache(lambda: (abstract if dry else device_put)(host, sharding.replicated))

    def inside(first, steps, given):
        (x_NxD, y_N), bits_2xR = given
        index_TxB = batch_indices(bits_2xR, first, steps, len(x_NxD), batch_size)
        return index_TxB, lambda index_B: Examples(x_NxD[index_B], y_N[index_B])

    return _Inputs(lambda first, steps: placed(), inside)


def _streamed(stream, sharding, batch_size, dry) -> _Inputs:
    """Batches that are read while the devices compute; the program is given those of its steps."""
    sharding.check_batch_size(batch_size)

    def shapes(steps):
        def batches(part):
            shape = (steps, batch_size, *part.shape)
            return jax.ShapeDtypeStruct(shape, part.dtype, sharding=sharding.batches_TxB)

        return Examples(*map(batches, stream.example))

    def given(first, steps):
        return shapes(steps) if dry else sharding.put_batches(stream.batches(first, steps, batch_size), batch_size)

    return _Inputs(given, lambda first, steps, given: (given, lambda batch: batch))
