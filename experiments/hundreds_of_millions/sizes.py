"""How many units and weights machines have: counted on their shapes, so that no machine is too large to be counted."""

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
    """weights: all numbers that learning adjusts, biases too. units: modules that say something, inputs left out."""

    units: int
    weights: int


def weights_of(init: Callable, *arguments) -> int:
    """The numbers in `init(*arguments)`, with no memory taken."""
    return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(init, *arguments)))


def of_layers(model: Model, inputs: Sequence[int]) -> Size:
    """Of a net in which every number that a layer hands on is a unit: fully connected ones."""
    x_1xD = jax.ShapeDtypeStruct((1, *inputs), jnp.float32)
    params = jax.eval_shape(model.init, jax.random.key(0), x_1xD)
    layers = jax.eval_shape(model.layers, params, x_1xD)
    return Size(sum(layer.size for layer in layers), weights_of(model.init, jax.random.key(0), x_1xD))


def of_convnet(stages: Sequence[Stage], hidden: Sequence[int], classes: int, inputs: Sequence[int]) -> Size:
    """Of `convnet(stages, hidden, classes)`: its feature maps before pooling, which only picks among their units."""
    model, x_1xHxWxC = convnet(stages, hidden, classes, RELU), jax.ShapeDtypeStruct((1, *inputs), jnp.float32)
    params = jax.eval_shape(model.init, jax.random.key(0), x_1xHxWxC)
    maps = jax.eval_shape(lambda params, x: stage_outputs(stages, RELU, params, x), params, x_1xHxWxC)
    units = sum(full.size for full, _ in maps) + sum(hidden) + classes
    return Size(units, weights_of(model.init, jax.random.key(0), x_1xHxWxC))


def figure_1a() -> Size:
    """The net of figure 1a: two inputs, two hidden units, one output."""
    return of_layers(mlp((2,), 1, RELU), (2,))


def lenet5() -> Size:
    """LeNet-5 (LeCun et al. 1998) as it is built here: 60,000 weights published, whose second layer leaves out 1,500
    of its kernels, and whose pooling has 44 weights and whose output is fixed, where ours pools the largest and learns
    all."""
    return of_convnet((Stage(6, 5), Stage(16, 5, padding="VALID")), (120, 84), 10, (28, 28, 1))


def alexnet() -> Size:
    """The net of Krizhevsky, Sutskever & Hinton (2012): 60 million weights and 650,000 neurons published.

    Its maps and layers as published, on the 227 x 227 pixels with which its 11 x 11 kernels at stride 4 make 55 x 55
    positions (224 stand in the paper). Theirs connects only half of the maps with each other in convolutions 2, 4 and
    5, for want of memory on one GPU, which saves 1.4 of our 62.4 million weights; it pools 3 x 3 at stride 2, which
    ours does 2 x 2, to maps of the same size.
    """
    stages = (
        Stage(96, 11, 2, 4, "VALID"),
        Stage(256, 5),
        Stage(384, 3, 1),
        Stage(384, 3, 1),
        Stage(256, 3),
    )
    return of_convnet(stages, (4096, 4096), 1000, (227, 227, 3))


def vgg16() -> Size:
    """Configuration D of Simonyan & Zisserman (2015): 138 million weights published. As published."""
    blocks = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    stages = [Stage(maps, 3, 2 if at == depth else 1) for maps, depth in blocks for at in range(1, depth + 1)]
    return of_convnet(stages, (4096, 4096), 1000, (224, 224, 3))


TRANSLATION = {"source words": 160_000, "target words": 80_000, "width": 1000, "layers": 4}


def translation() -> Size:
    """The net that translates sentences (Sutskever, Vinyals & Le 2014): 384 million weights published.

    Two stacks of LSTM layers, tables of a vector for each word, and a score for each target word. Its units are the
    cells and the scores. Here each gate has a bias (32,000 in all), and the scores have one too.
    """
    width, layers = TRANSLATION["width"], TRANSLATION["layers"]
    key, x_1xW = jax.random.key(0), jax.ShapeDtypeStruct((1, width), jnp.float32)
    cell = linen.OptimizedLSTMCell(width)
    state = jax.eval_shape(lambda: cell.initialize_carry(jax.random.key(0), (1, width)))
    cells = 2 * layers * weights_of(cell.init, key, state, x_1xW)
    word_1 = jax.ShapeDtypeStruct((1,), jnp.int32)
    words = sum(weights_of(linen.Embed(TRANSLATION[of], width).init, key, word_1) for of in list(TRANSLATION)[:2])
    scores = weights_of(linen.Dense(TRANSLATION["target words"]).init, key, x_1xW)
    return Size(2 * layers * width + TRANSLATION["target words"], cells + words + scores)


NETS: dict[str, Callable[[], Size]] = {
    "figure 1a": figure_1a,
    "LeNet-5": lenet5,
    "AlexNet": alexnet,
    "VGG-16": vgg16,
    "translation LSTM": translation,
}
"""Nets that the paper shows or speaks of, and VGG-16 from the year before it."""
