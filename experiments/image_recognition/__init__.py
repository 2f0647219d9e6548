"""Recognising objects in pictures: convolutional nets, and the best before them (statements 3 and 43; sections I, II).

What it says   Deep learning improved the recognition of objects in pictures dramatically over earlier methods.
Refuted if     a convolutional net makes nearly as many errors as the best of earlier methods: a linear classifier, and
               Gaussian radial units on pixels or on histograms of oriented gradients, as many as there are examples
Counter        convolutions that were never learned, under learned scores, already beat them; from a thousand digits of
               8 x 8 pixels, the data at hand, a Gaussian kernel learns more than any net
Run            bash launch/local.sh image_recognition --dataset=fashion_mnist --manual_dir=DIR --passes=5 --seeds=5
               bash launch/local.sh image_recognition --dataset=mnist --manual_dir=DIR --net=lenet5 --rates=1e-3
Takes          90 s on 2 CPU cores, 40 s on an accelerator
Left open      the paper means photographs: 1.2 million of 1,000 kinds, where a convolutional net made 15.3 % errors
               among its best five and the best other method 26.2 % (Krizhevsky et al. 2012). This is a miniature; the
               settings of every machine are chosen on validation data
"""

from dataclasses import dataclass

import numpy as np

from dl_jax.data import catalog
from dl_jax.evidence.criteria import Criterion, exceeds
from dl_jax.evidence.estimands import metric
from dl_jax.evidence.records import Records
from dl_jax.models.convnet import convnet
from dl_jax.models.hand_features.random_features import random_features
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.runtime.flags import Flags, flag
from dl_jax.training.context import Context
from experiments.image_recognition import figures as recognition
from experiments.image_recognition.nets import NETS
from experiments.image_recognition.recognition import gradients_of, kernel_errors, net_errors, pixels_moved

CONV, UNLEARNED, MOVED, DENSE = "convolutional", "convolutions not learned", "pixels in other places", "multilayer"
EARLIER = ("linear", "Gaussian on pixels", "Gaussian on gradients")
MACHINES = (*EARLIER, DENSE, MOVED, UNLEARNED, CONV)
RELU = NONLINEARITIES["relu"]
BATCH, HIDDEN, MAPS_UNLEARNED = 64, (256,), 4
"""Pictures a step; units of the multilayer net; so many times more maps where none is learned."""
DRAMATIC = 0.25
"""Share of the errors of the best earlier method that are no longer made. AlexNet's was 0.42."""


@dataclass(frozen=True)
class Config(Flags):
    """Defaults are the laptop preset."""

    dataset: str = flag("digits", f"what to recognise: {', '.join(catalog.NAMES)}, or your own file.npz of images")
    manual_dir: str = flag("", "a folder that holds one folder of raw files for each data set")
    net: str = flag("small", "the convolutional net", choices=NETS)
    machines: tuple[str, ...] = flag(MACHINES, "who is to recognise it", choices=MACHINES)
    rates: tuple[float, ...] = flag((1e-3, 3e-3), "learning rates to choose from", above=0)
    passes: int = flag(40, "passes over the training pictures", at_least=1)
    centres: int = flag(2000, "Gaussian radial units, at most", at_least=10)


PRESETS = {"smoke": {"seeds": 2, "passes": 1, "rates": (3e-3,), "centres": 100}, "accelerator": {"seeds": 20}}
SECONDS = {"smoke": 20, "laptop": 90, "accelerator": 40}


def measure(config: Config, context: Context) -> Records:
    """Every machine on all training pictures, each with the setting that validation pictures chose."""
    dataset = catalog.load(config.dataset, config.manual_dir or None)
    splits, classes, seeds = dataset.images(), len(dataset.class_names), config.all_seeds
    steps = max(1, config.passes * len(splits.train.x) // BATCH)
    stages, hidden = NETS[config.net]
    more = [stage._replace(maps=MAPS_UNLEARNED * stage.maps) for stage in stages]
    learned = convnet(stages, hidden, classes, RELU)
    nets = {
        CONV: (learned, as_they_are),
        MOVED: (learned, pixels_moved),
        UNLEARNED: (random_features(convnet(more, (), classes, RELU)), as_they_are),
        DENSE: (mlp(HIDDEN, classes, RELU), as_they_are),
        "linear": (linear(classes), as_they_are),
    }
    axes = {"dataset": config.dataset, "net": config.net}
    tried = Records.gather(
        [
            net_errors(name, model, shown(splits), config.rates, seeds, steps, BATCH, context, **axes)
            for name, (model, shown) in nets.items()
            if name in config.machines
        ]
    )
    chosen = tried.best("setting", by="validation_accuracy", of=("machine",), judged=("test_",))
    kernels = {"Gaussian on pixels": as_they_are, "Gaussian on gradients": gradients_of}
    rows = [
        kernel_errors(name, shown(splits), classes, config.centres, seeds, context, **axes)
        for name, shown in kernels.items()
        if name in config.machines
    ]
    return Records.gather([chosen.rows, *rows])


def as_they_are(splits):
    """What most machines are shown of the pictures."""
    return splits


def error(machine):
    """Share of the test pictures that it takes for something else."""
    return metric("test_error", machine=machine)


def removed(machine):
    """Of the errors of the best earlier method, seed by seed, the share that this machine does not make."""

    def estimand(records):
        best = np.min([error(name)(records) for name in EARLIER], 0)
        return 1.0 - error(machine)(records) / best

    return estimand


def scope(records):
    """For what the verdicts hold."""
    return f"{', '.join(records.axis('dataset'))}, {', '.join(records.axis('net'))} net"


CRITERIA = (
    Criterion(
        3,
        "of the errors of the best earlier method a convolutional net does not make a good part: share of them",
        exceeds(removed(CONV), DRAMATIC),
        control=removed("linear"),
        scope=scope,
    ),
    Criterion(
        43,
        "it beats that method, by however little: share of its errors that it does not make",
        exceeds(removed(CONV), 0.0),
        control=removed("linear"),
        scope=scope,
    ),
    Criterion(
        3,
        "convolutions that were never learned, under learned scores, already beat it: share of its errors not made",
        exceeds(removed(UNLEARNED), 0.0),
        control=removed("linear"),
        scope=scope,
        counter_evidence=True,
    ),
)


def draw(records):
    """Test errors of all machines."""
    return {"errors": recognition.errors(records, MACHINES, EARLIER)}
