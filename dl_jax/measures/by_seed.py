"""Measurements that need no training, at every seed: in one program, or on the host seed by seed."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.evidence.named import Label
from dl_jax.evidence.records import Records, measured
from dl_jax.models.model import Key
from dl_jax.training.context import Context

PRECISIONS = ("float32", "float64")
COMPILE_QUICKLY = {"xla_backend_optimization_level": 0}
"""Compiler options for programs that run for milliseconds and compile for seconds."""
THREADS = 4
"""Programs that are compiled at the same time; each compiles on one core."""


def normals(key: Key, *shapes: tuple[int, ...]) -> list[jax.Array]:
    """Standard normal numbers in arrays of these shapes, all of one draw, which compiles once."""
    sizes = [math.prod(shape) for shape in shapes]
    parts = jnp.split(jax.random.normal(key, (sum(sizes),)), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


class Part(NamedTuple):
    """One program of `by_seed`. evaluate: (key) -> metrics; axes: columns of its rows, beside precision."""

    evaluate: Callable[[Key], dict[str, Any]]
    precision: str
    axes: dict[str, Label]


def part(evaluate: Callable[[Key], dict[str, Any]], precision: str = "float32", **axes: Label) -> Part:
    """Metrics of a seed's key (scalars, `named` or `array`), in one of PRECISIONS."""
    return Part(evaluate, precision, axes)


def by_seed(parts: Sequence[Part], seeds: Sequence[int], context: Context) -> Records:
    """The records of every part at every seed: a program for each part, compiled at the same time.

    Double precision is switched on within a part only. Matrix products are exact to the precision's rounding on every
    device; by default accelerators shorten their factors.
    """
    key = {"by seed": [{"precision": part.precision, **part.axes} for part in parts], "seeds": list(seeds)}
    return context.events.cached(key, partial(_all_parts, parts, seeds))


def for_each_seed(
    compute: Callable[[int], Records], seeds: Sequence[int], context: Context, *, label: str, **key: Any
) -> Records:
    """The records of compute(seed) at every seed, computed on the host and cached one by one, with progress.

    label: what is computed, for the progress line; with `key` it identifies the records in the cache.
    """

    def one(number, seed):
        records = compute(seed)
        context.events.progress(label, number, len(seeds))
        return records

    computes = (partial(one, number, seed) for number, seed in enumerate(seeds, 1))
    return context.events.cached({"for each seed": label, **key, "seeds": list(seeds)}, *computes)


def _all_parts(parts, seeds):
    threads = ThreadPoolExecutor(max_workers=THREADS)
    try:
        return Records.gather(threads.map(partial(_measure, seeds=seeds), parts))
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _measure(part, seeds):
    with jax.enable_x64(part.precision == "float64"), jax.default_matmul_precision("highest"):
        evaluate = jax.vmap(lambda seed: part.evaluate(jax.random.key(seed)))
        metrics_S = jax.device_get(jax.jit(evaluate, compiler_options=COMPILE_QUICKLY)(jnp.asarray(seeds)))
    return Records.gather(
        measured(
            jax.tree.map(lambda leaf_S, at=at: leaf_S[at], metrics_S),
            trial=at,
            seed=seed,
            precision=part.precision,
            **part.axes,
        )
        for at, seed in enumerate(seeds)
    )
