"""Recognising objects in pictures: convolutional nets, and the best before them (statements 3 and 43; sections I, II).

What it says   Deep learning improved the recognition of objects in pictures dramatically over earlier methods.
Refuted if     a convolutional net makes nearly as many errors as the best of earlier methods: a linear classifier, and
               Gaussian radial units on pixels or on histograms of oriented gradients, as many as there are examples
Counter        untrained convolutions under a trained output layer already beat them; from a thousand digits of 8 x 8
               pixels, the data at hand, a Gaussian kernel learns more than any net
Run            bash launch/local.sh image_recognition --dataset=fashion_mnist --manual_dir=DIR --epochs=5 --seeds=5
               bash launch/local.sh image_recognition --dataset=mnist --manual_dir=DIR --net=lenet5 --epochs=10
Takes          90 s on 2 CPU cores, 40 s on an accelerator
Left open      the paper means photographs: 1.2 million of 1,000 kinds, where a convolutional net made 15.3 % errors
               among its best five and the best other method 26.2 % (Krizhevsky et al. 2012). This is a miniature; the
               hyperparameters of every method are selected on validation data
"""

from dataclasses import dataclass

import numpy as np

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.image_recognition import figures
from experiments.image_recognition.methods import (
    BATCH_SIZE,
    CONVOLUTIONAL,
    EARLIER,
    LINEAR,
    METHODS,
    UNTRAINED,
    fit_kernel,
    models_of,
    train_nets,
)
from experiments.image_recognition.nets import NETS

DRAMATIC = 0.25
"""Share of the errors of the best earlier method that are avoided. AlexNet's was 0.42."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to recognise: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    net: str = flag("small", "the convolutional net", choices=NETS)
    methods: tuple[str, ...] = flag(METHODS, "the methods to compare", choices=METHODS)
    learning_rates: tuple[float, ...] = flag((1e-3, 3e-3), "learning rates to select from", above=0)
    epochs: int = flag(40, "epochs of training", at_least=1)
    centres: int = flag(2000, "Gaussian radial units, at most", at_least=10)


PRESETS = {"smoke": {"seeds": 2, "epochs": 1, "learning_rates": (3e-3,), "centres": 100}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 20, "laptop": 90, "accelerator": 40}


def measure(config: Config, context: Context) -> Records:
    """Return the test error of every method on all training pictures, with the hyperparameter that is selected."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes, seeds = dataset.images(), len(dataset.class_names), config.all_seeds
    axes = {"dataset": config.dataset, "net": config.net}
    models = {name: model for name, model in models_of(config.net, classes).items() if name in config.methods}
    steps = max(1, config.epochs * len(splits.train.x) // BATCH_SIZE)
    parts = [
        fit_kernel(name, splits, classes, config.centres, seeds, context, **axes)
        for name in config.methods
        if name not in models
    ]
    if models:
        nets = train_nets(models, splits, config.learning_rates, seeds, steps, context, **axes)
        parts.append(select(nets, over="learning_rate", by="validation_accuracy", within=("method",)))
    return Records.gather(parts)


def error(method):
    """Share of the test pictures that the method takes for something else."""
    return metric("test_error", method=method)


def removed(method):
    """Share of the errors of the best earlier method, seed by seed, that this method avoids."""

    def estimand(records):
        best = np.min([error(name)(records) for name in EARLIER], 0)
        return 1.0 - error(method)(records) / best

    return estimand


def scope(records):
    """What the verdicts are about."""
    return f"{', '.join(records.axis('dataset'))}, {', '.join(records.axis('net'))} net"


CRITERIA = (
    Criterion(
        "3.convnet_avoids_errors",
        "share of the best earlier method's errors that a convolutional net avoids: a dramatic improvement",
        exceeds(removed(CONVOLUTIONAL), DRAMATIC),
        control=removed(LINEAR),
        scope=scope,
    ),
    Criterion(
        "43.convnet_beats_earlier_methods",
        "share of the best earlier method's errors that a convolutional net avoids: any improvement",
        exceeds(removed(CONVOLUTIONAL), 0.0),
        control=removed(LINEAR),
        scope=scope,
    ),
    Criterion(
        "3.untrained_convolutions_avoid_errors",
        "share of the best earlier method's errors that untrained convolutions under a trained output layer avoid",
        exceeds(removed(UNTRAINED), 0.0),
        control=removed(LINEAR),
        scope=scope,
        role="limit",
    ),
)


def draw(records):
    """Draw the test errors of all methods."""
    return {"errors": figures.errors(records, METHODS, EARLIER)}
