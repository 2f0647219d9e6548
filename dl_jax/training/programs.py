"""The programs of a sweep: start, advance, evaluate; each for all trials of a batch, over all devices."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from dl_jax.data.by_seed import BySeed, as_by_seed, changes_key
from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.model import Key, Params
from dl_jax.training import full_batch_step
from dl_jax.training.batches import shuffle_bits
from dl_jax.training.context import Context
from dl_jax.training.flops import matrix_products, step_flops
from dl_jax.training.full_batch import Method, Point
from dl_jax.training.grid import Program, Trial
from dl_jax.training.loop import STEPS_UNROLLED, Call, cut, unrolled
from dl_jax.training.over_trials import over_trials, trials_per_device
from dl_jax.training.sharding import Sharding
from dl_jax.training.step import Learner, State, chunk, init_state, some_of_chunk

CALLS_OF_ANY_LENGTH = 16
"""Calls into which a training is cut at least, where one program serves all lengths of calls."""


class Run(NamedTuple):
    """A trial at an evaluation step, as `evaluate` sees it; everything is traced.

    learner:     what is trained; the model, loss and optimizer of the trial.
    init_params: the weights before the first step.
    params:      the weights now. In `evaluate_path`: those of all evaluation steps, with a leading axis K.
    splits:      the data of the trial; `train` is what it is trained on.
    trial:       its values on the axes of the grid.
    key:         a random key of the seed, for the evaluation's own draws.
    """

    learner: Learner
    init_params: Params
    params: Params
    splits: Splits
    trial: Trial
    key: Key


Evaluate = Callable[[Run], dict[str, Any]]
"""Metrics of a run by name: scalars, or arrays with named axes (`named`, `array`); traced."""


class Carry(NamedTuple):
    """What a trial carries from call to call: its state, and the loss before each step so far (the rest NaN).

    Of a full-batch method a step is a pass, and the loss is that after it: see `full_batch_step.init_state`.
    """

    state: State
    loss_T: jax.Array


class Programs(NamedTuple):
    """What all trials of a program share. `shared` are the arrays from which each trial has its examples.

    draw:          (shared, columns_R) -> of_trial_R: what `BySeed.draw` gives, a subset or None, the bits of shuffles.
    start:         (shared, columns_R, of_trial_R) -> carry_R, first weights_R.
    advance:       (steps of a call) -> the program (shared, columns_R, of_trial_R, steps, carry_R) -> carry_R, marker.
    evaluate:      (shared, columns_R, of_trial_R, first weights_R, carry_R) -> metrics_R, or None.
    evaluate_path: (shared, columns_R, of_trial_R, first weights_R, weights_KxR) -> metrics_R, or None.
    slots:         trials that all devices compute at once.
    calls:         how the training of `slots` trials is cut into calls.
    flops:         useful FLOPs of one step of one trial.
    """

    draw: Callable
    start: Callable
    advance: Callable[[int], Callable]
    evaluate: Callable | None
    evaluate_path: Callable | None
    shared: Any
    slots: int
    calls: tuple[Call, ...]
    flops: float


class Setup(NamedTuple):
    """The arguments of `sweep` for one of its programs."""

    learner: Callable[[Trial], Learner]
    data: Splits | BySeed | Callable[[Key], Splits]
    program: Program
    steps: int
    evaluate: Evaluate | None
    eval_steps: tuple[int, ...]
    early: int
    """The step near three quarters at which to evaluate too; 0 for none."""
    evaluate_path: Evaluate | None
    subset: Callable[[Key, Examples], Examples] | None
    batch_size: int
    timed: bool

    @property
    def all_eval_steps(self) -> tuple[int, ...]:
        """Every step at which to evaluate."""
        return tuple(sorted({*self.eval_steps, *([self.early] if self.early else [])}))


def programs_of(setup: Setup, context: Context) -> Programs:
    """Build the programs of a sweep."""
    learner, evaluate, path, subset = setup.learner, setup.evaluate, setup.evaluate_path, setup.subset
    data, sharding = as_by_seed(setup.data), Sharding(context.mesh, ("data",))
    trial_of, columns = setup.program.trial, setup.program.columns()

    def splits_of(shared, of_trial):
        """The data of a trial, perhaps with its own subset of the training examples. Unused parts cost nothing."""
        splits = data.build(shared, of_trial[0])
        return splits._replace(train=of_trial[1]) if subset else splits

    def keys_of(columns):
        return jax.random.split(jax.random.key(columns["seed"]), 3)

    def draw(shared, columns):
        key_data, _, key_batch = keys_of(columns)
        drawn = data.draw(shared, key_data)
        train = subset(changes_key(key_data, data.changes), data.build(shared, drawn).train) if subset else None
        return drawn, train, shuffle_bits(key_batch)

    def start(shared, columns, of_trial):
        trained, train, key = learner(trial_of(columns)), splits_of(shared, of_trial).train, keys_of(columns)[1]
        if isinstance(trained.optimizer, Method):
            carry = Carry(*full_batch_step.init_state(trained, key, train, setup.steps))
        else:
            carry = Carry(init_state(trained, key, train.x[:1]), jnp.full(setup.steps, jnp.nan, jnp.float32))
        return carry, jax.tree.map(jnp.copy, carry.state.params)

    def advance(length, shared, columns, of_trial, count, carry):
        state, train = sharding.constrain(carry.state), splits_of(shared, of_trial).train
        trained, loss_T, inputs = learner(trial_of(columns)), carry.loss_T, (train, of_trial[-1], length)
        if full_batch:
            state, loss_T = full_batch_step.take_passes(trained, state, loss_T, sharding.shard_batch(train), count)
        elif dynamic:
            state, loss_T = some_of_chunk(
                trained, state, loss_T, *inputs, count, setup.batch_size, sharding.shard_batch
            )
        else:
            first = state.step
            state, new_T = chunk(trained, state, *inputs, setup.batch_size, unroll, sharding.shard_batch)
            loss_T = jax.lax.dynamic_update_slice(loss_T, new_T, (first,))
        return Carry(state, loss_T), loss_T[-1]

    def run_of(shared, columns, of_trial, init_params, params):
        trial = trial_of(columns)
        key = jax.random.fold_in(keys_of(columns)[2], 1)
        return Run(learner(trial), init_params, params, splits_of(shared, of_trial), trial, key)

    first = jax.tree.map(lambda column_R: column_R[0], columns)
    of_trial = jax.eval_shape(draw, data.shared, first)
    carry, _ = jax.eval_shape(start, data.shared, first, of_trial)
    full_batch = isinstance(carry.state.optimizer, Point)
    x_NxD = jax.eval_shape(splits_of, data.shared, of_trial).train.x
    examples = len(x_NxD) if full_batch else min(setup.batch_size, len(x_NxD))
    x_BxD = jax.ShapeDtypeStruct((examples, *x_NxD.shape[1:]), x_NxD.dtype)
    forward = matrix_products(
        lambda columns, *inputs: learner(trial_of(columns)).model.apply(*inputs), first, carry.state.params, x_BxD
    )
    flops, unroll = step_flops(forward), unrolled(forward, context) and not full_batch
    # Full-batch methods differ in what a step costs: side by side, all would wait for the slowest.
    alone = unroll or full_batch or sharding.is_sharded
    at_once = 1 if alone else trials_per_device(context.kind, flops, len(columns["seed"]))
    slots = context.mesh.shape["trial"] * at_once
    cut_at = partial(cut, setup.steps, flops * slots / context.mesh.size, context.kind, eval_steps=setup.all_eval_steps)
    calls = tuple(cut_at(at_most=STEPS_UNROLLED if unroll else setup.steps))
    # Where evaluation steps lie unevenly, one program serves calls of all lengths, and shuffles for the longest.
    dynamic = full_batch or (not unroll and len({call.steps for call in calls}) > 2)
    if dynamic and not full_batch:
        calls = tuple(cut_at(at_most=-(-setup.steps // CALLS_OF_ANY_LENGTH)))
    over = partial(over_trials, context, sharding, unroll)
    # Off the training steps a CPU goes from trial to trial: LAPACK on a batch can wait for its own threads for ever.
    batch = 1 if context.kind == "cpu" else at_once
    # These programs run once and are mostly random numbers, which take long to compile and no time to run. Drawing the
    # examples is a program by itself: sweeps that differ in model or method alone find it in the compilation cache.
    quick = {"compiler_options": {"xla_backend_optimization_level": 1}} if context.kind == "cpu" else {}
    length = cache(lambda steps: over(partial(advance, steps), "srrsr", at_once, donate_argnums=4))

    def at_step(shared, columns, of_trial, init_params, carry):
        return evaluate(run_of(shared, columns, of_trial, init_params, carry.state.params))

    def along_path(shared, columns, of_trial, init_params, params_K):
        return path(run_of(shared, columns, of_trial, init_params, params_K))

    return Programs(
        draw=over(draw, "sr", batch, **quick),
        start=over(start, "srr", batch, **quick),
        advance=lambda steps: length(max(call.steps for call in calls) if dynamic else steps),
        evaluate=evaluate and over(at_step, "srrrr", batch),
        evaluate_path=path and over(along_path, "srrrr", batch),
        shared=data.shared,
        slots=slots,
        calls=calls,
        flops=flops,
    )
