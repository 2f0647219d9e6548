"""Units and weights of nets, counted on abstract arrays, so that a net of any size can be counted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen

from dl_jax.models.convnet import Stage, convnet, stage_outputs
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES

RELU = NONLINEARITIES["relu"]


class Size(NamedTuple):
    """The size of a net.

    units:   outputs of all layers; the inputs do not count.
    weights: all numbers that are learned, biases too.
    """

    units: int
    weights: int


def count_weights(init: Callable, *arguments) -> int:
    """Return how many numbers `init(*arguments)` has, without allocating them."""
    return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(init, *arguments)))


def dense_size(model: Model, inputs: Sequence[int]) -> Size:
    """Return the size of a net of fully connected layers, in which every output of a layer is a unit.

    inputs: the shape of one example.
    """
    x_1xD = jax.ShapeDtypeStruct((1, *inputs), jnp.float32)
    params = jax.eval_shape(model.init, jax.random.key(0), x_1xD)
    layers = jax.eval_shape(model.layers, params, x_1xD)
    return Size(sum(layer.size for layer in layers), count_weights(model.init, jax.random.key(0), x_1xD))


def convnet_size(stages: Sequence[Stage], hidden: Sequence[int], classes: int, inputs: Sequence[int]) -> Size:
    """Return the size of `convnet(stages, hidden, classes)`. The units of a feature map are counted before pooling."""
    model, x_1xHxWxC = convnet(stages, hidden, classes, RELU), jax.ShapeDtypeStruct((1, *inputs), jnp.float32)
    params = jax.eval_shape(model.init, jax.random.key(0), x_1xHxWxC)
    maps = jax.eval_shape(lambda params, x: stage_outputs(stages, RELU, params, x), params, x_1xHxWxC)
    units = sum(full.size for full, _ in maps) + sum(hidden) + classes
    return Size(units, count_weights(model.init, jax.random.key(0), x_1xHxWxC))


def figure_1a() -> Size:
    """The net of figure 1a: two inputs, two hidden units, one output."""
    return dense_size(mlp((2,), 1, RELU), (2,))


def lenet5() -> Size:
    """LeNet-5 (LeCun et al. 1998) as it is built here; 60,000 weights published.

    The published net leaves out 1,500 weights of its second layer, has 44 weights in its pooling and a fixed output
    layer; ours has max pooling without weights and learns all others.
    """
    return convnet_size((Stage(6, 5), Stage(16, 5, padding="VALID")), (120, 84), 10, (28, 28, 1))


def alexnet() -> Size:
    """The net of Krizhevsky, Sutskever & Hinton (2012): 60 million weights and 650,000 neurons published.

    Maps and layers are as published, with inputs of 227 x 227 pixels, from which 11 x 11 kernels at stride 4 make 55 x
    55 positions (the paper prints 224). To fit two GPUs, the published net connects the maps of convolutions 2, 4 and 5
    with half of the maps below only, which saves 1.4 of our 62.4 million weights. It pools 3 x 3 at stride 2 and ours
    2 x 2, to maps of the same size.
    """
    stages = (
        Stage(96, 11, 2, 4, "VALID"),
        Stage(256, 5),
        Stage(384, 3, 1),
        Stage(384, 3, 1),
        Stage(256, 3),
    )
    return convnet_size(stages, (4096, 4096), 1000, (227, 227, 3))


def vgg16() -> Size:
    """Configuration D of Simonyan & Zisserman (2015), as published: 138 million weights."""
    blocks = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    stages = [Stage(maps, 3, 2 if at == depth else 1) for maps, depth in blocks for at in range(1, depth + 1)]
    return convnet_size(stages, (4096, 4096), 1000, (224, 224, 3))


def deepface() -> Size:
    """The net that recognises faces (Taigman, Yang, Ranzato & Wolf 2014): more than 120 million weights published.

    Two convolutions of 32 and 16 maps, three layers of 16 maps whose kernels differ from place to place, and two
    dense layers.
    """
    convolutions = ((142, 32, 11, 3), (63, 16, 9, 32))
    local = ((55, 16, 9, 16), (25, 16, 7, 16), (21, 16, 5, 16))
    dense = ((4096, 21 * 21 * 16), (4030, 4096))
    units = sum(side**2 * maps for side, maps, _, _ in convolutions + local) + sum(size for size, _ in dense)
    kernels = [(maps * (kernel**2 * below + 1), side**2) for side, maps, kernel, below in convolutions + local]
    weights = sum(count for count, _ in kernels[:2]) + sum(count * places for count, places in kernels[2:])
    return Size(units, weights + sum(size * (below + 1) for size, below in dense))


def speech() -> Size:
    """The net that recognises speech on Switchboard (Seide, Li & Yu 2011; Hinton et al. 2012, table 3).

    Seven layers of 2048 units on 11 frames of 39 numbers each, and a score for each of 9304 states.
    """
    return dense_size(mlp((2048,) * 7, 9304, RELU), (11 * 39,))


SOURCE_WORDS, TARGET_WORDS = 160_000, 80_000
"""Vocabularies of the translation net."""


def translation() -> Size:
    """The net that translates sentences (Sutskever, Vinyals & Le 2014): 384 million weights published.

    Two stacks of four LSTM layers of width 1000, an embedding of each source and target word, and a score for each
    target word. Its units are the cells and the scores. Ours has biases in the gates (32,000) and scores too.
    """
    width, layers = 1000, 4
    key, x_1xW = jax.random.key(0), jax.ShapeDtypeStruct((1, width), jnp.float32)
    cell = linen.OptimizedLSTMCell(width)
    state = jax.eval_shape(lambda: cell.initialize_carry(jax.random.key(0), (1, width)))
    cells = 2 * layers * count_weights(cell.init, key, state, x_1xW)
    word_1 = jax.ShapeDtypeStruct((1,), jnp.int32)
    embeddings = sum(
        count_weights(linen.Embed(words, width).init, key, word_1) for words in (SOURCE_WORDS, TARGET_WORDS)
    )
    scores = count_weights(linen.Dense(TARGET_WORDS).init, key, x_1xW)
    return Size(2 * layers * width + TARGET_WORDS, cells + embeddings + scores)


NETS: dict[str, Callable[[], Size]] = {
    "figure 1a": figure_1a,
    "LeNet-5": lenet5,
    "AlexNet": alexnet,
    "VGG-16": vgg16,
    "DeepFace": deepface,
    "speech net": speech,
    "translation LSTM": translation,
}
"""Nets that the paper shows or cites, at least one for each field that it praises, and VGG-16 of the year before it."""

LABELLED: dict[str, int] = {
    "LeNet-5": 60_000,  # digits
    "AlexNet": 1_200_000,  # images
    "VGG-16": 1_300_000,  # images
    "DeepFace": 4_400_000,  # faces
    "speech net": 309 * 3600 * 100,  # frames of 10 ms in 309 hours, each labelled with a state
    "translation LSTM": 348_000_000,  # French words in 12 million sentences
}
"""Labelled examples that each net learned from, as its authors state them. Where an example is a sequence, each of its
labels counts as one, which is the reading that favours the statement."""
