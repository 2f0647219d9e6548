"""One turn of the knobs against the formula in NumPy; and which examples each turn is shown."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_jax.data.dataset import Examples
from dl_jax.models.initializers import lecun
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.objectives import half_squared_error
from dl_jax.training.optimizers import MOMENTUM, sgd
from dl_jax.training.step import Learner, batch_indices, begin, chunk, mean_error, step

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(7)


def indices(first, steps, examples, batch_size, key=KEY):
    return np.asarray(batch_indices(key, jnp.int32(first), steps, examples, batch_size))


@settings(max_examples=4)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 3))
def test_every_epoch_is_a_shuffle_cut_into_batches(examples, batch_size, epochs):
    size = min(examples, batch_size)
    per_epoch = examples // size
    found = indices(0, epochs * per_epoch, examples, batch_size)
    assert found.shape == (epochs * per_epoch, size)
    for epoch in found.reshape(epochs, -1):
        assert len(set(epoch.tolist())) == per_epoch * size, "an example is shown twice in an epoch"
        assert set(epoch.tolist()) <= set(range(examples))


def test_each_epoch_is_shuffled_anew_and_by_the_key():
    first, second = indices(0, 10, 40, 8).reshape(2, -1)
    assert sorted(first) == sorted(second) == list(range(40))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(40))
    assert not np.array_equal(first, indices(0, 5, 40, 8, jax.random.key(8)).ravel())


def test_what_does_not_fill_a_batch_gets_its_turn_in_another_epoch():
    assert set(indices(0, 40, 10, 4).ravel().tolist()) == set(range(10))


@settings(max_examples=4)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(3, 20), st.integers(1, 7))
def test_the_batches_do_not_depend_on_how_training_is_cut(lengths, examples, batch_size):
    whole = indices(0, sum(lengths), examples, batch_size)
    starts = np.cumsum([0, *lengths[:-1]])
    parts = [indices(start, length, examples, batch_size) for start, length in zip(starts, lengths, strict=True)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_more_than_there_is_in_a_batch_is_all_there_is():
    assert all(sorted(batch) == list(range(5)) for batch in indices(3, 4, 5, 128).tolist())


GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(12, 3)).astype(np.float32), GENERATOR.normal(size=(12, 2)).astype(np.float32))
RATE = 0.05


def test_steps_are_the_formula_of_gradient_descent_with_momentum():
    """E = mean of 0.5 (y - t)^2 over the batch; v <- momentum v + dE/dw; w <- w - rate v."""
    learner = Learner(linear(2, lecun), half_squared_error, sgd(RATE))
    state = begin(learner, KEY, TRAIN.x[:1])
    w, b = (np.asarray(state.params["layer_01"][name], float) for name in ("w", "b"))
    v_w, v_b = np.zeros_like(w), np.zeros_like(b)
    for number in range(4):
        batch = Examples(TRAIN.x[3 * number : 3 * number + 3], TRAIN.y[3 * number : 3 * number + 3])
        state, error = step(learner, state, batch)
        miss = batch.x @ w + b - batch.y
        assert float(error) == pytest.approx(0.5 * np.sum(miss**2) / 3, rel=1e-5)
        v_w, v_b = MOMENTUM * v_w + batch.x.T @ miss / 3, MOMENTUM * v_b + miss.mean(0)
        w, b = w - RATE * v_w, b - RATE * v_b
        np.testing.assert_allclose(state.params["layer_01"]["w"], w, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(state.params["layer_01"]["b"], b, rtol=1e-5, atol=1e-6)
        assert int(state.step) == number + 1


def test_a_chunk_is_a_loop_of_steps_on_the_batches_of_its_key():
    learner = Learner(mlp((4,), 2, NONLINEARITIES["tanh"]), half_squared_error, sgd(RATE))
    start = begin(learner, KEY, TRAIN.x[:1])
    key = jax.random.key(3)
    state, errors = start, []
    one = jax.jit(lambda state, batch: step(learner, state, batch))
    for index_B in indices(0, 7, 12, 5, key):
        state, error = one(state, Examples(TRAIN.x[index_B], TRAIN.y[index_B]))
        errors.append(error)
    train = jax.tree.map(jnp.asarray, TRAIN)
    last, error_T = jax.jit(lambda state: chunk(learner, state, train, key, 7, 5))(start)
    np.testing.assert_allclose(error_T, errors, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), last.params, state.params)
    assert int(last.step) == 7


def test_the_error_is_told_before_the_step():
    learner = Learner(linear(2, lecun), half_squared_error, sgd(RATE))
    start = begin(learner, KEY, TRAIN.x[:1])
    state, error = step(learner, start, TRAIN)
    assert float(error) == pytest.approx(float(mean_error(learner, start.params, TRAIN)), rel=1e-6)
    assert float(mean_error(learner, state.params, TRAIN)) < float(error)
