"""`fit` against a plain loop of steps, and the counts by which it cuts the work into calls."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.data.dataset import Examples
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training import fit as module
from dl_jax.training.fit import calls, fit, matmul_flops
from dl_jax.training.objectives import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner, batch_indices, begin, step

GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(30, 4)).astype(np.float32), GENERATOR.integers(0, 3, 30).astype(np.int32))
LEARNER = Learner(mlp((6, 5), 3, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1))
KEY, STEPS, BATCH = jax.random.key(5), 11, 8


def by_hand():
    key_init, key_batch = jax.random.split(KEY)
    state, errors = begin(LEARNER, key_init, TRAIN.x[:1]), []
    one = jax.jit(lambda state, batch: step(LEARNER, state, batch))
    for index_B in batch_indices(key_batch, jnp.int32(0), STEPS, 30, BATCH):
        state, error = one(state, Examples(TRAIN.x[index_B], TRAIN.y[index_B]))
        errors.append(float(error))
    return state, errors


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_it_is_a_loop_of_steps(place):
    told = []
    state, error_T = fit(
        LEARNER, TRAIN, KEY, STEPS, place=place._replace(tell=lambda *said: told.append(said)), batch_size=BATCH
    )
    expected, errors = by_hand()
    close(error_T, errors)
    jax.tree.map(close, state.params, expected.params)
    assert int(state.step) == STEPS
    assert told == [("fit", STEPS, STEPS)]


def test_cutting_it_into_calls_changes_nothing(place, monkeypatch):
    whole, whole_T = fit(LEARNER, TRAIN, KEY, STEPS, place=place, batch_size=BATCH)
    told = []
    monkeypatch.setattr(module, "FLOPS_A_SECOND", 2000.0)
    cut, cut_T = fit(
        LEARNER, TRAIN, KEY, STEPS, place=place._replace(tell=lambda *said: told.append(said[1:])), batch_size=BATCH
    )
    assert len(told) > 2
    assert told[-1] == (STEPS, STEPS)
    close(cut_T, whole_T)
    jax.tree.map(close, cut.params, whole.params)


@given(st.integers(1, 5000), st.floats(0, 1e12))
def test_calls_make_all_steps_with_two_programs_at_most(steps, flops):
    made = []

    def make(length):
        made.append(length)
        return length

    done = 0
    for after, length in calls(make, steps, flops):
        assert after == done + length
        done = after
    assert done == steps
    assert 1 <= len(made) == len(set(made)) <= 2
    assert max(made) * flops <= max(flops, 1.6 * module.SECONDS_A_CALL * module.FLOPS_A_SECOND)


@pytest.mark.parametrize("hidden", [(128,), (128, 128, 128)])
def test_flops_are_those_that_the_compiler_counts(hidden):
    learner = Learner(mlp(hidden, 10, NONLINEARITIES["relu"]), cross_entropy, sgd(0.1))
    batch = Examples(jnp.ones((128, 784)), jnp.zeros(128, jnp.int32))
    state = begin(learner, KEY, batch.x[:1])
    cost = jax.jit(lambda state, batch: step(learner, state, batch)).lower(state, batch).compile().cost_analysis()
    assert matmul_flops(state.params, 128) == pytest.approx(cost["flops"], rel=0.02)


def test_flops_by_hand():
    params = {
        "layer_01": {"w": jnp.ones((3, 4)), "b": jnp.ones(4)},
        "layer_02": {"w": jnp.ones((4, 2)), "b": jnp.ones(2)},
    }
    forward, to_weights, to_inputs = 12 + 8, 12 + 8, 8
    assert matmul_flops(params, 5) == 2 * 5 * (forward + to_weights + to_inputs)
