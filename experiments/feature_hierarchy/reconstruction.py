"""Pictures reconstructed from features, and whether an observer recognises each among others of the same object.

This stands for a person's eye: the observer sees the reconstruction, not the features, and compares pixels.
N training, M validation and O test examples; P pixels; A decoders.
"""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Splits

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
"""Candidates for the ridge penalty, in units of the mean squared norm of the centered training features."""
EVERY = 12
"""The decoder is chosen on every twelfth pixel."""


def kernel_matrices(features: Splits) -> Splits:
    """Inner products with the training features, linear and in a Gaussian kernel: [2, N, N], [2, M, N], [2, O, N].

    features: arrays [N, ...]. The Gaussian falls to 1/e at the mean squared distance of two training examples.
    """
    train_NxD, *rest = (jnp.reshape(x, (len(x), -1)) for x in features)
    mean_D = jnp.mean(train_NxD, 0, keepdims=True)
    scale = jnp.sqrt(jnp.mean(jnp.sum((train_NxD - mean_D) ** 2, 1))) + 1e-30
    train_NxD, *rest = ((x - mean_D) / scale for x in (train_NxD, *rest))
    norm_N = jnp.sum(train_NxD**2, 1)

    def both(x_MxD):
        linear_MxN = x_MxD @ train_NxD.T
        distance_MxN = jnp.sum(x_MxD**2, 1)[:, None] + norm_N[None] - 2 * linear_MxN
        return jnp.stack([linear_MxN, jnp.exp(-distance_MxN / 2)])

    return Splits(*(both(x) for x in (train_NxD, *rest)))


def reconstruct(kernels: Splits, pictures: Splits) -> jax.Array:
    """picture_OxP: the test pictures as the best of eight decoders reconstructs them from features.

    kernels: `kernel_matrices` of the features; pictures: arrays [N, P]. A decoder is ridge regression with one of
    PENALTIES, linear or with a Gaussian kernel; the one with the least squared error on validation is used.
    """
    train_2xNxN, validation_2xMxN, test_2xOxN = kernels
    mean_P = jnp.mean(pictures.train, 0, keepdims=True)
    target_NxP, some = pictures.train - mean_P, slice(None, None, EVERY)

    def weights(decoder, target):
        kernel, penalty = decoder
        ridge_NxN = penalty * jnp.eye(len(target))
        return jax.scipy.linalg.solve(train_2xNxN[kernel] + ridge_NxN, target, assume_a="pos")

    def squared_error(decoder):
        prediction = validation_2xMxN[decoder[0]] @ weights(decoder, target_NxP[:, some])
        return jnp.mean((prediction - (pictures.validation - mean_P)[:, some]) ** 2)

    kernel_A, penalty_A = (grid.reshape(-1) for grid in jnp.meshgrid(jnp.arange(2), jnp.asarray(PENALTIES)))
    # A loop, not vmap: batched LAPACK solves have deadlocked.
    best = jnp.argmin(jax.lax.map(squared_error, (kernel_A, penalty_A)))
    kernel = kernel_A[best]
    return test_2xOxN[kernel] @ weights((kernel, penalty_A[best]), target_NxP) + mean_P


def identified(reconstruction_OxP: jax.Array, picture_OxP: jax.Array, label_O: jax.Array) -> jax.Array:
    """identified_O: whether each reconstruction correlates more with its picture than with all others of its label.

    The mean picture is subtracted first. What the label alone determines does not help: all candidates share it.
    """
    mean_P = jnp.mean(picture_OxP, 0, keepdims=True)

    def unit(x_OxP):
        x_OxP = x_OxP - mean_P
        return x_OxP / (jnp.linalg.norm(x_OxP, axis=1, keepdims=True) + 1e-12)

    correlation_OxO = unit(reconstruction_OxP) @ unit(picture_OxP).T
    candidates_OxO = jnp.where(label_O[:, None] == label_O[None], correlation_OxO, -jnp.inf)
    return jnp.argmax(candidates_OxO, 1) == jnp.arange(len(label_O))
