"""Kernel machines on examples: every setting at every seed, as rows like those of a sweep."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from threadpoolctl import threadpool_limits

from dl_jax.data.dataset import Examples
from dl_jax.evidence.records import Row
from dl_jax.measures.distance_to_examples import median_distance
from dl_jax.measures.ensembles import Draw, Look, Score, Tasks, beside
from dl_jax.models.kernel import gaussian, kernel_ridge, linear_kernel, scores
from dl_jax.models.model import Key
from dl_jax.training.context import Context

RIDGE = 1e-2
COMPILED_QUICKLY = {"xla_backend_optimization_level": 1}
"""Drawing examples takes long to compile and no time to run."""
Fit = Callable[[Examples, int, jax.Array], Score]
"""(training examples, classes, setting) -> the machine that they make."""


def gaussian_machine(train: Examples, classes: int, width: jax.Array) -> Score:
    """Exact, with every training example as a centre. width: in units of the median distance between examples."""
    x_NxD = train.x.reshape(len(train.x), -1)
    return _machine(gaussian(width * median_distance(x_NxD)), x_NxD, jax.nn.one_hot(train.y, classes), RIDGE)


def linear_machine(train: Examples, classes: int, ridge: jax.Array) -> Score:
    """The same with the linear kernel: the linear classifier of regularised least squares."""
    x_NxD = train.x.reshape(len(train.x), -1)
    return _machine(linear_kernel, x_NxD, jax.nn.one_hot(train.y, classes), ridge)


def _machine(kernel, x_NxD, t_NxC, ridge):
    machine = kernel_ridge(kernel, x_NxD, t_NxC, ridge)
    return lambda x: scores(kernel, machine, x.reshape(len(x), -1))


def data_key(seed: int | jax.Array) -> Key:
    """The key that `sweep` draws a seed's examples from: all machines see the same."""
    return jax.random.split(jax.random.key(seed), 3)[0]


def kernel_rows(
    machines: dict[str, tuple[Fit, Iterable[float]]],
    draw: Draw,
    tasks: Tasks,
    seeds: Iterable[int],
    look: Look,
    context: Context,
    *,
    classes: int = 2,
    count: int | None = None,
    **axes: Any,
) -> list[Row]:
    """Rows of what is looked at, for every machine and each `setting` of it, a width or a ridge, at every seed.

    count: only so many of the training examples that are drawn are learned from.
    """
    machines, seeds = {name: (fit, list(settings)) for name, (fit, settings) in machines.items()}, list(seeds)

    def compute():
        draw_all = jax.jit(beside(draw, tasks, axis=0), compiler_options=COMPILED_QUICKLY)
        programs = {name: jax.jit(partial(_every_setting, fit, classes, look)) for name, (fit, _) in machines.items()}
        rows = []
        for done, seed in enumerate(seeds, 1):
            splits = draw_all(data_key(seed))
            splits = splits._replace(train=Examples(*(part[:, :count] for part in splits.train)))
            for name, (_, settings) in machines.items():
                with threadpool_limits(1, "blas"):  # LAPACK's own threads wait for one another at full speed
                    found = jax.device_get(programs[name](splits, jnp.asarray(settings, jnp.float32)))
                rows += [
                    {"trial": at, "machine": name, **axes, **task, "setting": settings[at], "seed": seed}
                    | {"metric": metric, "value": value}
                    for metric, value_TxR in found.items()
                    for task, value_R in zip(tasks, value_TxR.tolist(), strict=True)
                    for at, value in enumerate(value_R)
                ]
            context.events.progress("kernel machines", done, len(seeds))
        return rows

    settings = {name: settings for name, (_, settings) in machines.items()}
    return context.events.cached(
        {"kernel machines": settings, **axes, "tasks": tasks, "count": count, "seeds": seeds}, compute
    )


def _every_setting(fit, classes, look, splits, setting_R):
    """{metric: value_TxR}; one machine after the other, since each may fill the memory."""

    def one(splits, setting):
        return look(fit(splits.train, classes, setting), splits)

    return jax.lax.map(lambda splits: jax.lax.map(partial(one, splits), setting_R), splits)
