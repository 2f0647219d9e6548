"""Training all trials of one program, a batch of them at a time."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.training.clock import Clock
from dl_jax.training.context import Context
from dl_jax.training.loop import Job, train
from dl_jax.training.over_trials import by_trial
from dl_jax.training.programs import Programs, Setup
from dl_jax.training.sharding import Sharding, abstract, device_put, to_host


class Trained(NamedTuple):
    """The result of a training, for all trials.

    metrics:   by step.
    path:      the metrics of the path.
    loss_RxT:  the loss before each step.
    seconds_R: that each trial ran on one device, without compiling: the mean over the trials of its batch.
    """

    metrics: dict[int, Any]
    path: Any
    loss_RxT: np.ndarray
    seconds_R: np.ndarray


def train_all(
    programs: Programs, setup: Setup, columns: dict[str, np.ndarray], label: str, clock: Clock, context: Context
) -> Trained:
    """Train all trials, a batch of `slots` at a time; each batch is filled up with copies of the last trial.

    columns: the entries of every trial on the traced axes. label: for the progress line.
    """
    trials, batches = len(columns["seed"]), []
    put = abstract if context.events.dry_run else device_put
    shared = put(programs.shared, Sharding(context.mesh, ()).replicated)
    firsts = range(0, trials, programs.slots)
    clock.restart()
    for number, first in enumerate(firsts):
        index = np.minimum(np.arange(first, first + programs.slots), trials - 1)
        columns_R = put({axis: column_R[index] for axis, column_R in columns.items()}, by_trial(context))

        def on_step(step, number=number):
            context.events.progress(label, number * setup.steps + step, len(firsts) * setup.steps)

        batches.append(_train_batch(programs, setup, shared, columns_R, label, clock, context, on_step))
    cost = clock.cost(0.0 if context.events.dry_run else programs.flops * setup.steps * trials)
    context.events.cost(cost)
    return jax.tree.map(lambda *parts_R: np.concatenate(parts_R)[:trials], *batches)


def _train_batch(programs, setup, shared, columns_R, label, clock, context, on_step) -> Trained:
    dry, path, before_s = context.events.dry_run, [], clock.run_s

    def run(program, *arguments):
        """Call a program; in a dry run, return zeros of the shapes of its outputs."""
        if not dry:
            return clock.run(program, *arguments)
        return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(program, *arguments))

    def begin(program, *arguments):
        """Call a program; in a dry run, return the shapes of its outputs."""
        if not dry:
            return clock.run(program, *arguments)
        return abstract(jax.eval_shape(program, *arguments), by_trial(context))

    of_trial_R = begin(programs.draw, shared, columns_R)
    given = (shared, columns_R, of_trial_R)
    carry_R, first_R = jax.block_until_ready(begin(programs.start, *given))

    def evaluate(carry_R):
        if programs.evaluate_path:
            path.append(carry_R.state.params if dry else clock.run(_copied, carry_R.state.params))
        return run(programs.evaluate, *given, first_R, carry_R) if programs.evaluate else {}

    job = Job(
        start=lambda: carry_R,
        advance=lambda call: (programs.advance(call.steps), (*given, np.int32(call.steps))),
        evaluate=evaluate,
        flops=programs.flops * programs.slots,
    )
    carry_R, metrics = train(
        job, programs.calls, label=label, context=context, clock=clock, eval_steps=setup.all_eval_steps, on_step=on_step
    )
    of_path = {}
    if programs.evaluate_path:
        of_path = to_host(run(programs.evaluate_path, *given, first_R, begin(_stacked, *path)))
    seconds = 0.0 if dry else (clock.run_s - before_s) * context.mesh.size / programs.slots
    loss_RxT = np.zeros((programs.slots, setup.steps)) if dry else to_host(carry_R.loss_T)
    return Trained(metrics, of_path, loss_RxT, np.full(programs.slots, seconds))


@jax.jit
def _copied(params_R):
    """A copy that outlives the next call, to which the weights are donated."""
    return jax.tree.map(jnp.copy, params_R)


@jax.jit
def _stacked(*params_R):
    """The weights of all evaluation steps, with the axes R and K first."""
    return jax.tree.map(lambda *leaves_R: jnp.stack(leaves_R, 1), *params_R)
