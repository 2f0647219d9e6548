"""`fit` against a plain loop of steps: cut into calls, sharded, streamed, resumed, and in a dry run."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Stream
from dl_jax.errors import DataError
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training import loop
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.context import local_context
from dl_jax.training.fit import fit
from dl_jax.training.loop import STEPS_UNROLLED
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam, sgd
from dl_jax.training.step import Learner, init_state, step

GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(30, 4)).astype(np.float32), GENERATOR.integers(0, 3, 30).astype(np.int32))
LEARNER = Learner(mlp((6, 5), 3, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1))
KEY, STEPS, BATCH = jax.random.key(5), 11, 8


def by_hand():
    key_init, key_batch = jax.random.split(KEY)
    state, losses = init_state(LEARNER, key_init, TRAIN.x[:1]), []
    one = jax.jit(lambda state, batch: step(LEARNER, state, batch))
    for index_B in batch_indices(shuffle_bits(key_batch), jnp.int32(0), STEPS, 30, BATCH):
        state, loss = one(state, Examples(TRAIN.x[index_B], TRAIN.y[index_B]))
        losses.append(float(loss))
    return state, losses


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_it_equals_a_loop_of_steps(context):
    reports = []
    state, loss_T, *_ = fit(
        LEARNER,
        TRAIN,
        KEY,
        steps=STEPS,
        context=context.with_events(progress=lambda *report: reports.append(report)),
        batch_size=BATCH,
    )
    expected, losses = by_hand()
    close(loss_T, losses)
    jax.tree.map(close, state.params, expected.params)
    assert int(state.step) == STEPS
    assert reports == [("fit", STEPS, STEPS)]


def test_cutting_it_into_calls_changes_nothing(context, monkeypatch):
    whole, whole_T, *_ = fit(LEARNER, TRAIN, KEY, steps=STEPS, context=context, batch_size=BATCH)
    reports = []
    monkeypatch.setattr(loop, "FLOPS_PER_SECOND", {"cpu": 1000.0})
    cut, cut_T, *_ = fit(
        LEARNER,
        TRAIN,
        KEY,
        steps=STEPS,
        context=context.with_events(progress=lambda *report: reports.append(report[1:])),
        batch_size=BATCH,
    )
    assert len(reports) > 2
    assert reports[-1] == (STEPS, STEPS)
    close(cut_T, whole_T)
    jax.tree.map(close, cut.params, whole.params)


def test_a_convolution_on_a_cpu_is_trained_without_loops(context):
    images = Examples(TRAIN.x.reshape(30, 2, 2, 1), TRAIN.y)
    learner = LEARNER._replace(model=convnet((Stage(3, kernel=2, pool=1),), (4,), 3, NONLINEARITIES["tanh"]))
    reports = []
    reporting = context.with_events(progress=lambda *report: reports.append(report[1:]))
    state, loss_T, *_ = fit(learner, images, KEY, steps=2 * STEPS_UNROLLED + 1, context=reporting, batch_size=BATCH)
    assert len(loss_T) == 2 * STEPS_UNROLLED + 1 == int(state.step)
    assert [done for done, _ in reports] == [3, 6, 9]
    fit(LEARNER, TRAIN, KEY, steps=2 * STEPS_UNROLLED + 1, context=reporting, batch_size=BATCH)
    assert len(reports) == 4, "without convolutions the same steps are one call"


WIDE = Learner(mlp((256, 128), 8, NONLINEARITIES["tanh"]), cross_entropy, adam(0.01))
"""Wide enough that its weights are sharded."""


def many(first, steps, batch_size, count=64):
    """Batches of a stream, each a function of its step alone."""
    x_TxBxD, y_TxB = [], []
    for number in range(first, first + steps):
        generator = np.random.default_rng(number)
        x_TxBxD.append(generator.normal(size=(batch_size, count)).astype(np.float32))
        y_TxB.append(generator.integers(0, 8, batch_size).astype(np.int32))
    return Examples(np.stack(x_TxBxD), np.stack(y_TxB))


STREAM = Stream(Examples(jax.ShapeDtypeStruct((64,), np.float32), jax.ShapeDtypeStruct((), np.int32)), 1000, many)


@pytest.mark.parametrize(("data", "model"), [(1, 1), (8, 1), (4, 2), (1, 8)])
def test_sharding_a_model_over_devices_changes_rounding_only(data, model):
    alone, alone_T, *_ = fit(WIDE, STREAM, KEY, steps=4, context=local_context(1), batch_size=16)
    shared, shared_T, *_ = fit(WIDE, STREAM, KEY, steps=4, context=local_context(8, data, model), batch_size=16)
    close(shared_T, alone_T)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5), shared.params, alone.params)
    w = shared.params["layer_01"]["w"]
    assert w.addressable_shards[0].data.size == w.size / 8, "every device holds its own part of the weights"
    assert shared.optimizer[0].mu["layer_01"]["w"].sharding == w.sharding


def test_a_stream_is_trained_on_batch_by_batch():
    state, loss_T, *_ = fit(WIDE, STREAM, KEY, steps=3, context=local_context(2), batch_size=16)
    expected = init_state(WIDE, jax.random.split(KEY)[0], jnp.zeros((1, 64)))
    losses = []
    for number in range(3):
        batch = jax.tree.map(lambda part_1xB: part_1xB[0], many(number, 1, 16))
        expected, loss = step(WIDE, expected, batch)
        losses.append(loss)
    close(loss_T, losses)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5), state.params, expected.params)


def test_a_batch_that_makes_no_equal_parts_is_refused():
    with pytest.raises(DataError, match=r"a batch of 12 examples is not shared out among 8 devices .* multiple of 8"):
        fit(WIDE, STREAM, KEY, steps=3, context=local_context(8), batch_size=12)


class InMemory:
    """Keeps every state in memory; interrupts after the call in which step `at` is taken."""

    def __init__(self, at=10**9):
        self.states, self.at, self.closed = {}, at, False

    def restore(self, like):
        if not self.states:
            return None
        newest = max(self.states)
        return newest, jax.tree.map(lambda leaf, to: jax.device_put(leaf, to.sharding), self.states[newest], like)

    def save_if_due(self, step, tree):
        self.states[step] = jax.tree.map(np.asarray, tree)
        if step >= self.at:
            self.at = 10**9
            raise KeyboardInterrupt

    def close(self):
        self.closed = True


def test_a_resumed_training_ends_as_if_it_had_not_been_interrupted(monkeypatch):
    monkeypatch.setattr(loop, "FLOPS_PER_SECOND", {"cpu": 1e5})
    checkpoints, names = InMemory(at=4), []
    context = local_context(2).with_events(checkpointer=lambda name: names.append(name) or checkpoints)
    whole, whole_T, *_ = fit(WIDE, STREAM, KEY, steps=STEPS, context=local_context(2), batch_size=16)
    with pytest.raises(KeyboardInterrupt):
        fit(WIDE, STREAM, KEY, steps=STEPS, context=context, batch_size=16)
    assert not checkpoints.closed
    assert max(checkpoints.states) < STEPS
    first_steps = []
    stream = STREAM._replace(batches=lambda first, *rest: first_steps.append(first) or many(first, *rest))
    state, loss_T, *_ = fit(WIDE, stream, KEY, steps=STEPS, context=context, batch_size=16)
    assert checkpoints.closed
    assert min(first_steps) >= 4, "steps before the checkpoint are not taken again"
    np.testing.assert_array_equal(loss_T, whole_T)
    jax.tree.map(np.testing.assert_array_equal, state.params, whole.params)
    assert names[0] == names[1]


@pytest.mark.parametrize("train", [STREAM, TRAIN])
def test_a_dry_run_passes_the_program_on_and_trains_nothing(train):
    planned = []
    context = local_context(8, 4, 2).with_events(dry_run=lambda *arguments: planned.append(arguments))
    state, loss_T, *_ = fit(WIDE, train, KEY, steps=6, context=context, batch_size=16)
    ((label, program, arguments, flops),) = planned
    inputs = 64 if train is STREAM else 4
    assert (label, flops) == ("fit", 6 * 2 * 16 * (2 * inputs * 256 + 3 * (256 * 128 + 128 * 8)))
    assert np.isnan(loss_T).all()
    assert loss_T.shape == (6,)
    compiled = program.lower(*arguments).compile()
    assert compiled.memory_analysis().argument_size_in_bytes < sum(leaf.size for leaf in jax.tree.leaves(state)) * 4


def test_a_stream_is_prepared_before_the_time_is_taken_and_in_no_dry_run():
    prepared = []
    stream = STREAM._replace(prepare=lambda on_progress: (time.sleep(0.5), on_progress("examples written", 1, 1)))
    context = local_context(2).with_events(progress=lambda *report: prepared.append(report))
    fitted = fit(WIDE, stream, KEY, steps=1, context=context, batch_size=16)
    assert prepared[0] == ("examples written", 1, 1)
    assert fitted.cost.run_s < 0.5
    fit(WIDE, stream, KEY, steps=1, context=context.with_events(dry_run=lambda *program: None), batch_size=16)
    assert prepared.count(("examples written", 1, 1)) == 1


def test_a_monitor_is_recorded_for_each_step(context):
    def largest_change(before, after):
        return jnp.max(jnp.abs(after["layer_01"]["w"] - before["layer_01"]["w"]))

    plain = fit(LEARNER, TRAIN, KEY, steps=STEPS, context=context, batch_size=BATCH)
    watched = fit(LEARNER, TRAIN, KEY, steps=STEPS, context=context, batch_size=BATCH, monitor=largest_change)
    assert np.isnan(plain.monitored_T).all()
    assert watched.monitored_T.shape == (STEPS,)
    assert (watched.monitored_T > 0).all()
    close(watched.loss_T, plain.loss_T)


def test_one_device_gives_the_same_and_the_cost_counts_all_steps():
    several = fit(LEARNER, TRAIN, KEY, steps=STEPS, context=local_context(2), batch_size=BATCH)
    one = fit(LEARNER, TRAIN, KEY, steps=STEPS, context=local_context(2), batch_size=BATCH, single_device=True)
    close(one.loss_T, several.loss_T)
    assert len(one.state.step.sharding.device_set) == 1
    assert one.cost.flops == STEPS * 2 * BATCH * (2 * 4 * 6 + 3 * (6 * 5 + 5 * 3))
    assert one.cost.programs == 1
