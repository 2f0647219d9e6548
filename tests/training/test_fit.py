"""`fit` against a plain loop of steps, and the counts by which it cuts the work into calls."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.data.dataset import Examples
from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training import fit as module
from dl_jax.training.fit import STEPS_UNROLLED, calls, fit
from dl_jax.training.objectives import cross_entropy
from dl_jax.training.optimizers import sgd
from dl_jax.training.shuffle import batch_indices, order
from dl_jax.training.step import Learner, begin, step

GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(30, 4)).astype(np.float32), GENERATOR.integers(0, 3, 30).astype(np.int32))
LEARNER = Learner(mlp((6, 5), 3, NONLINEARITIES["tanh"]), cross_entropy, sgd(0.1))
KEY, STEPS, BATCH = jax.random.key(5), 11, 8


def by_hand():
    key_init, key_batch = jax.random.split(KEY)
    state, errors = begin(LEARNER, key_init, TRAIN.x[:1]), []
    one = jax.jit(lambda state, batch: step(LEARNER, state, batch))
    for index_B in batch_indices(order(key_batch), jnp.int32(0), STEPS, 30, BATCH):
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


@given(st.integers(1, 5000), st.floats(0, 1e12), st.integers(1, 5000))
def test_calls_make_all_steps_with_two_programs_at_most(steps, flops, at_most):
    asked = set()

    def make(length):
        asked.add(length)
        return length

    done = 0
    for after, length in calls(make, steps, flops, at_most):
        assert after == done + length
        done = after
    assert done == steps
    assert 1 <= len(asked) <= 2
    assert max(asked) <= at_most
    assert max(asked) * flops <= max(flops, 1.6 * module.SECONDS_A_CALL * module.FLOPS_A_SECOND)


def test_a_convolution_on_a_cpu_is_trained_without_loops(place):
    images = Examples(TRAIN.x.reshape(30, 2, 2, 1), TRAIN.y)
    learner = LEARNER._replace(model=convnet((Stage(3, kernel=2, pool=1),), (4,), 3, NONLINEARITIES["tanh"]))
    told = []
    telling = place._replace(tell=lambda *said: told.append(said[1:]))
    state, error_T = fit(learner, images, KEY, 2 * STEPS_UNROLLED + 1, place=telling, batch_size=BATCH)
    assert len(error_T) == 2 * STEPS_UNROLLED + 1 == int(state.step)
    assert [done for done, _ in told] == [3, 6, 9]
    fit(LEARNER, TRAIN, KEY, 2 * STEPS_UNROLLED + 1, place=telling, batch_size=BATCH)
    assert len(told) == 4, "without convolutions the same steps are one call"
