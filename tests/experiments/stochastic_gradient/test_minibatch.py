"""The step as told, on least squares, whose gradient is known, and mistakes that must be seen."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data.dataset import Examples
from dl_jax.measures.old_by_seed import at
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.minibatch import (
    AS_TOLD,
    MISTAKES,
    gradients_of_each,
    steps_as_told,
    unlike_library,
)

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(24, 3)).astype(np.float32)
Y_Nx1 = GENERATOR.normal(size=(24, 1)).astype(np.float32)
EXAMPLES, LEARNER, RATE = Examples(X_NxD, Y_Nx1), Learner(linear(1), half_squared_error, optax.sgd(0.1)), 0.1
WITH_1_NxP = np.concatenate([np.ones((24, 1)), X_NxD], 1)
"""The bias stands first in the vector of weights."""


def of_each(w_P, rows):
    """(y - t) x, with 1 for the bias."""
    return (WITH_1_NxP[rows] @ w_P - Y_Nx1[rows, 0])[:, None] * WITH_1_NxP[rows]


def first_params():
    params = LEARNER.model.init(jax.random.key(0), X_NxD)
    return params, np.concatenate([params["layer_01"]["b"], params["layer_01"]["w"][:, 0]])


def test_gradients_of_least_squares():
    params, w_P = first_params()
    found_NxP = gradients_of_each(LEARNER, params, EXAMPLES)
    np.testing.assert_allclose(found_NxP, of_each(w_P, np.arange(24)), rtol=1e-4, atol=1e-5)


def test_steps_as_told_and_too_late_by_hand():
    params, first_P = first_params()
    batches = [Examples(X_NxD[:8], Y_Nx1[:8]), Examples(X_NxD[8:16], Y_Nx1[8:16])]
    second_P = first_P - RATE * of_each(first_P, np.arange(8)).mean(0)
    for way, seen_P in ((AS_TOLD, second_P), (MISTAKES["a step too late"], first_P)):
        third_P = second_P - RATE * of_each(seen_P, np.arange(8, 16)).mean(0)
        np.testing.assert_allclose(steps_as_told(LEARNER, params, batches, RATE, **way), third_P, rtol=1e-4, atol=1e-5)


def test_the_library_does_as_told_and_every_mistake_is_seen():
    found = jax.jit(lambda key: unlike_library(key, LEARNER, EXAMPLES, 8, RATE))(jax.random.key(1))
    assert float(found[at("unlike_library", case="stated")]) < 1e-6
    for name in MISTAKES:
        assert float(found[at("unlike_library", case="control", mistake=name)]) > 1e-2, name
    other_rate = unlike_library(jax.random.key(1), LEARNER, EXAMPLES, 8, 2 * RATE)
    assert float(other_rate[at("unlike_library", case="stated")]) > 1e-2


def test_it_is_taken_in_double_precision_where_that_is_on():
    with jax.enable_x64(True):
        found = unlike_library(jax.random.key(1), LEARNER, EXAMPLES, 8, RATE)[at("unlike_library", case="stated")]
        assert found.dtype == jnp.float64
        assert float(found) < 1e-15
