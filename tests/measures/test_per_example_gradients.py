"""Per-example gradients against the closed form of a linear model, rank correlation against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import spearmanr

from dl_jax.data.dataset import Examples
from dl_jax.measures.per_example_gradients import gradient_share, per_example_gradients, rank_correlation
from dl_jax.models.linear import linear
from dl_jax.training.losses import half_squared_error
from dl_jax.training.optimizers import sgd
from dl_jax.training.step import Learner


def test_gradient_of_a_linear_model_is_its_residual_times_its_input():
    generator = np.random.default_rng(0)
    examples = Examples(*(jnp.asarray(generator.normal(size=(6, size)), jnp.float32) for size in (3, 2)))
    learner = Learner(linear(2), half_squared_error, sgd(0.1))
    params = learner.model.init(jax.random.key(0), examples.x)
    loss_N, gradient_NxP = per_example_gradients(learner, params, examples)
    residual = learner.model.apply(params, examples.x) - examples.y
    np.testing.assert_allclose(loss_N, 0.5 * (residual**2).sum(1), rtol=1e-5)
    # The bias comes before the weights.
    expected = np.concatenate([residual, (examples.x[:, :, None] * residual[:, None]).reshape(6, -1)], 1)
    np.testing.assert_allclose(gradient_NxP, expected, rtol=1e-5)


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlation_agrees_with_scipy(ties):
    generator = np.random.default_rng(1)
    a, b = generator.normal(size=(2, 40))
    a, b = (np.round(a), np.round(a + b)) if ties else (a, a + b)
    assert float(rank_correlation(jnp.asarray(a), jnp.asarray(b))) == pytest.approx(spearmanr(a, b)[0], abs=1e-5)


def test_rank_correlation_of_a_constant_is_0():
    assert float(rank_correlation(jnp.ones(5), jnp.arange(5.0))) == 0.0


def test_share_of_the_selected_gradients():
    assert float(gradient_share(jnp.array([1.0, 2.0, 5.0]), jnp.array([True, False, True]))) == 0.75
    assert float(gradient_share(jnp.zeros(3), jnp.ones(3, bool))) == 0.0
