"""Similarity of the representations of layers: linear centered kernel alignment (CKA)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def centered_gram(x: jax.Array) -> jax.Array:
    """gram_NxN of the features x, [N, ...], U-centered: zero diagonal and zero row sums (Song et al. 2007)."""
    x_NxD = x.reshape(len(x), -1)
    x_NxD = x_NxD - jnp.mean(x_NxD, 0, keepdims=True)
    x_NxD = x_NxD / jnp.sqrt(jnp.mean(jnp.sum(x_NxD**2, 1)) + 1e-30)
    count = len(x_NxD)
    gram_NxN = (x_NxD @ x_NxD.T) * (1.0 - jnp.eye(count))
    mean_N = jnp.sum(gram_NxN, 1) / (count - 2)
    mean_N = mean_N - jnp.sum(mean_N) / (2 * (count - 1))
    return (gram_NxN - mean_N[:, None] - mean_N[None]) * (1.0 - jnp.eye(count))


def linear_cka(layers: Sequence[jax.Array]) -> jax.Array:
    """similarity_LxL between the features of L layers for the same N inputs, each [N, ...] (Kornblith et al. 2019).

    From the unbiased HSIC: 1 for features that differ by a rotation and a scale, 0 in expectation for independent
    features of any width.
    """
    gram_LxM = jnp.stack([centered_gram(x).reshape(-1) for x in layers])
    inner_LxL = gram_LxM @ gram_LxM.T
    norm_L = jnp.sqrt(jnp.diagonal(inner_LxL))
    return inner_LxL / (norm_L[:, None] * norm_L[None] + 1e-30)
