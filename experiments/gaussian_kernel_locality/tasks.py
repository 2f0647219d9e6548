"""Tasks that separate a local method, the Gaussian kernel, from nets: far from the examples, and in many dimensions."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits
from dl_jax.data.synthetic import planes
from dl_jax.evidence.records import Label, Records
from dl_jax.measures.ensembles import train_ensemble
from dl_jax.measures.kernel_methods import fit_methods, gaussian_ridge, linear_ridge
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.model import Key
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.batches import subsample
from dl_jax.training.context import Context
from dl_jax.training.grid import choice, combinations
from experiments.gaussian_kernel_locality.extrapolation import PLANES, beyond
from experiments.gaussian_kernel_locality.hidden_xor import hidden_xor
from experiments.gaussian_kernel_locality.metrics import evaluate, evaluate_by_distance, evaluate_images
from experiments.gaussian_kernel_locality.motifs import MOTIF, SIDE, somewhere
from experiments.gaussian_kernel_locality.patch_net import patch_net
from experiments.gaussian_kernel_locality.shifted_images import every_second_shifted

AXES = ("task", "covered", "positions", "size", "permuted", "dimensions")
"""The columns that name a task. Each method's hyperparameter is selected for each task."""
RELU = NONLINEARITIES["relu"]
DEEP = (64, 64, 64)
CONVOLUTIONAL = patch_net(SIDE, MOTIF + 1, 8, 2, RELU)
"""Eight units on every patch, which is a little larger than a motif."""
WIDTHS = (0.5, 1.0, 0.25, 2.0, 0.125, 4.0)
"""Widths of the Gaussian in many dimensions, in median distances between examples. From the middle outwards, as all
that follow: of values that are equally good on validation data the first is selected."""
WIDEST = 2.0
LOCAL_WIDTHS = (0.5, 0.25, 1.0, 0.125, WIDEST, 0.0625)
"""The same on planes with fine borders."""
RIDGES, LEARNING_RATES = (1.0, 10.0, 0.1, 100.0, 0.01), (1e-2, 3e-3, 3e-2, 1e-3, 1e-1, 3e-4)
EXAMPLES, HIDDEN_EXAMPLES = 1024, 2048
SIMPLE = {"half_space": planes.half_space, "xor": planes.xor, "ring": planes.ring}


def on_images(
    data: Callable[[Key], Splits], classes: int, seeds: Sequence[int], steps: int, context: Context, **axes: Label
) -> Records:
    """Measure the Gaussian kernel, two linear classifiers and a deep net on EXAMPLES images that each seed draws.

    data: from a seed's key; every method has the same images to train on, and others to choose its hyperparameter on.
    covered: True for a kernel of which every second training image is shifted (images with channels only).
    """

    def sample(key):
        splits = data(key)
        index_N = subsample(jax.random.fold_in(key, 1), len(splits.train.x), EXAMPLES)
        return splits._replace(train=Examples(*(jnp.asarray(part)[index_N] for part in splits.train)))

    def covered(key):
        train, validation, test = sample(key)
        return Splits(every_second_shifted(train), every_second_shifted(validation), test)

    def task(draw):
        return combinations(task=choice({"data": draw}))

    common = {"seeds": seeds, "evaluate": evaluate_images, "context": context, **axes}
    gaussian = {"gaussian": (gaussian_ridge, WIDTHS)}
    methods = {**gaussian, "linear kernel": (linear_ridge, RIDGES)}
    nets = {"linear": linear(classes), "deep": mlp(DEEP, classes, RELU)}
    of_net = {"learning_rates": LEARNING_RATES, "steps": steps, "covered": False}
    has_channels = jax.eval_shape(sample, jax.random.key(0)).train.x.ndim == 4
    return Records.gather(
        [
            fit_methods(methods, draw_task, task(sample), classes=classes, covered=False, **common),
            *(
                train_ensemble(net, draw_task, task(sample), method=name, **of_net, **common)
                for name, net in nets.items()
            ),
            fit_methods(gaussian, draw_task, task(covered), classes=classes, covered=True, **common)
            if has_channels
            else Records(),
        ]
    )


def on_planes(seeds: Sequence[int], context: Context) -> Records:
    """Measure the Gaussian kernel on what a line separates, a half-space, and on what it does not."""

    def thirds_of(plane):
        def sample(key):
            thirds = (jnp.split(part, 3) for part in plane(key, 3 * EXAMPLES))
            return Splits(*(Examples(*third) for third in zip(*thirds, strict=True)))

        return sample

    tasks = combinations(task=choice({name: thirds_of(plane) for name, plane in SIMPLE.items()}))
    methods = {"gaussian": (gaussian_ridge, LOCAL_WIDTHS)}
    return fit_methods(methods, draw_task, tasks, seeds=seeds, evaluate=evaluate, context=context)


def far_away(seeds: Sequence[int], steps: int, context: Context) -> Records:
    """Measure the kernel and a deep net at all distances from the training examples.

    covered: False where these lie near the origin; True for a kernel that has training examples far away as well.
    """

    def tasks(covered):
        return combinations(task=choice({name: beyond(name, EXAMPLES, covered) for name in PLANES}))

    common = {"seeds": seeds, "evaluate": evaluate_by_distance, "context": context}
    methods = {"gaussian": (gaussian_ridge, LOCAL_WIDTHS)}
    of_net = {"learning_rates": LEARNING_RATES, "steps": steps, "method": "deep", "covered": False}
    return Records.gather(
        [
            *(fit_methods(methods, draw_task, tasks(each), covered=each, **common) for each in (False, True)),
            train_ensemble(mlp(DEEP, 2, RELU), draw_task, tasks(False), **of_net, **common),
        ]
    )


def draw_task(key, task):
    """Draw the examples of a task whose axis `task` is a choice of the functions that draw them."""
    return task.task(key)


def motif_somewhere(
    positions: Sequence[int], sizes: Sequence[int], seeds: Sequence[int], steps: int, context: Context
) -> Records:
    """Measure each method by the number of positions in which a motif may stand, and the number of examples.

    Where it may stand in the most, also a convolutional net on permuted pixels.
    """

    def sample(key, task):
        return somewhere(key, task.positions, task.size, max(sizes), task.permuted)

    def tasks(sizes=sizes):
        return combinations(permuted=(False,), positions=positions, size=sizes)

    permuted = combinations(permuted=(True,), positions=(max(positions),), size=sizes)
    common = {"seeds": seeds, "evaluate": evaluate, "context": context, "task": "motif"}
    methods = {"gaussian": (gaussian_ridge, WIDTHS)}
    of_net = {"learning_rates": LEARNING_RATES, "steps": steps, "batch_size": 32}
    return Records.gather(
        [
            *(fit_methods(methods, sample, tasks([size]), train_size=size, **common) for size in sizes),
            train_ensemble(mlp(DEEP, 2, RELU), sample, tasks(), method="deep", **of_net, **common),
            train_ensemble(CONVOLUTIONAL, sample, tasks() + permuted, method="convolutional", **of_net, **common),
        ]
    )


def hidden_directions(dimensions: Sequence[int], seeds: Sequence[int], steps: int, context: Context) -> Records:
    """Measure the kernel and a deep net on XOR of two directions among many that have no influence."""

    def sample(key, task):
        return hidden_xor(key, task.dimensions, max(dimensions), HIDDEN_EXAMPLES)

    tasks = combinations(dimensions=dimensions)
    common = {"seeds": seeds, "evaluate": evaluate, "context": context, "task": "hidden xor"}
    of_net = {"learning_rates": LEARNING_RATES, "steps": steps, "method": "deep"}
    return Records.gather(
        [
            fit_methods({"gaussian": (gaussian_ridge, WIDTHS)}, sample, tasks, **common),
            train_ensemble(mlp(DEEP, 2, RELU), sample, tasks, **of_net, **common),
        ]
    )
