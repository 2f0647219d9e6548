"""The one loop over chunks of steps on the host: progress, checkpoints, evaluation, dry runs.

Everything that trains comes through `train`: one large model, sweeps of many, full-batch methods, ensembles, streams.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from math import gcd
from typing import Any, NamedTuple

import jax

from dl_jax.training.clock import Clock
from dl_jax.training.context import Checkpointer, Context, NoCheckpointer
from dl_jax.training.flops import MatrixProduct
from dl_jax.training.sharding import to_host

SECONDS_PER_CALL = 5.0
"""A call of a program should take about this long, so that progress shows, Ctrl-C is obeyed and states are saved."""
FLOPS_PER_SECOND = {"cpu": 3e10, "gpu": 3e12, "tpu": 3e12}
"""The float32 rate of a modest device, to cut a training into calls; on a faster one the calls are shorter."""
CALLS_OF_EQUAL_LENGTH = 16
"""Calls into which a training is cut at most so that all have one length."""
STEPS_UNROLLED = 4
"""Steps of a program in which they are written out one after the other."""


class Call(NamedTuple):
    """One call of a program: from step `first`, this many steps."""

    first: int
    steps: int

    @property
    def done(self) -> int:
        """Steps taken after the call."""
        return self.first + self.steps


class Job(NamedTuple):
    """A training, as the loop sees it. Its `carry` changes from call to call and stays on the devices.

    start:    () -> the carry before the first step; in a dry run, its shapes and shardings.
    advance:  (call) -> (program, arguments): program(*arguments, carry) -> (carry, marker); the marker is an array that
              is ready when the call is done. In a dry run the arguments are shapes.
    evaluate: (carry) -> metrics, still on the devices.
    flops:    useful FLOPs of a step.
    """

    start: Callable[[], Any]
    advance: Callable[[Call], tuple[Any, tuple]]
    evaluate: Callable[[Any], Any]
    flops: float


def train(
    job: Job,
    calls: Iterable[Call],
    *,
    label: str,
    context: Context,
    clock: Clock,
    eval_steps: Iterable[int] = (),
    restored: tuple[int, Any] | None = None,
    checkpointer: Checkpointer | None = None,
    on_step: Callable[[int], None] = lambda step: None,
) -> tuple[Any, dict[int, Any]]:
    """Make the calls. Returns the last carry and {step: metrics} as NumPy arrays.

    restored: (step, carry) to go on from.
    on_step:  called with the number of steps taken whenever a call is done.

    In a dry run (`Events.dry_run`) the program of the first call is passed on, and the carry stays one of shapes. A
    call is on the devices while the host waits for the one before and prepares the next.
    """
    calls, wanted, metrics = list(calls), set(eval_steps), {}
    if context.events.dry_run:
        carry = job.start()
        program, arguments = job.advance(calls[0])
        context.events.dry_run(label, program, (*arguments, carry), job.flops * calls[0].steps)
        return carry, {step: job.evaluate(carry) for step in sorted(wanted)}
    step, carry = restored or (0, job.start())
    checkpointer, waiting = checkpointer or NoCheckpointer(), None
    if step in wanted:
        metrics[step] = job.evaluate(carry)
    for call in calls:
        if call.done <= step:
            continue
        program, arguments = job.advance(Call(step, call.done - step))
        carry, marker = clock.run(program, *arguments, carry)
        checkpointer.save_if_due(call.done, carry)
        if waiting is not None:
            jax.block_until_ready(waiting)
            on_step(step)
        step, waiting = call.done, marker
        if step in wanted:
            metrics[step] = job.evaluate(carry)
    carry, metrics = jax.block_until_ready((carry, metrics))
    on_step(step)
    checkpointer.close()
    return carry, to_host(metrics)


def cut(steps: int, flops_per_step: float, kind: str, at_most: int, eval_steps: Iterable[int] = ()) -> Iterator[Call]:
    """Cut a training into calls of about SECONDS_PER_CALL, of `at_most` steps, that end at evaluation steps.

    Between two evaluations there are two lengths of calls at most, since each may be a program of its own. Where some
    CALLS_OF_EQUAL_LENGTH would do, all have one length.
    """
    ends = sorted({0, steps, *eval_steps})
    equal = gcd(*ends)
    if equal and steps // equal <= CALLS_OF_EQUAL_LENGTH:
        ends = list(range(0, steps + 1, equal))
    for first, last in pairwise(ends):
        seconds = (last - first) * flops_per_step / FLOPS_PER_SECOND[kind]
        least = max(1, round(seconds / SECONDS_PER_CALL), -(-(last - first) // at_most))
        count = next((n for n in range(least, 2 * least + 1) if (last - first) % n == 0), least)
        length = -(-(last - first) // count)
        yield from (Call(at, min(length, last - at)) for at in range(first, last, length))


def unrolled(forward: list[MatrixProduct], context: Context) -> bool:
    """Whether to write the steps out without a loop: a CPU convolves some forty times slower inside one."""
    return context.kind == "cpu" and any(product.convolution for product in forward)
