"""Pictures whose pixels changed places: all they hold is there, but who was whose neighbour is lost."""

import jax
import numpy as np


def scrambled(ink_HxW: jax.Array) -> jax.Array:
    """ink_HxW with its pixels in other places, drawn once and the same for every picture of this size.

    The control of features that know about neighbours: to a weighted sum of pixels it makes no difference.
    """
    place_D = np.random.default_rng(0).permutation(ink_HxW.size)
    return ink_HxW.reshape(-1)[place_D].reshape(ink_HxW.shape)
