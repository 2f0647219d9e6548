"""Blows against the closed form of a linear machine, rank correlation against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import spearmanr

from dl_jax.data.dataset import Examples
from dl_jax.measures.per_example_gradients import per_example_gradients, rank_correlation
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner


def test_the_blow_of_a_linear_machine_is_its_miss_times_its_input():
    generator = np.random.default_rng(0)
    examples = Examples(*(jnp.asarray(generator.normal(size=(6, size)), jnp.float32) for size in (3, 2)))
    learner = Learner(linear(2), half_squared_error, sgd(0.1))
    params = learner.model.init(jax.random.key(0), examples.x)
    error_N, gradient_NxP = per_example_gradients(learner, params, examples)
    miss = learner.model.apply(params, examples.x) - examples.y
    np.testing.assert_allclose(error_N, 0.5 * (miss**2).sum(1), rtol=1e-5)
    by_hand = np.concatenate([miss, (examples.x[:, :, None] * miss[:, None]).reshape(6, -1)], 1)  # b before w
    np.testing.assert_allclose(gradient_NxP, by_hand, rtol=1e-5)


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlation_is_scipys(ties):
    generator = np.random.default_rng(1)
    a, b = generator.normal(size=(2, 40))
    a, b = (np.round(a), np.round(a + b)) if ties else (a, a + b)
    assert float(rank_correlation(jnp.asarray(a), jnp.asarray(b))) == pytest.approx(spearmanr(a, b)[0], abs=1e-5)


def test_what_is_all_equal_goes_with_nothing():
    assert float(rank_correlation(jnp.ones(5), jnp.arange(5.0))) == 0.0
