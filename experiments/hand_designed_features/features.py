"""The inputs of a shallow classifier: raw pixels, features made by hand, features that are learned, and controls."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from dl_jax.models.convnet import Stage, convnet
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.pixel_permutation import permute_pixels
from dl_jax.models.hand_features.random_features import random_features
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.hand_designed_features.deskewing import deskewed

FEATURES = ("raw", "deskewed", "hog", "hog_fine", "hog_deskewed", "random_maps", "convnet")
BY_HAND = ("deskewed", "hog", "hog_fine", "hog_deskewed")
LEARNED = ("convnet", "hidden", "convnet_permuted")
"""Those of which more is trained than a linear head."""
CONTROLS = ("hog_permuted", "hog_one_cell", "convnet_permuted")
"""Permuted pixels, so that neighbours are unknown; one cell, without positions."""
FOR_MOVED = ("raw", "hog", "hog_permuted", "hog_one_cell")
"""Those that are also computed of moved test pictures."""
GRADIENTS = ("differences of neighbours", "bins of direction", "no sign", "cells", "blocks", "norm", "clipping")
UPRIGHT = ("slope from the moments", "whole lines shift")
CHOICES = {
    "deskewed": UPRIGHT,
    "hog": GRADIENTS,
    "hog_fine": GRADIENTS,
    "hog_deskewed": (*UPRIGHT, *GRADIENTS),
    "random_maps": ("maps", "kernels", "pooling", "layers"),
    "convnet": ("maps", "kernels", "pooling", "layers"),
}
"""What people chose for each, by our own list, besides the learning rate."""
MAPS = (8, 32)
HIDDEN = 300
"""Units of the fully connected net of LeCun et al. (1998), which is there for their results alone."""


class Kind(NamedTuple):
    """Where features come from: made of each picture, or learned inside the model.

    picture: ink_HxW -> what is computed of it.
    model:   number of units of the linear head -> the model whose last layer that head is.
    """

    picture: Callable[[jax.Array], jax.Array]
    model: Callable[[int], Model] = linear


def kinds(side: int) -> dict[str, Kind]:
    """Return every kind of features by name.

    side: pixels along the shorter side of the pictures; cells of oriented gradients are a quarter of it, and fine ones
          a seventh, where that is fewer pixels, and at least two.

    The two stages of the convolutional net end on its linear head.
    """
    kernel, coarse, fine = (3 if side < 16 else 5), max(2, side // 4), max(2, side // 7)
    hog = oriented_gradients(coarse)

    def maps(units):
        return convnet([Stage(count, kernel) for count in MAPS], (), units, NONLINEARITIES["relu"])

    by_name = {
        "raw": Kind(pixels),
        "deskewed": Kind(lambda ink_HxW: pixels(deskewed(ink_HxW))),
        "hog": Kind(hog),
        "hog_fine": Kind(oriented_gradients(fine)),
        "hog_deskewed": Kind(lambda ink_HxW: hog(deskewed(ink_HxW))),
        "convnet": Kind(one_colour, maps),
        "hidden": Kind(pixels, lambda units: mlp((HIDDEN,), units, NONLINEARITIES["relu"])),
        "random_maps": Kind(one_colour, lambda units: random_features(maps(units))),
        "convnet_permuted": Kind(lambda ink_HxW: one_colour(permute_pixels(ink_HxW)), maps),
        "hog_permuted": Kind(lambda ink_HxW: hog(permute_pixels(ink_HxW))),
        "hog_one_cell": Kind(oriented_gradients(side, block=1)),
    }
    return by_name if fine < coarse else {name: kind for name, kind in by_name.items() if name != "hog_fine"}


def pixels(ink_HxW: jax.Array) -> jax.Array:
    """ink_D: the pixels of the picture, line after line."""
    return ink_HxW.reshape(-1)


def one_colour(ink_HxW: jax.Array) -> jax.Array:
    """ink_HxWx1: the picture with an axis of channels."""
    return ink_HxW[..., None]
