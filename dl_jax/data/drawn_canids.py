"""A dataset of drawn Samoyeds and white wolves, from `synthetic.canids`: one fixed draw, or one for each seed."""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
from jax import numpy as jnp

from dl_jax.data.dataset import Dataset, Examples, Splits
from dl_jax.data.synthetic.canids import CLASSES, neutral_scene, random_scenes, render_bytes

SIZES = (4096, 512, 1024)
"""Training, validation and test images; half of each split belong to each class."""


def drawn_canids(side: int = 32) -> Dataset:
    """Draw the dataset: x_NxHxWx3 uint8 with all nuisances random, the same images on every call.

    `by_seed` draws others for each seed; it takes half a second, which `by_seed.precomputed` spends once a seed.
    """
    redraw = partial(drawn_splits, sizes=SIZES, side=side)
    train, validation, test = jax.device_get(jax.jit(redraw)(jax.random.key(0)))
    provenance = "drawn by dl_jax.data.synthetic.canids, key 0"
    return Dataset("canids", tuple(train), tuple(validation), tuple(test), CLASSES, provenance, redraw=redraw)


def drawn_splits(key: jax.Array, sizes: Sequence[int], side: int = 32) -> Splits:
    """Draw splits of these sizes, x_NxHxWx3 uint8; traced."""
    y_N = (jnp.arange(sum(sizes)) % 2).astype(jnp.int32)
    x_NxHxWx3 = render_bytes(y_N, random_scenes(key, sum(sizes)), side)
    ends = np.cumsum(sizes)[:-1]
    return Splits(*map(Examples, jnp.split(x_NxHxWx3, ends), jnp.split(y_N, ends)))


def portrait(side: int = 256) -> np.ndarray:
    """Draw one Samoyed in the neutral scene: image_HxWx3 uint8."""
    label_1, scene_1 = jnp.zeros(1), jax.tree.map(lambda nuisance: nuisance[None], neutral_scene())
    return np.asarray(jax.jit(partial(render_bytes, side=side))(label_1, scene_1)[0])
