"""A fixed number of radial units and a linear layer on them, learned from all examples of a data set."""

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.records import Row
from dl_jax.measures.distance_to_examples import median_distance
from dl_jax.models.k_means import k_means
from dl_jax.models.kernel import gaussian, rbf_net, scores
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy

RIDGE = 1e-2


def radial_unit_rows(
    splits: Splits,
    classes: int,
    centres: int,
    widths: Iterable[float],
    seeds: Iterable[int],
    context: Context,
    **axes: Any,
) -> list[Row]:
    """Rows of `validation_error` for every width, and of `test_error` for the width with the least.

    As LeCun, Bottou, Bengio & Haffner (1998, section III.C): the centres are the k-means of each class, equally many
    for each; the linear layer is found by the regularised pseudo-inverse, in double precision. Widths are in units
    of the median distance between examples; the layer that is tested has learned from the validation examples too.
    """
    widths, seeds = list(widths), list(seeds)

    @jax.jit
    def error(width, centres_MxD, seen, asked):
        machine = rbf_net(gaussian(width), centres_MxD, seen.x, jax.nn.one_hot(seen.y, classes), RIDGE)
        return 1.0 - accuracy(scores(gaussian(width), machine, asked.x), asked.y)

    def of_seed(number, seed, train, validation, test):
        centres_MxD = _centres(np.random.default_rng(seed), train, centres, classes)
        at = {"trial": number, **axes, "centres": len(centres_MxD), "seed": seed}
        scale, found = median_distance(train.x), {}
        for width in widths:
            found[width] = float(error(width * scale, centres_MxD, train, validation))
            yield {**at, "width": width, "metric": "validation_error", "value": found[width]}
        best = min(found, key=found.get)
        both = Examples(*(np.concatenate(parts) for parts in zip(train, validation, strict=True)))
        tested = float(error(best * scale, centres_MxD, both, test))
        yield {**at, "width": best, "metric": "test_error", "value": tested}
        context.events.progress("radial units", number + 1, len(seeds))

    def compute():
        with jax.enable_x64(True):
            parts = [Examples(np.asarray(x, np.float64).reshape(len(x), -1), np.asarray(y)) for x, y in splits]
            return [row for number, seed in enumerate(seeds) for row in of_seed(number, seed, *parts)]

    return context.events.cached({"radial units": centres, **axes, "widths": widths, "seeds": seeds}, compute)


def _centres(generator, train, count, classes):
    """The means of count / classes groups of each class, or of as many as it has examples."""
    members = [train.x[train.y == label] for label in range(classes)]
    each = [max(1, min(count // classes, len(x_NxD))) for x_NxD in members]
    return np.concatenate([k_means(generator, x_NxD, size) for x_NxD, size in zip(members, each, strict=True)])
