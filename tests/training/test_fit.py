"""`fit` against a plain loop of steps, and the counts by which it cuts the work into calls."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.data.dataset import Examples, Stream
from dl_jax.errors import DataError
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training import fit as module
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.context import local_context
from dl_jax.training.fit import STEPS_UNROLLED, calls, fit
from dl_jax.training.losses import cross_entropy
from dl_jax.training.optimizers import adam, sgd
from dl_jax.training.step import Learner, init_state, step

GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(30, 4)).astype(np.float32), GENERATOR.integers(0, 3, 30).astype(np.int32))
LEARNER = Learner(mlp((6, 5), 3, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1))
KEY, STEPS, BATCH = jax.random.key(5), 11, 8


def by_hand():
    key_init, key_batch = jax.random.split(KEY)
    state, errors = init_state(LEARNER, key_init, TRAIN.x[:1]), []
    one = jax.jit(lambda state, batch: step(LEARNER, state, batch))
    for index_B in batch_indices(shuffle_bits(key_batch), jnp.int32(0), STEPS, 30, BATCH):
        state, error = one(state, Examples(TRAIN.x[index_B], TRAIN.y[index_B]))
        errors.append(float(error))
    return state, errors


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_it_is_a_loop_of_steps(context):
    told = []
    state, error_T = fit(
        LEARNER,
        TRAIN,
        KEY,
        STEPS,
        context=context.with_events(progress=lambda *said: told.append(said)),
        batch_size=BATCH,
    )
    expected, errors = by_hand()
    close(error_T, errors)
    jax.tree.map(close, state.params, expected.params)
    assert int(state.step) == STEPS
    assert told == [("fit", STEPS, STEPS)]


def test_cutting_it_into_calls_changes_nothing(context, monkeypatch):
    whole, whole_T = fit(LEARNER, TRAIN, KEY, STEPS, context=context, batch_size=BATCH)
    told = []
    monkeypatch.setattr(module, "FLOPS_A_SECOND", {"cpu": 1000.0})
    cut, cut_T = fit(
        LEARNER,
        TRAIN,
        KEY,
        STEPS,
        context=context.with_events(progress=lambda *said: told.append(said[1:])),
        batch_size=BATCH,
    )
    assert len(told) > 2
    assert told[-1] == (STEPS, STEPS)
    close(cut_T, whole_T)
    jax.tree.map(close, cut.params, whole.params)


@given(st.integers(1, 5000), st.floats(0, 1e12), st.integers(1, 5000))
def test_calls_make_all_steps_with_two_programs_at_most(steps, flops, at_most):
    done, lengths = 0, set()
    for after, length in calls(steps, flops, "cpu", at_most):
        assert after == done + length
        done = after
        lengths.add(length)
    assert done == steps
    assert 1 <= len(lengths) <= 2
    assert max(lengths) <= at_most
    assert max(lengths) * flops <= max(flops, 1.6 * module.SECONDS_A_CALL * module.FLOPS_A_SECOND["cpu"])


def test_a_convolution_on_a_cpu_is_trained_without_loops(context):
    images = Examples(TRAIN.x.reshape(30, 2, 2, 1), TRAIN.y)
    learner = LEARNER._replace(model=convnet((Stage(3, kernel=2, pool=1),), (4,), 3, NONLINEARITIES["tanh"]))
    told = []
    telling = context.with_events(progress=lambda *said: told.append(said[1:]))
    state, error_T = fit(learner, images, KEY, 2 * STEPS_UNROLLED + 1, context=telling, batch_size=BATCH)
    assert len(error_T) == 2 * STEPS_UNROLLED + 1 == int(state.step)
    assert [done for done, _ in told] == [3, 6, 9]
    fit(LEARNER, TRAIN, KEY, 2 * STEPS_UNROLLED + 1, context=telling, batch_size=BATCH)
    assert len(told) == 4, "without convolutions the same steps are one call"


WIDE = Learner(mlp((256, 128), 8, NONLINEARITIES["tanh"]), cross_entropy, adam(0.01))
"""Wide enough that its weights are shared out."""


def many(first, steps, batch_size, count=64):
    """A stream's batches, each a function of its step's number alone."""
    x_TxBxD, y_TxB = [], []
    for number in range(first, first + steps):
        generator = np.random.default_rng(number)
        x_TxBxD.append(generator.normal(size=(batch_size, count)).astype(np.float32))
        y_TxB.append(generator.integers(0, 8, batch_size).astype(np.int32))
    return Examples(np.stack(x_TxBxD), np.stack(y_TxB))


STREAM = Stream(Examples(jax.ShapeDtypeStruct((64,), np.float32), jax.ShapeDtypeStruct((), np.int32)), 1000, many)


@pytest.mark.parametrize(("data", "model"), [(1, 1), (8, 1), (4, 2), (1, 8)])
def test_sharing_a_machine_out_over_devices_changes_rounding_only(data, model):
    alone, alone_T = fit(WIDE, STREAM, KEY, 4, context=local_context(1), batch_size=16)
    shared, shared_T = fit(WIDE, STREAM, KEY, 4, context=local_context(8, data, model), batch_size=16)
    close(shared_T, alone_T)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5), shared.params, alone.params)
    w = shared.params["layer_01"]["w"]
    assert w.addressable_shards[0].data.size == w.size / 8, "every device holds its own part of the weights"
    assert shared.optimizer[0].mu["layer_01"]["w"].sharding == w.sharding


def test_a_stream_is_shown_batch_by_batch():
    state, error_T = fit(WIDE, STREAM, KEY, 3, context=local_context(2), batch_size=16)
    expected = init_state(WIDE, jax.random.split(KEY)[0], jnp.zeros((1, 64)))
    errors = []
    for number in range(3):
        batch = jax.tree.map(lambda part_1xB: part_1xB[0], many(number, 1, 16))
        expected, error = step(WIDE, expected, batch)
        errors.append(error)
    close(error_T, errors)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5), state.params, expected.params)


def test_a_batch_that_makes_no_equal_parts_is_refused():
    with pytest.raises(DataError, match=r"a batch of 12 examples is not shared out among 8 devices .* multiple of 8"):
        fit(WIDE, STREAM, KEY, 3, context=local_context(8), batch_size=12)


class Kept:
    """Keeps every state in memory; breaks off after the call in which step `at` is taken."""

    def __init__(self, at=10**9):
        self.states, self.at, self.over = {}, at, False

    def newest(self, like):
        if not self.states:
            return None
        newest = max(self.states)
        return newest, jax.tree.map(lambda leaf, to: jax.device_put(leaf, to.sharding), self.states[newest], like)

    def after(self, step, tree):
        self.states[step] = jax.tree.map(np.asarray, tree)
        if step >= self.at:
            self.at = 10**9
            raise KeyboardInterrupt

    def done(self):
        self.over = True


def test_a_training_that_was_cut_off_ends_as_if_it_had_not_been(monkeypatch):
    monkeypatch.setattr(module, "FLOPS_A_SECOND", {"cpu": 1e5})
    kept, names = Kept(at=4), []
    context = local_context(2).with_events(checkpointer=lambda name: names.append(name) or kept)
    whole, whole_T = fit(WIDE, STREAM, KEY, STEPS, context=local_context(2), batch_size=16)
    with pytest.raises(KeyboardInterrupt):
        fit(WIDE, STREAM, KEY, STEPS, context=context, batch_size=16)
    assert not kept.over
    assert max(kept.states) < STEPS
    asked = []
    stream = STREAM._replace(batches=lambda first, *rest: asked.append(first) or many(first, *rest))
    state, error_T = fit(WIDE, stream, KEY, STEPS, context=context, batch_size=16)
    assert kept.over
    assert min(asked) >= 4, "what was learned is not learned again"
    np.testing.assert_array_equal(error_T, whole_T)
    jax.tree.map(np.testing.assert_array_equal, state.params, whole.params)
    assert names[0] == names[1]


@pytest.mark.parametrize("train", [STREAM, TRAIN])
def test_a_place_that_only_plans_is_handed_the_program(train):
    planned = []
    context = local_context(8, 4, 2).with_events(dry_run=lambda *said: planned.append(said))
    state, error_T = fit(WIDE, train, KEY, 6, context=context, batch_size=16)
    ((what, program, arguments, flops),) = planned
    inputs = 64 if train is STREAM else 4
    assert (what, flops) == ("fit", 6 * 2 * 16 * (2 * inputs * 256 + 3 * (256 * 128 + 128 * 8)))
    assert np.isnan(error_T).all()
    assert error_T.shape == (6,)
    compiled = program.lower(*arguments).compile()
    assert compiled.memory_analysis().argument_size_in_bytes < sum(leaf.size for leaf in jax.tree.leaves(state)) * 4
