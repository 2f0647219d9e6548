"""Kernel machines against scikit-learn, and against each other where they are the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import euclidean_distances, linear_kernel, rbf_kernel

from dl_jax.models import kernel as module
from dl_jax.models.kernel import gaussian, kernel_ridge, nystrom, rbf_net, scores, squared_distances

WIDTH, RIDGE = 1.5, 0.03
GAMMA = 1 / (2 * WIDTH**2)
RANDOM = np.random.default_rng(0)
X, ASKED, CENTRES = RANDOM.normal(size=(70, 3)), RANDOM.normal(size=(40, 3)), RANDOM.normal(size=(12, 3))
T = np.stack([np.sin(X[:, 0] * X[:, 1]), X[:, 2] ** 2], 1)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def centred(machine):
    """scikit-learn's machines have no constant: the mean target is taken off first and put back."""
    machine.fit(X, T - T.mean(0))
    return machine.predict(ASKED) + T.mean(0)


def test_distances_and_kernels_are_scikit_learns():
    np.testing.assert_allclose(squared_distances(X, CENTRES), euclidean_distances(X, CENTRES) ** 2, atol=1e-12)
    np.testing.assert_allclose(gaussian(WIDTH)(X, CENTRES), rbf_kernel(X, CENTRES, gamma=GAMMA), rtol=1e-12)
    np.testing.assert_allclose(module.linear_kernel(X, CENTRES), linear_kernel(X, CENTRES), rtol=1e-12)


def test_a_point_is_at_no_distance_from_itself_however_far_out():
    with jax.enable_x64(False):
        x_NxD = jnp.asarray(X + 300.0, jnp.float32)
        assert float(jnp.min(squared_distances(x_NxD, x_NxD))) >= 0.0
        assert float(jnp.max(gaussian(1.0)(x_NxD, x_NxD))) <= 1.0


@pytest.mark.parametrize(
    ("kernel", "theirs"),
    [
        (gaussian(WIDTH), KernelRidge(alpha=RIDGE, kernel="rbf", gamma=GAMMA)),
        (module.linear_kernel, Ridge(alpha=RIDGE, fit_intercept=False)),
    ],
)
def test_exact_machines_are_scikit_learns(kernel, theirs):
    np.testing.assert_allclose(scores(kernel, kernel_ridge(kernel, X, T, RIDGE), ASKED), centred(theirs), atol=1e-8)


def test_nystrom_is_ridge_on_scikit_learns_features():
    features = Nystroem(kernel="rbf", gamma=GAMMA, n_components=len(CENTRES), random_state=0).fit(X)
    centres = features.components_
    ridge = Ridge(alpha=RIDGE, fit_intercept=False).fit(features.transform(X), T - T.mean(0))
    theirs = ridge.predict(features.transform(ASKED)) + T.mean(0)
    ours = scores(gaussian(WIDTH), nystrom(gaussian(WIDTH), centres, X, T, RIDGE), ASKED)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_nystrom_with_all_examples_as_centres_is_exact():
    exact = scores(gaussian(WIDTH), kernel_ridge(gaussian(WIDTH), X, T, RIDGE), ASKED)
    ours = scores(gaussian(WIDTH), nystrom(gaussian(WIDTH), X, X, T, RIDGE), ASKED)
    np.testing.assert_allclose(ours, exact, atol=1e-5)


def test_a_linear_layer_on_radial_units_is_ridge_on_them():
    features = rbf_kernel(X, CENTRES, gamma=GAMMA)
    ridge = Ridge(alpha=RIDGE, fit_intercept=False).fit(features, T - T.mean(0))
    theirs = ridge.predict(rbf_kernel(ASKED, CENTRES, gamma=GAMMA)) + T.mean(0)
    ours = scores(gaussian(WIDTH), rbf_net(gaussian(WIDTH), CENTRES, X, T, RIDGE), ASKED)
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_many_inputs_go_through_in_parts_and_come_out_the_same(monkeypatch):
    def answers():
        return scores(gaussian(WIDTH), rbf_net(gaussian(WIDTH), CENTRES, X, T, RIDGE), ASKED)

    whole = answers()
    monkeypatch.setattr(module, "PART", 16)
    np.testing.assert_allclose(answers(), whole, rtol=1e-9)


def test_far_away_the_answer_is_the_mean_target():
    machine = kernel_ridge(gaussian(WIDTH), X, T, RIDGE)
    far = scores(gaussian(WIDTH), machine, ASKED + 1e4)
    np.testing.assert_allclose(far, np.broadcast_to(T.mean(0), far.shape), rtol=1e-12)
