"""Training one machine: programs of many steps each, called from the host, shared out over all devices."""

from collections.abc import Callable, Iterator
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Stream
from dl_jax.models.model import Key
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.clock import Clock
from dl_jax.training.context import Context
from dl_jax.training.flops import Product, matrix_products, step_flops
from dl_jax.training.sharding import Sharding, abstract, device_put, to_host
from dl_jax.training.step import Learner, State, init_state, steps_on

SECONDS_A_CALL = 5.0
"""A call should end after about so long, so that progress shows, Ctrl-C is heard and states are saved."""
FLOPS_A_SECOND = {"cpu": 3e10, "gpu": 3e12, "tpu": 3e12}
"""A modest device's float32 rate, to cut the work into calls; a faster one has shorter calls."""
STEPS_UNROLLED = 4
"""Steps a program where they are written out one after the other."""


def fit(
    learner: Learner, train: Examples | Stream, key: Key, steps: int, *, context: Context, batch_size: int = 128
) -> tuple[State, np.ndarray]:
    """Train for `steps` steps. Returns the last state and the errors E_T before each step.

    Every batch is shared out over the devices along "trial" and "data", and so are the weights; a layer's units along
    "model". A training that was saved goes on from there. Where the place only plans, the state is one of shapes, and
    the errors are not numbers.
    """
    sharding = Sharding(context.mesh, ("trial", "data"))
    key_init, key_batch = jax.random.split(key)
    if isinstance(train, Stream):
        example, shown = train.example, _streamed(train, sharding, batch_size)
    else:
        example, shown = jax.tree.map(lambda part_N: part_N[0], train), _held(train, key_batch, sharding, batch_size)

    def start(key_data):
        x_1xD = jnp.zeros((1, *example.x.shape), example.x.dtype)
        return init_state(learner, jax.random.wrap_key_data(key_data), x_1xD), jnp.full(steps, jnp.nan, jnp.float32)

    key_data = np.asarray(jax.random.key_data(key_init))
    shapes = sharding.abstract(jax.eval_shape(start, key_data))
    shardings = jax.tree.map(lambda leaf: leaf.sharding, shapes)
    x_BxD = jax.ShapeDtypeStruct((batch_size, *example.x.shape), example.x.dtype)
    forward = matrix_products(learner.model.apply, shapes[0].params, x_BxD)
    flops, unroll = step_flops(forward), unrolled(forward, context)

    @cache
    def program(steps_a_call):
        def call(state, error_T, given):
            shown_T, batch = shown.inside(state.step, steps_a_call, given)
            new, new_T = steps_on(learner, state, shown_T, lambda each: sharding.shard_batch(batch(each)), unroll)
            return new, jax.lax.dynamic_update_slice(error_T, new_T, (state.step,)), new_T[-1]

        return jax.jit(call, donate_argnums=(0, 1), out_shardings=(*shardings, sharding.replicated))

    cut = list(calls(steps, flops / context.mesh.size, context.kind, STEPS_UNROLLED if unroll else steps))
    if context.events.dry_run:
        length = cut[0][1]
        context.events.dry_run("fit", program(length), (*shapes, shown.shapes(length)), flops * length)
        return shapes[0], np.full(steps, np.nan, np.float32)

    saved = context.events.checkpointer({"steps": steps, "batch": batch_size, "key": key_data.tolist()})
    first, found = saved.newest(shapes) or (0, None)
    state, error_T = found or jax.jit(start, out_shardings=shardings)(key_data)
    state, error_T = jax.block_until_ready((state, error_T))  # drawing the weights is no step of theirs
    clock, at, last = Clock(), first, None
    began = perf_counter()
    for done, _ in cut:
        if done <= first:
            continue
        given = shown.given(at, done - at)
        state, error_T, newest = clock.ready(program(done - at), state, error_T, given)(state, error_T, given)
        saved.after(done, (state, error_T))
        # The devices are at work on this call while the host waits for the one before and reads ahead for the next.
        if last is not None:
            jax.block_until_ready(last)
            context.events.progress("fit", at, steps)
        at, last = done, newest
    errors = to_host(error_T)
    context.events.progress("fit", steps, steps)
    clock.run_s = perf_counter() - began - clock.compile_s
    context.events.cost(clock.spent(flops * (steps - first)))
    saved.done()
    return state, errors


class _Shown(NamedTuple):
    """How a program comes by its batches.

    given:  (first step, steps) -> what the program is given.
    shapes: (steps) -> the same by shape alone.
    inside: (first step, steps, given) -> one entry for each step, and what makes a batch of an entry; traced.
    """

    given: Callable[[int, int], Any]
    shapes: Callable[[int], Any]
    inside: Callable[[jax.Array, int, Any], tuple[Any, Callable[[Any], Examples]]]


def _held(train, key, sharding, batch_size) -> _Shown:
    """Examples that lie on every device; the program draws from them."""
    given = train, shuffle_bits(key)
    placed = cache(lambda: device_put(given, sharding.replicated))

    def inside(first, steps, given):
        (x_NxD, y_N), order_2xR = given
        index_TxB = batch_indices(order_2xR, first, steps, len(x_NxD), batch_size)
        return index_TxB, lambda index_B: Examples(x_NxD[index_B], y_N[index_B])

    def shapes(steps):
        return abstract(given, sharding.replicated)

    return _Shown(lambda first, steps: placed(), shapes, inside)


def _streamed(stream, sharding, batch_size) -> _Shown:
    """Batches that are read while the devices compute; the program is given those of its steps."""
    sharding.check_batch_size(batch_size)

    def shapes(steps):
        def batches(part):
            shape = (steps, batch_size, *part.shape)
            return jax.ShapeDtypeStruct(shape, part.dtype, sharding=sharding.batches_TxB)

        return Examples(*map(batches, stream.example))

    def given(first, steps):
        return sharding.put_batches(stream.batches(first, steps, batch_size), batch_size)

    return _Shown(given, shapes, lambda first, steps, given: (given, lambda batch: batch))


def unrolled(forward: list[Product], context: Context) -> bool:
    """Whether to train without loops: a CPU convolves some forty times slower inside one than outside."""
    return context.kind == "cpu" and any(product.convolution for product in forward)


def calls(steps: int, flops_a_step: float, kind: str, at_most: int) -> Iterator[tuple[int, int]]:
    """Cut `steps` into calls of about SECONDS_A_CALL, no longer than `at_most`: (steps done after it, its steps).

    There are two lengths of calls at most, since each is a program of its own.
    """
    seconds = steps * flops_a_step / FLOPS_A_SECOND[kind]
    least = max(1, round(seconds / SECONDS_A_CALL), -(-steps // at_most))
    count = next((n for n in range(least, 2 * least + 1) if steps % n == 0), least)
    length = -(-steps // count)
    for done in range(0, steps, length):
        now = min(length, steps - done)
        yield done + now, now
