"""The methods that recognise pictures: nets, and what came before them."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Label, Records
from dl_jax.measures.radial_units import fit_radial_units
from dl_jax.models.convnet import convnet
from dl_jax.models.hand_features.of_pictures import of_pictures
from dl_jax.models.hand_features.oriented_gradients import oriented_gradients
from dl_jax.models.hand_features.pixel_permutation import permute_pixels
from dl_jax.models.hand_features.random_features import random_features
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Model
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.context import Context
from dl_jax.training.grid import grid, per_program, static
from dl_jax.training.losses import accuracy, cross_entropy
from dl_jax.training.optimizers import annealed_adam
from dl_jax.training.step import Learner
from dl_jax.training.sweep import sweep
from experiments.image_recognition.nets import NETS

CONVOLUTIONAL, UNTRAINED, PERMUTED, DENSE = "convolutional", "untrained convolutions", "permuted pixels", "multilayer"
LINEAR, ON_PIXELS, ON_GRADIENTS = "linear", "Gaussian on pixels", "Gaussian on gradients"
EARLIER = (LINEAR, ON_PIXELS, ON_GRADIENTS)
METHODS = (*EARLIER, DENSE, PERMUTED, UNTRAINED, CONVOLUTIONAL)
RELU = NONLINEARITIES["relu"]
BATCH_SIZE = 64
HIDDEN = (256,)
"""Hidden units of the multilayer net."""
UNTRAINED_MAPS = 4
"""Maps of the untrained convolutions for each map of the trained ones."""
WIDTHS = (0.25, 0.5, 1.0)
"""Widths of the radial units, in median distances between examples."""


def permuted_pixels(splits: Splits) -> Splits:
    """Permute the pixels of images x_NxHxWxC, in every image in the same way."""

    def permuted(x_NxHxWxC):
        colours = [jax.vmap(permute_pixels)(x_NxHxWxC[..., colour]) for colour in range(x_NxHxWxC.shape[-1])]
        return np.asarray(jnp.stack(colours, -1))

    return Splits(*(Examples(permuted(split.x), split.y) for split in splits))


def gradients_of(splits: Splits) -> Splits:
    """Compute histograms of oriented gradients of the images' mean over colours, four cells by four."""
    features = oriented_gradients(min(splits.train.x.shape[1:3]) // 4)
    compute = of_pictures(lambda x_HxWxC: features(jnp.mean(x_HxWxC, -1)))
    return Splits(*(Examples(np.asarray(compute(split.x)), split.y) for split in splits))


INPUTS = {PERMUTED: permuted_pixels, ON_GRADIENTS: gradients_of}
"""What methods get instead of the pictures themselves: method -> (splits -> splits)."""


def inputs_of(method: str, splits: Splits) -> Splits:
    """The pictures as the method gets them."""
    return INPUTS[method](splits) if method in INPUTS else splits


def models_of(net: str, classes: int) -> dict[str, Model]:
    """The models of the methods that are trained, by method. net: one of NETS, the convolutional one."""
    stages, hidden = NETS[net]
    trained = convnet(stages, hidden, classes, RELU)
    more_maps = [stage._replace(maps=UNTRAINED_MAPS * stage.maps) for stage in stages]
    return {
        CONVOLUTIONAL: trained,
        PERMUTED: trained,
        UNTRAINED: random_features(convnet(more_maps, (), classes, RELU)),
        DENSE: mlp(HIDDEN, classes, RELU),
        LINEAR: linear(classes),
    }


def train_nets(
    models: dict[str, Model],
    splits: Splits,
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    steps: int,
    context: Context,
    **axes: Label,
) -> Records:
    """Measure `validation_accuracy` and `test_error`, an error rate, of each model by annealed Adam's learning rate."""

    def evaluate(run):
        accuracies = [accuracy(run.learner.model.apply(run.params, x), y) for x, y in run.splits[1:3]]
        return {"validation_accuracy": accuracies[0], "test_error": 1.0 - accuracies[1]}

    return sweep(
        lambda trial: Learner(models[trial.method], cross_entropy, annealed_adam(trial.learning_rate, steps)),
        per_program(lambda trial: inputs_of(trial.method, splits)),
        grid(method=static(models), learning_rate=learning_rates, seed=seeds),
        steps=steps,
        evaluate=evaluate,
        context=context,
        batch_size=BATCH_SIZE,
        **axes,
    )


def fit_kernel(
    method: str, splits: Splits, classes: int, centres: int, seeds: Sequence[int], context: Context, **axes: Label
) -> Records:
    """Measure the `test_error` of `centres` Gaussian radial units at most, of a width that validation data select."""
    count = min(centres, len(splits.train.x))
    inputs = inputs_of(method, splits)
    return fit_radial_units(inputs, classes, count, WIDTHS, seeds=seeds, context=context, method=method, **axes)
