"""Many trainings at once: one program for all trials that differ in numbers only.

Axes that change shapes or code (`static`: depth, width, a method) make a program each. All other axes (seed, learning
rate, initial scale, a `choice` of nonlinearity) are columns of one program, which serves all their values.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial

import jax
import numpy as np

from dl_jax.data.by_seed import BySeed, as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import Label
from dl_jax.evidence.records import Records, measured
from dl_jax.models.model import Key
from dl_jax.training.clock import Clock
from dl_jax.training.context import Context, local_context
from dl_jax.training.grid import Grid, PerProgram, Trial, resolve
from dl_jax.training.programs import Evaluate, Setup, programs_of
from dl_jax.training.step import Learner
from dl_jax.training.trials import train_all


def sweep(
    learner: Callable[[Trial], Learner],
    data: Splits | BySeed | Callable[[Key], Splits] | PerProgram,
    trials: Grid,
    *,
    steps: int | PerProgram,
    evaluate: Evaluate | PerProgram | None = None,
    context: Context | None = None,
    batch_size: int | PerProgram = 128,
    eval_steps: Iterable[int] | PerProgram | None = None,
    evaluate_path: Evaluate | PerProgram | None = None,
    subset: Callable[[Key, Examples], Examples] | PerProgram | None = None,
    timed: bool = False,
    plateau: bool = True,
    **axes: Label,
) -> Records:
    """Train every trial and return the records of its metrics, with `axes` and the trial's own values as columns.

    learner:       what a trial trains; called while tracing, with static values and chosen things as they are.
    data:          drawn by each seed: `Dataset.by_seed()`, or a function from the seed's key to its `Splits`. Or one
                   `Splits` for all trials, which no interval over seeds takes for a draw.
    steps:         to train for; of a full-batch method (`full_batch.Method`), passes over the training examples.
    evaluate:      (Run) -> {name: scalar, `named` or `array`}, traced.
    context:       devices and events; None: all devices of this host, nothing reported.
    eval_steps:    numbers of steps after which to evaluate, 0 included; the records then have the column "step". None:
                   once, at the end.
    evaluate_path: (Run) -> metrics, once at the end, of the weights at all evaluation steps; without the column "step".
    subset:        (key, training examples) -> what each seed is trained on, or with which labels; traced.
    plateau:       evaluate also when about three quarters of the steps are done: rows with the column "trained", which
                   `Records.where` hides and the judge reads to see whether the metrics still move. Not done where
                   there is no evaluation at the end, or with `evaluate_path`.
    timed:         add the metric `seconds`: what a trial took on one device, without compiling; the mean over the
                   trials that run at the same time.

    Arguments that differ between programs are wrapped: `per_program(lambda trial: ...)`.

    Every trial also has `train_loss`, the mean loss of the last 20th of the steps before an evaluation, and
    `diverged_at`, the first step with a loss that is not finite (-1 for none): a diverged trial is a value like any
    other, and touches no other trial. Evaluated on data with a test split it has `test_examples`, their number.

    A trial's key depends on its seed alone, so that trials of one seed start alike and are compared in pairs.
    """
    context, parts = context or local_context(), []
    for program in trials.programs():
        of_program = partial(resolve, static=program.static)
        total = of_program(steps)
        until, path = of_program(eval_steps), of_program(evaluate_path)
        evaluated = (total,) if until is None else tuple(sorted({min(step, total) for step in until}))
        measured_early = plateau and not path and total in evaluated
        setup = Setup(
            learner,
            of_program(data),
            program,
            total,
            of_program(evaluate),
            evaluated,
            three_quarters(total, evaluated) if measured_early else 0,
            path,
            of_program(subset),
            of_program(batch_size),
            timed,
        )
        parts.append(_records_of_program(setup, {**axes, **program.static}, axes, until is not None, context))
    return Records.gather(parts)


def evenly(steps: int, count: int) -> list[int]:
    """`count` evaluation steps at even distances, the last at the end; all of them, if there are fewer."""
    count = min(count, steps)
    return [steps * (number + 1) // count for number in range(count)]


def three_quarters(steps: int, eval_steps: Iterable[int]) -> int:
    """The evaluation step nearest to three quarters of the steps, if one is between 0.7 and 0.8; else a new one.

    0 for trainings of fewer than four steps.
    """
    near = [step for step in eval_steps if 0.7 * steps <= step <= 0.8 * steps]
    return min(near, key=lambda step: abs(step - 0.75 * steps)) if near else 3 * steps // 4 if steps >= 4 else 0


def _records_of_program(setup, shown, axes, with_step, context) -> Records:
    """The records of all trials of a program; those of a part of them may come from an earlier run."""
    program, clock = setup.program, Clock()
    trials = [program.grid.trials[number] for number in program.numbers]
    columns, programs = program.columns(), cache(lambda: programs_of(setup, context))
    label = ", ".join(f"{name} {value}" for name, value in shown.items() if len(str(value)) < 24) or "training"

    def compute(part):
        chosen = {axis: column_R[np.asarray(part)] for axis, column_R in columns.items()}
        trained = train_all(programs(), setup, chosen, label, clock, context)
        # Once for all trials of a program: tracing how data are drawn takes milliseconds.
        test = getattr(as_by_seed(setup.data).shapes, "test", None)
        counts = {"test_examples": len(test.y)} if setup.evaluate and isinstance(test, Examples) else {}
        return Records.gather(
            record
            for at, index in enumerate(part)
            for record in _records_of_trial(
                trained, at, setup, {"trial": program.numbers[index], **axes, **trials[index]}, with_step, counts
            )
        )

    key = {"axes": axes, "trials": trials, "steps": setup.steps, "batch_size": setup.batch_size}
    key |= {"eval_steps": setup.eval_steps, "early": setup.early, "timed": setup.timed}
    parts = _parts(len(trials), context.events.shards)
    return context.events.cached(key, *(partial(compute, part) for part in parts))


def _records_of_trial(trained, at, setup, where, with_step, counts):
    loss_T = trained.loss_RxT[at]
    for step in setup.eval_steps:
        values = jax.tree.map(lambda leaf_R: leaf_R[at], trained.metrics[step])
        if step:
            values["train_loss"] = loss_T[max(0, step - max(1, setup.steps // 20)) : step].mean()
        yield measured(values, **where, **({"step": step} if with_step else {}))
    if setup.early:
        values = jax.tree.map(lambda leaf_R: leaf_R[at], trained.metrics[setup.early])
        numbers = Records(measured(values, **where, **({"step": setup.steps} if with_step else {})).rows)
        yield numbers.with_axes(trained=setup.early / setup.steps)
    bad_T = ~np.isfinite(loss_T)
    last = {"diverged_at": int(bad_T.argmax()) if bad_T.any() else -1} | counts
    last |= {"seconds": trained.seconds_R[at]} if setup.timed else {}
    yield measured(last, **where, **({"step": setup.steps} if with_step else {}))
    yield measured(jax.tree.map(lambda leaf_R: leaf_R[at], trained.path), **where)


def _parts(trials, shards):
    """The trials' indices in at most `shards` parts, as equal as can be."""
    size = -(-trials // min(shards, trials))
    return [range(first, min(first + size, trials)) for first in range(0, trials, size)]
