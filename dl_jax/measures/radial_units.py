"""A net with a fixed number of Gaussian radial units and a linear layer, solved on all examples of a data set.

N training examples, D inputs, M units, C classes.
"""

from collections.abc import Callable, Iterable

import jax
import numpy as np

from dl_jax.data.by_seed import BySeed, as_by_seed
from dl_jax.data.dataset import Examples, Splits
from dl_jax.evidence.named import Label, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.measures.distance_to_examples import median_distance
from dl_jax.models.k_means import k_means
from dl_jax.models.kernel import gaussian, rbf_net, scores
from dl_jax.models.model import Key
from dl_jax.training.context import Context
from dl_jax.training.losses import accuracy

RIDGE = 1e-2


def fit_radial_units(
    data: Splits | BySeed | Callable[[Key], Splits],
    classes: int,
    centres: int,
    widths: Iterable[float],
    *,
    seeds: Iterable[int],
    context: Context,
    **axes: Label,
) -> Records:
    """Measure `validation_error` for every width, and `test_error` for the width with the least, at every seed.

    As LeCun, Bottou, Bengio & Haffner (1998, section III.C): the centres are the k-means of each class, equally many
    for each, `centres` in all at most; the linear layer is found by the regularised pseudo-inverse, in double
    precision. Both metrics are error rates. Widths are in units of the median distance between examples. Validation
    examples choose the width and nothing else, so that all methods learn from the same examples.

    data: as of `sweep`.

    Returns records with the columns `width` and `centres`, the number of centres that were found.
    """
    widths, source = tuple(widths), as_by_seed(data)

    @jax.jit
    def error_rate(width, centres_MxD, train, test):
        params = rbf_net(gaussian(width), centres_MxD, train.x, jax.nn.one_hot(train.y, classes), RIDGE)
        return 1.0 - accuracy(scores(gaussian(width), params, test.x), test.y)

    def compute(seed):
        train, validation, test = map(_rows, source.of(seed))  # drawn before double precision is switched on
        with jax.enable_x64(True):
            centres_MxD = _centres(np.random.default_rng(seed), train, centres, classes)
            scale = median_distance(train.x)
            error_W = [float(error_rate(width * scale, centres_MxD, train, validation)) for width in widths]
            best = widths[int(np.argmin(error_W))]
            test_error = float(error_rate(best * scale, centres_MxD, train, test))
        metrics = {
            "validation_error": named(np.asarray(error_W), width=widths),
            "test_error": named(np.asarray(test_error), width=best),
        }
        return measured(metrics, **axes, centres=len(centres_MxD), seed=seed)

    return for_each_seed(
        compute, tuple(seeds), context, label="radial units", centres=centres, widths=widths, axes=axes
    )


def _rows(examples):
    """The examples as x_NxD, in double precision."""
    return Examples(np.asarray(examples.x, np.float64).reshape(len(examples.x), -1), np.asarray(examples.y))


def _centres(generator, train, count, classes):
    """The k-means of each class, count / classes of them, or as many as the class has examples."""
    members = [train.x[train.y == label] for label in range(classes)]
    each = [max(1, min(count // classes, len(x_NxD))) for x_NxD in members]
    return np.concatenate([k_means(generator, x_NxD, size) for x_NxD, size in zip(members, each, strict=True)])
