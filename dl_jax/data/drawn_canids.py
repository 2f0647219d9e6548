"""A dataset of drawn Samoyeds and white wolves, from `synthetic.canids`: one fixed draw, or one for each seed."""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
from jax import numpy as jnp

from dl_jax.data.dataset import Dataset, Examples, Splits
from dl_jax.data.synthetic.canids import (
    CLASSES,
    NUISANCES,
    alternating,
    canids,
    neutral_scene,
    random_scenes,
    render,
    render_bytes,
)

SIZES = (4096, 512, 1024)
"""Training, validation and test images; half of each split belong to each class."""
BATCH_SIZE = 512
"""Images drawn per call."""


def drawn_canids(side: int = 32) -> Dataset:
    """Draw the dataset: x_NxHxWx3 uint8 with all nuisances random, the same images on every call.

    `by_seed` draws others for each seed; it takes a second or two, which `by_seed.precomputed` spends once a seed.
    """
    draw = jax.jit(lambda key: canids(key, BATCH_SIZE, side))
    batches = [draw(key) for key in jax.random.split(jax.random.key(0), sum(SIZES) // BATCH_SIZE)]
    x_NxHxWx3 = np.concatenate([_to_uint8(batch.x) for batch in batches])
    y_N = np.concatenate([batch.y for batch in batches])
    boundaries = np.cumsum(SIZES)[:-1]
    train, validation, test = zip(np.split(x_NxHxWx3, boundaries), np.split(y_N, boundaries), strict=True)
    provenance = "drawn by dl_jax.data.synthetic.canids, key 0"
    redraw = partial(drawn_splits, sizes=SIZES, side=side)
    return Dataset("canids", train, validation, test, CLASSES, provenance, redraw=redraw)


def drawn_splits(
    key: jax.Array,
    sizes: Sequence[int],
    side: int = 32,
    nuisances: Sequence[str] = tuple(NUISANCES),
    detail: float = 1.0,
) -> Splits:
    """Draw splits of these sizes, x_NxHxWx3 uint8; traced."""
    label_N, scene_N = alternating(sum(sizes)), random_scenes(key, sum(sizes), nuisances)
    x_NxHxWx3, y_N = render_bytes(label_N, scene_N, side, detail), label_N.astype(jnp.int32)
    ends = np.cumsum(sizes)[:-1]
    return Splits(*map(Examples, jnp.split(x_NxHxWx3, ends), jnp.split(y_N, ends)))


def portrait(side: int = 256) -> np.ndarray:
    """Draw one Samoyed in the neutral scene: image_HxWx3 uint8."""
    return _to_uint8(jax.jit(lambda label: render(label, neutral_scene(), side))(jnp.float32(0)))


def _to_uint8(image: jax.Array) -> np.ndarray:
    """Convert intensities from 0 to 1 to integers from 0 to 255."""
    return np.round(255 * np.asarray(image)).astype(np.uint8)
