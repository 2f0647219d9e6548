"""Kernel methods against scikit-learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import euclidean_distances, linear_kernel, rbf_kernel

from dl_jax.models import kernel as module
from dl_jax.models.kernel import gaussian, kernel_ridge, rbf_net, scores, squared_distances

WIDTH, RIDGE = 1.5, 0.03
GAMMA = 1 / (2 * WIDTH**2)
RANDOM = np.random.default_rng(0)
X, X_TEST, CENTRES = RANDOM.normal(size=(70, 3)), RANDOM.normal(size=(40, 3)), RANDOM.normal(size=(12, 3))
T = np.stack([np.sin(X[:, 0] * X[:, 1]), X[:, 2] ** 2], 1)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def predict(estimator):
    """Fit a scikit-learn estimator without intercept to the centred targets, and add the mean target again."""
    estimator.fit(X, T - T.mean(0))
    return estimator.predict(X_TEST) + T.mean(0)


def test_distances_and_kernels_equal_those_of_scikit_learn():
    np.testing.assert_allclose(squared_distances(X, CENTRES), euclidean_distances(X, CENTRES) ** 2, atol=1e-12)
    np.testing.assert_allclose(gaussian(WIDTH)(X, CENTRES), rbf_kernel(X, CENTRES, gamma=GAMMA), rtol=1e-12)
    np.testing.assert_allclose(module.linear_kernel(X, CENTRES), linear_kernel(X, CENTRES), rtol=1e-12)


def test_distances_are_not_negative_far_from_the_origin():
    with jax.enable_x64(False):
        x_NxD = jnp.asarray(X + 300.0, jnp.float32)
        assert float(jnp.min(squared_distances(x_NxD, x_NxD))) >= 0.0
        assert float(jnp.max(gaussian(1.0)(x_NxD, x_NxD))) <= 1.0


@pytest.mark.parametrize(
    ("kernel", "estimator"),
    [
        (gaussian(WIDTH), KernelRidge(alpha=RIDGE, kernel="rbf", gamma=GAMMA)),
        (module.linear_kernel, Ridge(alpha=RIDGE, fit_intercept=False)),
    ],
)
def test_kernel_ridge_equals_that_of_scikit_learn(kernel, estimator):
    ours = scores(kernel, kernel_ridge(kernel, X, T, RIDGE), X_TEST)
    np.testing.assert_allclose(ours, predict(estimator), atol=1e-8)


def test_rbf_net_equals_ridge_regression_on_radial_units():
    features = rbf_kernel(X, CENTRES, gamma=GAMMA)
    ridge = Ridge(alpha=RIDGE, fit_intercept=False).fit(features, T - T.mean(0))
    theirs = ridge.predict(rbf_kernel(X_TEST, CENTRES, gamma=GAMMA)) + T.mean(0)
    ours = scores(gaussian(WIDTH), rbf_net(gaussian(WIDTH), CENTRES, X, T, RIDGE), X_TEST)
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_the_batch_size_does_not_change_the_scores(monkeypatch):
    def fit_and_predict():
        return scores(gaussian(WIDTH), rbf_net(gaussian(WIDTH), CENTRES, X, T, RIDGE), X_TEST)

    in_one_batch = fit_and_predict()
    monkeypatch.setattr(module, "BATCH_SIZE", 16)
    np.testing.assert_allclose(fit_and_predict(), in_one_batch, rtol=1e-9)


def test_far_from_all_centres_the_score_is_the_mean_target():
    params = kernel_ridge(gaussian(WIDTH), X, T, RIDGE)
    far = scores(gaussian(WIDTH), params, X_TEST + 1e4)
    np.testing.assert_allclose(far, np.broadcast_to(T.mean(0), far.shape), rtol=1e-12)
