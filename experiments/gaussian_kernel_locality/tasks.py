"""Tasks that tell a local machine, the Gaussian kernel, from nets: far from the examples, and in many dimensions."""

from collections.abc import Iterable
from functools import partial

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples, Splits
from dl_jax.data.synthetic import planes
from dl_jax.evidence.records import Row
from dl_jax.measures.distance_to_examples import distance_to_nearest, mean_by_distance, mean_of_farthest_quarter
from dl_jax.measures.ensembles import net_rows
from dl_jax.measures.kernel_machines import gaussian_machine, kernel_rows, linear_machine
from dl_jax.models.linear import linear
from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from dl_jax.training.batches import subsample
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy
from experiments.gaussian_kernel_locality.extrapolation import PLANES, beyond
from experiments.gaussian_kernel_locality.hidden_xor import hidden_xor
from experiments.gaussian_kernel_locality.motifs import MOTIF, SIDE, somewhere
from experiments.gaussian_kernel_locality.patch_net import patch_net

RELU = NONLINEARITIES["relu"]
DEEP = (64, 64, 64)
CONVOLUTIONAL = patch_net(SIDE, MOTIF + 1, 8, 2, RELU)
"""Eight units that look at every patch, a little larger than a motif."""
WIDTHS, LOCAL_WIDTHS = (0.25, 0.5, 1.0, 2.0), (0.0625, 0.125, 0.25, 0.5)
"""Of the Gaussian, in median distances between examples: in many dimensions, and on planes with fine borders."""
RIDGES, RATES = (1.0, 10.0, 100.0, 1000.0), (1e-3, 3e-3, 1e-2, 3e-2)
EXAMPLES, HIDDEN_EXAMPLES = 1024, 2048
POOL = 8192
"""Of a data set at most so many training examples are drawn from, and a quarter of it is looked at otherwise."""
DISTANCES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 100.0)
"""Edges of the bins of distance to the nearest training example; these lie within 0.5 to 2 units of the origin."""
SIMPLE = {"half_space": planes.half_space, "xor": planes.xor, "ring": planes.ring}


def on_images(splits: Splits, classes: int, seeds: Iterable[int], steps: int, context: Context, **axes) -> list[Row]:
    """The Gaussian kernel, two linear classifiers and a deep net; each seed draws EXAMPLES of the training examples."""
    limits = (POOL, POOL // 4, POOL // 4)
    pool, *rest = (Examples(*(part[:limit] for part in split)) for split, limit in zip(splits, limits, strict=True))

    def draw(key, task):
        index_N = subsample(key, len(pool.x), EXAMPLES)
        return jax.tree.map(jnp.asarray, Splits(Examples(*(jnp.asarray(part)[index_N] for part in pool)), *rest))

    same = (draw, [{"task": "data"}], seeds, look_at_images, context)
    machines = {"gaussian": (gaussian_machine, WIDTHS), "linear kernel": (linear_machine, RIDGES)}
    rows = kernel_rows(machines, *same, classes=classes, **axes)
    for name, net in {"linear": linear(classes), "deep": mlp(DEEP, classes, RELU)}.items():
        rows += net_rows(net, RATES, *same, steps=steps, machine=name, **axes)
    return rows


def on_planes(seeds: Iterable[int], context: Context) -> list[Row]:
    """What one hyperplane can do, a half-space, and what it cannot."""

    def draw(key, task):
        examples = jax.lax.switch(task["task"], [partial(each, count=3 * EXAMPLES) for each in SIMPLE.values()], key)
        thirds = (jnp.split(part, 3) for part in examples)
        return Splits(*(Examples(*third) for third in zip(*thirds, strict=True)))

    tasks = [{"task": name} for name in SIMPLE]
    machines = {"gaussian": (gaussian_machine, LOCAL_WIDTHS), "linear kernel": (linear_machine, RIDGES)}
    return kernel_rows(machines, draw, tasks, seeds, look, context)


def far_away(seeds: Iterable[int], steps: int, context: Context) -> list[Row]:
    """Test points at all distances; the covered machine is the same one, shown examples out there as well."""
    tasks = [{"task": name} for name in PLANES]

    def draw(key, task, covered=False):
        return jax.lax.switch(task["task"], [beyond(name, EXAMPLES, covered) for name in PLANES], key)

    machine = (gaussian_machine, LOCAL_WIDTHS)
    same = (tasks, seeds, look_afar, context)
    rows = kernel_rows({"gaussian": machine}, draw, *same)
    rows += kernel_rows({"gaussian, covered": machine}, partial(draw, covered=True), *same)
    return rows + net_rows(mlp(DEEP, 2, RELU), RATES, draw, *same, steps=steps, machine="deep")


def motif_somewhere(
    places: tuple[int, ...], counts: tuple[int, ...], seeds: Iterable[int], steps: int, context: Context
) -> list[Row]:
    """How well each machine does by the places where a motif may stand and the number of examples."""

    def tasks(machine, counts=counts):
        at = {"task": "motif", "machine": machine}
        return [{**at, "places": each, "examples": count} for each in places for count in counts]

    def draw(key, task):
        return somewhere(key, task["places"], task["examples"], max(counts), task["machine"])

    rows = []
    for count in counts:
        same = (draw, tasks("gaussian", [count]), seeds, look, context)
        rows += kernel_rows({"gaussian": (gaussian_machine, WIDTHS)}, *same, count=count)
    rows += net_rows(mlp(DEEP, 2, RELU), RATES, draw, tasks("deep"), seeds, look, context, steps=steps, batch_size=32)
    both = tasks("convolutional") + tasks("convolutional, scrambled")
    return rows + net_rows(CONVOLUTIONAL, RATES, draw, both, seeds, look, context, steps=steps, batch_size=32)


def hidden_directions(dimensions: tuple[int, ...], seeds: Iterable[int], steps: int, context: Context) -> list[Row]:
    """XOR of two directions among ever more that count for nothing."""

    def draw(key, task):
        return hidden_xor(key, task["dimensions"], max(dimensions), HIDDEN_EXAMPLES)

    same = (draw, [{"task": "hidden xor", "dimensions": each} for each in dimensions], seeds, look, context)
    rows = kernel_rows({"gaussian": (gaussian_machine, WIDTHS)}, *same)
    return rows + net_rows(mlp(DEEP, 2, RELU), RATES, *same, steps=steps, machine="deep")


def look(score, splits):
    """Accuracy on the examples to choose by and to judge by."""
    return {
        "validation_accuracy": accuracy(score(splits.validation.x), splits.validation.y),
        "test_accuracy": accuracy(score(splits.test.x), splits.test.y),
    }


def look_at_images(score, splits):
    """The same, and accuracy on the quarter of the test images that is farthest from all training images."""
    x_NxD, known_MxD = (split.x.reshape(len(split.x), -1) for split in (splits.test, splits.train))
    right_N = (jnp.argmax(score(splits.test.x), 1) == splits.test.y).astype(jnp.float32)
    farthest = mean_of_farthest_quarter(right_N, distance_to_nearest(known_MxD, x_NxD))
    return look(score, splits) | {"test_accuracy_farthest": farthest}


def look_afar(score, shown):
    """Accuracy by distance; and ten thousand units away, how far the scores are from the mean of the targets."""
    right_N = (jnp.argmax(score(shown.test.x), 1) == shown.test.y).astype(jnp.float32)
    accuracy_E = mean_by_distance(right_N, distance_to_nearest(shown.near.x, shown.test.x), DISTANCES)
    away_Nx2 = 1e4 * shown.test.x / jnp.linalg.norm(shown.test.x, axis=1, keepdims=True)
    constant_C = jnp.mean(jax.nn.one_hot(shown.train.y, 2), 0)
    return {
        "validation_accuracy": accuracy(score(shown.validation.x), shown.validation.y),
        "test_unlike_constant": jnp.max(jnp.abs(score(away_Nx2) - constant_C[None])),
    } | {f"test_accuracy_from_{low:g}": right for low, right in zip(DISTANCES[:-1], accuracy_E, strict=True)}
