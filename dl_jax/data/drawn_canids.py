"""A fixed dataset of drawn Samoyeds and white wolves, from `synthetic.canids`."""

import jax
import numpy as np
from jax import numpy as jnp

from dl_jax.data.dataset import Dataset
from dl_jax.data.synthetic.canids import CLASSES, canids, neutral_scene, render

SIZES = (4096, 512, 1024)
"""Training, validation and test images; half of each split belong to each class."""
BATCH_SIZE = 512
"""Images drawn per call."""


def drawn_canids(side: int = 32) -> Dataset:
    """Draw the dataset: x_NxHxWx3 uint8 with all nuisances random, the same images on every call."""
    draw = jax.jit(lambda key: canids(key, BATCH_SIZE, side))
    batches = [draw(key) for key in jax.random.split(jax.random.key(0), sum(SIZES) // BATCH_SIZE)]
    x_NxHxWx3 = np.concatenate([_to_uint8(batch.x) for batch in batches])
    y_N = np.concatenate([batch.y for batch in batches])
    boundaries = np.cumsum(SIZES)[:-1]
    train, validation, test = zip(np.split(x_NxHxWx3, boundaries), np.split(y_N, boundaries), strict=True)
    return Dataset("canids", train, validation, test, CLASSES, "drawn by dl_jax.data.synthetic.canids, key 0")


def portrait(side: int = 256) -> np.ndarray:
    """Draw one Samoyed in the neutral scene: image_HxWx3 uint8."""
    return _to_uint8(jax.jit(lambda label: render(label, neutral_scene(), side))(jnp.float32(0)))


def _to_uint8(image: jax.Array) -> np.ndarray:
    """Convert intensities from 0 to 1 to integers from 0 to 255."""
    return np.round(255 * np.asarray(image)).astype(np.uint8)
