"""Optimisers on one problem from equal starts: what each has reached when so many examples had been looked at."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import PartitionSpec

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Row
from dl_jax.models.model import Key, Model, Params
from dl_jax.training import full_batch as batch_methods
from dl_jax.training import stochastic_methods
from dl_jax.training.context import Context, Cost, compute_all
from dl_jax.training.losses import Loss
from dl_jax.training.snapshots import remembering
from dl_jax.training.step import Learner
from dl_jax.training.old_sweep import sweep

STOCHASTIC, BATCH = tuple(stochastic_methods.METHODS), tuple(batch_methods.METHODS)
"""Those that look at a few examples before each step, and those that look at all."""
LOOKS = ("loss", "test_error")


class Problem(NamedTuple):
    """What is to be learned, by whom, and what it may cost.

    passes_K: how many passes over the examples have been spent when looks are taken, ascending.
    ridge:    of the error that all reduce: mean objective + ridge/2 |w|^2.
    wrong:    (scores_BxC, targets) -> test error of each, where it is not the objective.
    sooner:   settings are judged by the mean over the looks, so that who is sooner is preferred, not by the last.
    """

    model: Model
    loss: Loss
    examples: Splits | Callable[[Key], Splits]
    passes_K: Sequence[float]
    batch_size: int
    ridge: float = 0.0
    wrong: Callable[[jax.Array, jax.Array], jax.Array] | None = None
    sooner: bool = False


def race(
    problem: Problem, settings: dict[str, Sequence[float]], seeds: Sequence[int], context: Context, /, **axes: Any
) -> list[Row]:
    """What every method reaches with every setting: the methods of a seed have the same examples and first weights.

    settings: the values to choose from, of each method that runs, equally many. Rows, with the axes method, setting:
    loss:             the error that is reduced, over all training examples; it and
    test_error        at each of the passes, an axis of their own.
    validation_score: minus the error on the validation examples, to choose a setting by.
    seconds_a_pass:   the mean over the method's runs, each on one device, drawing the examples and the looks
                      included. The stochastic methods run as one program, and each has the mean over all of them.
    """
    few, rest = (
        [{"method": name, "setting": value, "seed": s} for name in names if name in settings for value in settings[name]
         for s in seeds] for names in (STOCHASTIC, BATCH)
    )  # fmt: skip
    rows = (
        context.events.cached({"race": axes, "trials": few}, lambda: _stochastic(problem, few, context, axes))
        if few
        else []
    )
    if rest:
        rows += context.events.cached({"race": axes, "trials": rest}, lambda: _batch(problem, rest, context, axes))
    return rows


def _stochastic(problem, trials, context, axes):
    """By a sweep, whose learners remember their weights on the way."""
    names = tuple(dict.fromkeys(trial["method"] for trial in trials))
    examples = problem.examples
    splits = jax.eval_shape(examples, jax.random.key(0)) if callable(examples) else examples
    steps_a_pass = len(splits.train.x) // min(problem.batch_size, len(splits.train.x))
    steps_K = [max(1, round(passes * steps_a_pass)) for passes in problem.passes_K]

    def learner(trial):
        optimizer = stochastic_methods.stochastic(names, trial["method"], trial["setting"], problem.ridge)
        return remembering(Learner(problem.model, problem.loss, optimizer), steps_K)

    def look(learner, first, last, splits):
        return _look(problem, last["then"], splits)

    costs = []
    aside = context.with_events(cached=compute_all, spend=costs.append, shards=1)
    rows = sweep(
        learner, examples, trials, steps=steps_K[-1], look=look, context=aside, batch_size=problem.batch_size, **axes
    )
    context.events.cost(costs[0])
    columns = {
        name: np.reshape([row["value"] for row in rows if row["metric"] == name], (len(trials), -1))
        for name in (*LOOKS, "validation_score")
    }
    return list(_rows(problem, trials, columns, costs[0].run_s * context.mesh.size / len(trials), axes))


def _batch(problem, trials, context, axes):
    """One program for all methods, which takes one method after the other, to time them apart."""
    share, fixed = PartitionSpec("trial"), None if callable(problem.examples) else problem.examples
    names = tuple(dict.fromkeys(trial["method"] for trial in trials))

    def one(fixed, index, setting, seed):
        key_data, key_init, _ = jax.random.split(jax.random.key(seed), 3)  # as a trial of the sweep begins
        splits = problem.examples(key_data) if fixed is None else fixed
        w_P, whole = ravel_pytree(problem.model.init(key_init, splits.train.x[:1]))
        method = batch_methods.batch(names, index, setting)
        w_KxP, _ = batch_methods.minimise(
            method, lambda w_P: _error(problem, whole(w_P), splits.train), w_P, problem.passes_K
        )
        return _look(problem, jax.vmap(whole)(w_KxP), splits)

    def over(fixed, index, setting_R, seed_R):
        return jax.lax.map(lambda each: one(fixed, index, *each), (setting_R, seed_R))

    specs = (PartitionSpec(), PartitionSpec(), share, share)
    program = jax.jit(jax.shard_map(over, mesh=context.mesh, in_specs=specs, out_specs=share, check_vma=False))

    def numbers(index):
        own = [trial for trial in trials if trial["method"] == names[index]]
        padded = np.arange(-(-len(own) // context.mesh.size) * context.mesh.size) % len(own)
        columns = [np.asarray([trial[axis] for trial in own]) for axis in ("setting", "seed")]
        return own, (fixed, np.int32(index), columns[0][padded].astype(np.float32), columns[1][padded].astype(np.int32))

    if context.events.dry_run:
        shapes = jax.eval_shape(lambda *arguments: arguments, *numbers(0)[1])
        context.events.dry_run("batch methods", program, shapes, 0.0)
        columns = jax.tree.map(lambda leaf: np.zeros(leaf.shape), jax.eval_shape(program, *shapes))
        return [row for at in range(len(names)) for row in _rows(problem, numbers(at)[0], columns, 0.0, axes)]
    began = perf_counter()
    # On a CPU half of the compiler's work is left out: most of these programs run for less time than it takes.
    quick = {"xla_backend_optimization_level": 1} if context.kind == "cpu" else {}
    compiled = program.lower(*numbers(0)[1]).compile(compiler_options=quick)
    compile_s, rows = perf_counter() - began, []
    for index, name in enumerate(names):
        own, arguments = numbers(index)
        began = perf_counter()
        columns = jax.tree.map(np.asarray, compiled(*arguments))
        run_s = perf_counter() - began
        context.events.cost(Cost(int(index == 0), compile_s * (index == 0), run_s, 0.0))
        context.events.progress(name, index + 1, len(names))
        rows += _rows(problem, own, columns, run_s * context.mesh.size / len(arguments[-1]), axes)
    return rows


def _error(problem: Problem, params: Params, examples: Examples) -> jax.Array:
    """What is reduced."""
    squares = sum(jnp.sum(w**2) for w in jax.tree.leaves(params))
    errors_N = problem.loss(problem.model.apply(params, examples.x), examples.y)
    return jnp.mean(errors_N) + 0.5 * problem.ridge * squares


def _look(problem, params_K, splits):
    def wrong(params, examples):
        scores_NxC = problem.model.apply(params, examples.x)
        return jnp.mean((problem.wrong or problem.loss)(scores_NxC, examples.y))

    def look(params):
        return _error(problem, params, splits.train), wrong(params, splits.test), wrong(params, splits.validation)

    loss_K, test_K, validation_K = jax.lax.map(look, params_K)
    chosen_by = jnp.mean(validation_K) if problem.sooner else validation_K[-1]
    return {"loss": loss_K, "test_error": test_K, "validation_score": -chosen_by}


def _rows(problem, trials, columns, seconds, axes):
    a_pass = seconds / problem.passes_K[-1]
    for at, trial in enumerate(trials):
        row = {"trial": at, **axes, **trial}
        for name in LOOKS:
            for passes, value in zip(problem.passes_K, columns[name][at], strict=True):
                yield {**row, "passes": float(passes), "metric": name, "value": float(value)}
        yield {**row, "metric": "validation_score", "value": float(np.ravel(columns["validation_score"])[at])}
        yield {**row, "metric": "seconds_a_pass", "value": a_pass}
