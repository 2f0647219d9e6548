"""A step, and a chunk of steps, against the formulas in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.models.initializers import lecun
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.batches import batch_indices, shuffle_bits
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import MOMENTUM, sgd
from dl_jax.training.step import Learner, chunk, init_state, mean_loss, step

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(7)


GENERATOR = np.random.default_rng(0)
TRAIN = Examples(GENERATOR.normal(size=(12, 3)).astype(np.float32), GENERATOR.normal(size=(12, 2)).astype(np.float32))
LEARNING_RATE = 0.05


def test_steps_are_the_formula_of_gradient_descent_with_momentum():
    """E = mean of 0.5 (y - t)^2 over the batch; v <- momentum v + dE/dw; w <- w - learning rate times v."""
    learner = Learner(linear(2, lecun), half_squared_error, sgd(LEARNING_RATE))
    state = init_state(learner, KEY, TRAIN.x[:1])
    w, b = (np.asarray(state.params["layer_01"][name], float) for name in ("w", "b"))
    v_w, v_b = np.zeros_like(w), np.zeros_like(b)
    for number in range(4):
        batch = Examples(TRAIN.x[3 * number : 3 * number + 3], TRAIN.y[3 * number : 3 * number + 3])
        state, loss = step(learner, state, batch)
        residual = batch.x @ w + b - batch.y
        assert float(loss) == pytest.approx(0.5 * np.sum(residual**2) / 3, rel=1e-5)
        v_w, v_b = MOMENTUM * v_w + batch.x.T @ residual / 3, MOMENTUM * v_b + residual.mean(0)
        w, b = w - LEARNING_RATE * v_w, b - LEARNING_RATE * v_b
        np.testing.assert_allclose(state.params["layer_01"]["w"], w, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(state.params["layer_01"]["b"], b, rtol=1e-5, atol=1e-6)
        assert int(state.step) == number + 1


@pytest.mark.parametrize("unroll", [False, True])
def test_a_chunk_is_a_loop_of_steps_on_the_batches_of_its_order(unroll):
    learner = Learner(mlp((4,), 2, NONLINEARITIES["tanh"]), half_squared_error, sgd(LEARNING_RATE))
    start = init_state(learner, KEY, TRAIN.x[:1])
    order_2xR = shuffle_bits(jax.random.key(3))
    state, losses = start, []
    one = jax.jit(lambda state, batch: step(learner, state, batch))
    for index_B in batch_indices(order_2xR, jnp.int32(0), 7, 12, 5):
        state, loss = one(state, Examples(TRAIN.x[index_B], TRAIN.y[index_B]))
        losses.append(loss)
    train = jax.tree.map(jnp.asarray, TRAIN)
    last, loss_T = jax.jit(lambda state: chunk(learner, state, train, order_2xR, 7, 5, unroll))(start)
    np.testing.assert_allclose(loss_T, losses, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), last.params, state.params)
    assert int(last.step) == 7


def test_the_loss_is_that_before_the_step():
    learner = Learner(linear(2, lecun), half_squared_error, sgd(LEARNING_RATE))
    start = init_state(learner, KEY, TRAIN.x[:1])
    state, loss = step(learner, start, TRAIN)
    assert float(loss) == pytest.approx(float(mean_loss(learner, start.params, TRAIN)), rel=1e-6)
    assert float(mean_loss(learner, state.params, TRAIN)) < float(loss)
