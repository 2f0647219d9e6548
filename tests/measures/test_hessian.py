"""Lanczos against complete Hessians, of quadratics and of small nets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from dl_jax.measures.hessian import hessian_product, lanczos
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.losses import cross_entropy

GENERATOR = np.random.default_rng(0)
SIZE = 60
ROTATION_PxP = np.linalg.qr(GENERATOR.normal(size=(SIZE, SIZE)))[0].astype(np.float32)


def matrix(value_P):
    """A symmetric matrix with these eigenvalues."""
    return (ROTATION_PxP * np.asarray(value_P, np.float32)) @ ROTATION_PxP.T


def start(size=SIZE):
    return jax.random.normal(jax.random.key(0), (size,))


def net_loss():
    net = mlp((5,), 3, NONLINEARITIES["tanh"])
    x_NxD = GENERATOR.normal(size=(40, 4)).astype(np.float32)
    label_N = GENERATOR.integers(0, 3, 40)
    w_P, unravel = ravel_pytree(net.init(jax.random.key(0), x_NxD))
    return (lambda w_P: jnp.mean(cross_entropy(net.apply(unravel(w_P), x_NxD), label_N))), w_P


def test_products_agree_with_the_complete_hessian_of_a_net():
    loss, w_P = net_loss()
    v_P = jax.random.normal(jax.random.key(1), w_P.shape)
    np.testing.assert_allclose(hessian_product(loss, w_P)(v_P), jax.hessian(loss)(w_P) @ v_P, rtol=1e-4, atol=1e-5)


def test_p_steps_give_every_eigenvalue_of_a_net():
    loss, w_P = net_loss()
    value_P, weight_P = lanczos(hessian_product(loss, w_P), start(w_P.size), 1000)
    assert value_P.shape == w_P.shape
    np.testing.assert_allclose(value_P, jnp.linalg.eigvalsh(jax.hessian(loss)(w_P)), atol=1e-4)
    assert float(weight_P.sum()) == pytest.approx(1.0, rel=1e-4)


def test_extreme_eigenvalues_converge_in_few_steps_and_from_inside():
    true_P = np.concatenate([np.linspace(0.0, 1.0, SIZE - 2), [-3.0, 20.0]])
    value_K, _ = lanczos(lambda v_P: matrix(true_P) @ v_P, start(), 15)
    assert len(value_K) == 15
    assert float(value_K[0]) == pytest.approx(-3.0, abs=1e-3)
    assert float(value_K[-1]) == pytest.approx(20.0, abs=1e-3)
    few_K, _ = lanczos(lambda v_P: matrix(true_P) @ v_P, start(), 3)
    assert few_K[0] > -3.0 - 1e-3
    assert few_K[-1] < 20.0 + 1e-3


def test_repeated_eigenvalues_break_down_without_spurious_values():
    value_K, weight_K = lanczos(lambda v_P: 2.0 * v_P, start(), 10)
    np.testing.assert_allclose(value_K, 2.0, rtol=1e-5)
    two = np.where(np.arange(SIZE) < 20, 5.0, 1.0)
    value_K, weight_K = lanczos(lambda v_P: matrix(two) @ v_P, start(), 10)
    assert np.all((np.abs(value_K - 5) < 1e-3) | (np.abs(value_K - 1) < 1e-3))
    assert np.all(weight_K >= 0)


def test_weights_estimate_the_share_of_large_eigenvalues():
    true_P = np.concatenate([np.linspace(8.0, 10.0, 6), np.linspace(0.0, 0.5, SIZE - 6)])
    start_JxP = jax.random.normal(jax.random.key(0), (200, SIZE))
    value_JxK, weight_JxK = jax.lax.map(lambda v_P: lanczos(lambda v_P: matrix(true_P) @ v_P, v_P, 12), start_JxP)
    above_J = np.sum(np.where(value_JxK > 0.1 * np.max(value_JxK), weight_JxK, 0.0), 1)
    assert np.mean(above_J) == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(np.sum(weight_JxK, 1), 1.0, atol=1e-3)
