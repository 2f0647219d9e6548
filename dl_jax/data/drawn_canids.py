"""The drawn Samoyeds and white wolves as a data set: the same pictures in every run."""

import jax
import numpy as np
from jax import numpy as jnp

from dl_jax.data.dataset import Dataset
from dl_jax.data.synthetic.canids import CLASSES, canids, plain, render

SIZES = (4096, 512, 1024)
"""Pictures to learn from, to choose by and to judge by; half of each are of either kind."""
AT_ONCE = 512


def animals(side: int = 32) -> Dataset:
    """x_NxHxWx3 uint8, all nuisances drawn at random."""
    draw = jax.jit(lambda key: canids(key, AT_ONCE, side))
    parts = [draw(key) for key in jax.random.split(jax.random.key(0), sum(SIZES) // AT_ONCE)]
    x_NxHxWx3 = np.concatenate([bytes_of(part.x) for part in parts])
    y_N = np.concatenate([part.y for part in parts])
    (*splits,) = zip(*(np.split(each, np.cumsum(SIZES)[:-1]) for each in (x_NxHxWx3, y_N)), strict=True)
    return Dataset("canids", *splits, CLASSES, "drawn by dl_jax.data.synthetic.canids, key 0")


def portrait(side: int = 256) -> np.ndarray:
    """picture_HxWx3 uint8 of a Samoyed in the plain scene."""
    return bytes_of(jax.jit(lambda kind: render(kind, plain(), side))(jnp.float32(0)))


def bytes_of(picture: jax.Array) -> np.ndarray:
    """Light from 0 to 1 as whole numbers from 0 to 255."""
    return np.round(255 * np.asarray(picture)).astype(np.uint8)
