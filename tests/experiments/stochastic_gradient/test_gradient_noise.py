"""What samplers draw, and the variance and bias of batches for gradients with known moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.stochastic_gradient.gradient_noise import SAMPLERS, batch_sizes, neighbours, noise, one_half, shuffled

LABEL_N = jnp.arange(16) % 4
GRADIENT_SxNxP = jax.random.normal(jax.random.key(5), (2, 16, 30)) + 3.0


def batches_of(sampler, size, count=400):
    return np.asarray(sampler(jax.random.key(2), LABEL_N, count, size))


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_every_sampler_draws_indices_of_examples(name):
    index_MxB = batches_of(SAMPLERS[name], 6)
    assert index_MxB.shape == (400, 6)
    assert index_MxB.min() >= 0
    assert index_MxB.max() < 16


def test_shuffled_batches_contain_no_example_twice_and_all_equally_often():
    index_MxB = batches_of(shuffled, 5, 2000)
    assert all(len(set(row)) == 5 for row in index_MxB)
    np.testing.assert_allclose(np.bincount(index_MxB.ravel()) / 10000, 1 / 16, atol=0.01)


def test_neighbours_are_of_one_class_and_a_half_contains_half_of_the_classes():
    assert np.mean([len(set(np.asarray(LABEL_N)[row])) for row in batches_of(neighbours, 4)]) < 2.5
    assert set(np.asarray(LABEL_N)[batches_of(one_half, 4)].ravel()) == {0, 1}


@pytest.mark.parametrize("size", [1, 4, 15])
def test_shuffled_batches_follow_sampling_theory(size):
    variance_S, bias_S = noise(GRADIENT_SxNxP, shuffled, jax.random.key(0), LABEL_N, 6000, size)
    np.testing.assert_allclose(variance_S, 1, atol=0.05)
    np.testing.assert_allclose(bias_S, 1, atol=0.9)


def test_with_replacement_the_variance_lacks_the_factor_for_finite_populations():
    variance_S, _ = noise(GRADIENT_SxNxP, SAMPLERS["with replacement"], jax.random.key(0), LABEL_N, 6000, 12)
    np.testing.assert_allclose(variance_S, 15 / 4, rtol=0.06)  # (N - 1) / (N - B)


def test_the_bias_of_half_of_the_examples_is_that_of_their_mean():
    order_N = np.argsort(np.asarray(LABEL_N), kind="stable")
    _, bias_S = noise(GRADIENT_SxNxP, one_half, jax.random.key(0), LABEL_N, 6000, 4)
    for bias, gradient_NxP in zip(bias_S, np.asarray(GRADIENT_SxNxP), strict=True):
        half_NxP = gradient_NxP[order_N[:8]]
        off = np.sum((half_NxP.mean(0) - gradient_NxP.mean(0)) ** 2)
        around = np.mean(np.sum((half_NxP - half_NxP.mean(0)) ** 2, 1)) / 4
        assert float(bias) == pytest.approx(6000 * off / (off + around), rel=0.05)


def test_batch_sizes_are_powers_of_two_and_two_near_all():
    assert batch_sizes(128) == (1, 2, 4, 8, 16, 32, 64, 96, 120)
    assert batch_sizes(100)[-3:] == (32, 75, 93)
