"""Methods that are solved rather than trained (kernel ridge regression, nearest neighbours), on tasks of one shape.

T tasks, H hyperparameters, N training examples, D inputs, C classes.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
from threadpoolctl import threadpool_limits

from dl_jax.data.dataset import Examples
from dl_jax.evidence.named import Label
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import for_each_seed
from dl_jax.measures.distance_to_examples import median_distance
from dl_jax.measures.ensembles import Draw, EvaluateTask, Scores, by_task, stacked
from dl_jax.models.kernel import gaussian, kernel_ridge, linear_kernel, scores
from dl_jax.models.model import Key
from dl_jax.training.context import Context
from dl_jax.training.grid import Grid

RIDGE = 1e-2
"""Ridge of `gaussian_ridge`."""
COMPILE_QUICKLY = {"xla_backend_optimization_level": 1}
"""Compiler options for drawing examples, which takes long to compile and no time to run."""
Fit = Callable[[Examples, int, jax.Array], Scores]
"""(training examples, number of classes, hyperparameter) -> the fitted method."""


def gaussian_ridge(train: Examples, classes: int, width: jax.Array) -> Scores:
    """Fit kernel ridge regression of one-hot targets with a Gaussian kernel; every training example is a centre.

    width: in units of the median distance between examples. x: [N, ...].
    """
    x_NxD = train.x.reshape(len(train.x), -1)
    return _ridge(gaussian(width * median_distance(x_NxD)), x_NxD, jax.nn.one_hot(train.y, classes), RIDGE)


def linear_ridge(train: Examples, classes: int, ridge: jax.Array) -> Scores:
    """Fit the same with the linear kernel: the linear classifier of regularised least squares. x: [N, ...]."""
    x_NxD = train.x.reshape(len(train.x), -1)
    return _ridge(linear_kernel, x_NxD, jax.nn.one_hot(train.y, classes), ridge)


def _ridge(kernel, x_NxD, t_NxC, ridge):
    params = kernel_ridge(kernel, x_NxD, t_NxC, ridge)
    return lambda x: scores(kernel, params, x.reshape(len(x), -1))


def data_key(seed: int | jax.Array) -> Key:
    """The key from which `sweep` draws a seed's examples, so that all methods get the same."""
    return jax.random.split(jax.random.key(seed), 3)[0]


def fit_methods(
    methods: Mapping[str, tuple[Fit, Iterable[float]]],
    draw: Draw,
    tasks: Grid,
    *,
    seeds: Iterable[int],
    evaluate: EvaluateTask,
    context: Context,
    classes: int = 2,
    train_size: int | None = None,
    **axes: Label,
) -> Records:
    """Fit every method to every task, with each of its hyperparameters at every seed.

    methods:    {method: (fit, hyperparameters)}.
    tasks:      `combinations` of axes, none of them static; they become columns of the records, beside `axes`,
                `method` and `hyperparameter`.
    train_size: number of training examples, the first of those that are drawn (None: all).
    """
    tried = {name: tuple(hyperparameters) for name, (_, hyperparameters) in methods.items()}
    draw_all = jax.jit(stacked(draw, tasks, axis=0), compiler_options=COMPILE_QUICKLY)
    programs = {
        name: jax.jit(partial(_every_hyperparameter, fit, classes, evaluate)) for name, (fit, _) in methods.items()
    }

    def compute(seed):
        splits = draw_all(data_key(seed))
        splits = splits._replace(train=Examples(*(part[:, :train_size] for part in splits.train)))
        return Records.gather(fit_one(name, seed, splits) for name in methods)

    def fit_one(method, seed, splits):
        with threadpool_limits(1, "blas"):  # LAPACK's own threads wait for one another at full speed
            metrics_TxH = jax.device_get(programs[method](splits, jnp.asarray(tried[method], jnp.float32)))
        return Records.gather(
            measured(
                by_task(jax.tree.map(lambda leaf_TxH, at=at: leaf_TxH[:, at], metrics_TxH), tasks),
                method=method,
                hyperparameter=hyperparameter,
                seed=seed,
                **axes,
            )
            for at, hyperparameter in enumerate(tried[method])
        )

    return for_each_seed(
        compute,
        tuple(seeds),
        context,
        label="kernel methods",
        methods=tried,
        tasks=tasks.trials,
        size=train_size,
        at=axes,
    )


def _every_hyperparameter(fit, classes, evaluate, splits, value_H):
    """Metrics with leading axes T and H; the methods are fitted one by one, since each may fill the memory."""

    def one(splits, value):
        return evaluate(fit(splits.train, classes, value), splits)

    return jax.lax.map(lambda splits: jax.lax.map(partial(one, splits), value_H), splits)
