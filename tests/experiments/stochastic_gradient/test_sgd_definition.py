"""The step by definition on least squares, whose gradient is known, and mistakes that must be detected."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dl_jax.data.by_seed import as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import measured
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.step import Learner
from experiments.stochastic_gradient.sgd_definition import BY_DEFINITION, MISTAKES, sgd_by_definition, sgd_error

GENERATOR = np.random.default_rng(0)
X_NxD = GENERATOR.normal(size=(24, 3)).astype(np.float32)
Y_Nx1 = GENERATOR.normal(size=(24, 1)).astype(np.float32)
EXAMPLES = Examples(X_NxD, Y_Nx1)
DATA = as_by_seed(Splits(EXAMPLES, EXAMPLES, EXAMPLES))
LEARNER, RATE = Learner(linear(1), half_squared_error, optax.sgd(0.1)), 0.1
WITH_1_NxP = np.concatenate([np.ones((24, 1)), X_NxD], 1)
"""The bias comes first in the vector of parameters."""


def gradients(w_P, rows):
    """(y - t) x, with 1 for the bias."""
    return (WITH_1_NxP[rows] @ w_P - Y_Nx1[rows, 0])[:, None] * WITH_1_NxP[rows]


def initial_params():
    params = LEARNER.model.init(jax.random.key(0), X_NxD)
    return params, np.concatenate([params["layer_01"]["b"], params["layer_01"]["w"][:, 0]])


def test_steps_by_definition_and_with_an_old_gradient_by_hand():
    params, first_P = initial_params()
    batches = [Examples(X_NxD[:8], Y_Nx1[:8]), Examples(X_NxD[8:16], Y_Nx1[8:16])]
    second_P = first_P - RATE * gradients(first_P, np.arange(8)).mean(0)
    for options, at_P in ((BY_DEFINITION, second_P), (MISTAKES["gradient of the step before"], first_P)):
        third_P = second_P - RATE * gradients(at_P, np.arange(8, 16)).mean(0)
        found_P = sgd_by_definition(LEARNER, params, batches, RATE, **options)
        np.testing.assert_allclose(found_P, third_P, rtol=1e-4, atol=1e-5)


def test_the_library_follows_the_definition_and_every_mistake_is_detected():
    records = measured(jax.jit(lambda key: sgd_error(key, LEARNER, DATA, 8, RATE))(jax.random.key(1)))
    assert records.values("sgd_error", case="stated")[0] < 1e-6
    for name in MISTAKES:
        assert records.values("sgd_error", case="control", mistake=name)[0] > 1e-2, name
    other_rate = measured(sgd_error(jax.random.key(1), LEARNER, DATA, 8, 2 * RATE))
    assert other_rate.values("sgd_error", case="stated")[0] > 1e-2


def test_steps_are_taken_in_double_precision_where_it_is_switched_on():
    with jax.enable_x64(True):
        error = sgd_error(jax.random.key(1), LEARNER, DATA, 8, RATE)["sgd_error"][0].value
        assert error.dtype == jnp.float64
        assert float(error) < 1e-15
