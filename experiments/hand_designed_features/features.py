"""The inputs of a linear classifier: raw pixels, features made by hand, features that are learned, and controls."""

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
from experiments.hand_designed_features.few_examples import Fit, projected

FEATURES = ("raw", "deskewed", "pca", "hog", "hidden", "random_maps", "convnet")
BY_HAND = ("deskewed", "pca", "hog")
CONTROLS = ("raw_permuted", "hog_permuted", "hog_one_cell", "hidden_linear")
"""Permuted pixels, so that neighbours are unknown; one cell, without positions; a hidden layer of linear units."""
CHOICES = {
    "deskewed": ("slope from the moments", "whole lines shift"),
    "pca": ("how many components",),
    "hog": ("differences of neighbours", "bins of direction", "no sign", "cells", "blocks", "norm", "clipping"),
    "hidden": ("how many units",),
    "random_maps": ("maps", "kernels", "pooling", "layers"),
    "convnet": ("maps", "kernels", "pooling", "layers"),
}
"""What people chose for each, besides the learning rate."""
COMPONENTS = 40
"""Principal components, at most half of the pixels; as many as LeCun et al. (1998, section III.C) take."""
MAPS = (8, 32)


class Kind(NamedTuple):
    """Where features come from: made of each picture by hand, fitted to the examples, or learned inside the model.

    picture: ink_HxW -> what is computed of it, before any fit.
    model:   number of units of the linear head -> the model whose last layer that head is.
    fits:    steps that are fitted to the training examples.
    """

    picture: Callable[[jax.Array], jax.Array]
    model: Callable[[int], Model] = linear
    fits: tuple[Fit, ...] = ()


def kinds(side: int, hidden: int) -> dict[str, Kind]:
    """Return every kind of features by name.

    side:   pixels along the shorter side of the pictures; cells of oriented gradients are a quarter of it.
    hidden: units of a hidden layer.

    The two stages of the convolutional net end on its linear head.
    """
    kernel, hog = (3 if side < 16 else 5), oriented_gradients(side // 4)

    def net(nonlinearity):
        return lambda units: mlp((hidden,), units, NONLINEARITIES[nonlinearity])

    def maps(units):
        return convnet([Stage(count, kernel) for count in MAPS], (), units, NONLINEARITIES["relu"])

    return {
        "raw": Kind(pixels),
        "deskewed": Kind(lambda ink_HxW: pixels(deskewed(ink_HxW))),
        "pca": Kind(pixels, fits=(projected(min(COMPONENTS, side**2 // 2)),)),
        "hog": Kind(hog),
        "hidden": Kind(pixels, net("relu")),
        "convnet": Kind(one_colour, maps),
        "random_maps": Kind(one_colour, lambda units: random_features(maps(units))),
        "raw_permuted": Kind(lambda ink_HxW: pixels(permute_pixels(ink_HxW))),
        "hog_permuted": Kind(lambda ink_HxW: hog(permute_pixels(ink_HxW))),
        "hog_one_cell": Kind(oriented_gradients(side, block=1)),
        "hidden_linear": Kind(pixels, net("identity")),
    }


def pixels(ink_HxW: jax.Array) -> jax.Array:
    """ink_D: the pixels of the picture, line after line."""
    return ink_HxW.reshape(-1)


def one_colour(ink_HxW: jax.Array) -> jax.Array:
    """ink_HxWx1: the picture with an axis of channels."""
    return ink_HxW[..., None]
