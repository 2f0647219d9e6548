"""Images to train first filters on, and the same images without what edges or orientations need."""

from functools import partial

import jax

from dl_jax.data import catalog
from dl_jax.data.by_seed import BySeed, as_by_seed
from dl_jax.data.dataset import Examples
from dl_jax.data.natural_patches import natural_patches, permuted_pixels, random_phase

PATCHES, SIDE, SPOTS = "patches of two photographs", 13, 64
"""The default data: patches of SIDE x SIDE pixels, whose class is one of SPOTS spots of the photographs."""
TRANSFORMS = {
    "natural": lambda key, splits: splits,
    "permuted pixels": permuted_pixels,
    "isotropic random phase": partial(random_phase, isotropic=True),
    "random phase": random_phase,
}
"""{images: how they are made of natural ones}."""
EXAMPLES_KEY, TRANSFORM_KEY = 2**30 - 2, 2**30 - 1
"""Folded into the key with which the images are drawn."""


def load_images(photographs: str, manual_dir: str, examples: int) -> tuple[BySeed, int]:
    """Return images that each seed draws, at most `examples` to train on, and their number of classes.

    photographs: "" for patches, else the name of a dataset.
    """
    if not photographs:
        return as_by_seed(partial(natural_patches, side=SIDE, spots=SPOTS, train=examples)), SPOTS
    dataset = catalog.load(photographs, manual_dir or None)
    images = dataset.by_seed(images=True)

    def draw(shared, key):
        splits = images.build(shared, images.draw(shared, key))
        order_N = jax.random.permutation(jax.random.fold_in(key, EXAMPLES_KEY), len(splits.train.y))[:examples]
        return splits._replace(train=Examples(splits.train.x[order_N], splits.train.y[order_N]))

    return BySeed(images.shared, draw, lambda shared, drawn: drawn), len(dataset.class_names)


def transformed(images: BySeed, kind: str) -> BySeed:
    """Return the images of one of TRANSFORMS. They are drawn once a trial, not again in every program."""

    def draw(shared, key):
        splits = images.build(shared, images.draw(shared, key))
        return TRANSFORMS[kind](jax.random.fold_in(key, TRANSFORM_KEY), splits)

    return BySeed(images.shared, draw, lambda shared, drawn: drawn)
