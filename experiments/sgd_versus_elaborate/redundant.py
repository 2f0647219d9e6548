"""A redundant training set: every image several times, shifted by up to a pixel and with noise."""

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits
from dl_jax.models.model import Key

NOISE = 0.3
"""Standard deviation of the noise on every pixel; that of the pixels is 1 (`Dataset.by_seed(images=True)`)."""


def redundant(key: Key, splits: Splits, copies: int) -> Splits:
    """Return the splits with every training image (x_NxHxWxC) `copies` times: the original, and noisy shifted copies.

    A copy is shifted by -1, 0 or 1 pixels down and across; the gap is filled with the lowest value of the images.
    Validation and test examples stay as they are. key: of the shifts and the noise. Traced.
    """
    x_NxHxWxC, y_N = splits.train
    height, width = x_NxHxWxC.shape[1:3]
    key_shift, key_noise = jax.random.split(key)
    padded = jnp.pad(x_NxHxWxC, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=jnp.min(x_NxHxWxC))

    def cut(padded_HxWxC, start_2):
        return jax.lax.dynamic_slice(padded_HxWxC, (*start_2, 0), (height, width, padded_HxWxC.shape[2]))

    start_MxNx2 = jax.random.randint(key_shift, (copies - 1, len(y_N), 2), 0, 3)
    shifted_MxNxHxWxC = jax.vmap(jax.vmap(cut), (None, 0))(padded, start_MxNx2)
    noisy = shifted_MxNxHxWxC + NOISE * jax.random.normal(key_noise, shifted_MxNxHxWxC.shape, x_NxHxWxC.dtype)
    x = jnp.concatenate([x_NxHxWxC, noisy.reshape(-1, *x_NxHxWxC.shape[1:])])
    return splits._replace(train=Examples(x, jnp.tile(y_N, copies)))
