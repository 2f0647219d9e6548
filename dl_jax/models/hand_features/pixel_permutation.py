"""Pixel permutation: the control of features that use which pixels are neighbours."""

import jax
import numpy as np


def permute_pixels(ink_HxW: jax.Array) -> jax.Array:
    """Permute the pixels of an image by one fixed random permutation per image size.

    The image keeps all its information, and a linear classifier on pixels keeps its accuracy.
    """
    order_D = np.random.default_rng(0).permutation(ink_HxW.size)
    return ink_HxW.reshape(-1)[order_D].reshape(ink_HxW.shape)
