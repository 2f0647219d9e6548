"""A short training with known solution, and parameters as a vector."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_jax.data.dataset import Examples
from dl_jax.measures.weight_space import STATES, flatten_params, params_before_and_after
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner, mean_loss

GENERATOR = np.random.default_rng(0)
LEARNER = Learner(linear(1), half_squared_error, optax.sgd(0.1))


def examples(dtype):
    x_NxD = GENERATOR.normal(size=(40, 3))
    y_Nx1 = x_NxD @ np.array([[1.0], [-2.0], [0.5]]) + 0.3
    return Examples(jnp.asarray(x_NxD, dtype), jnp.asarray(y_Nx1, dtype))


@pytest.mark.parametrize("x64", [False, True])
def test_training_reaches_the_known_weights(x64):
    with jax.enable_x64(x64):
        train = examples(float)
        params = params_before_and_after(LEARNER, jax.random.key(0), train, 600, batch_size=10)
        assert tuple(params) == STATES
        assert params["trained"]["layer_01"]["w"].dtype == (jnp.float64 if x64 else jnp.float32)
        np.testing.assert_allclose(params["trained"]["layer_01"]["w"], [[1.0], [-2.0], [0.5]], atol=1e-4)
        np.testing.assert_allclose(params["trained"]["layer_01"]["b"], [0.3], atol=1e-4)
        assert float(mean_loss(LEARNER, params["untrained"], train)) > 0.1


def test_flattened_params_can_be_restored():
    train = examples(jnp.float32)
    params = LEARNER.model.init(jax.random.key(0), train.x)
    w_P, unravel, loss = flatten_params(LEARNER, params, train)
    assert w_P.shape == (4,)
    jax.tree.map(np.testing.assert_array_equal, unravel(w_P), params)
    assert float(loss(w_P)) == pytest.approx(float(mean_loss(LEARNER, params, train)))
