"""Numbers that need no training, taken at every seed at once, in single or in double precision."""

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.evidence.records import Row
from dl_jax.models.model import Key

PRECISIONS = ("float32", "float64")
COMPILED_QUICKLY = {"xla_backend_optimization_level": 0}
"""These programs run for milliseconds: compiling them is what takes time."""


def normals(key: Key, *shapes: tuple[int, ...]) -> list[jax.Array]:
    """Standard normal numbers in arrays of these shapes, all of one draw, which compiles once."""
    sizes = [math.prod(shape) for shape in shapes]
    parts = jnp.split(jax.random.normal(key, (sum(sizes),)), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def at(metric: str, **axes: Any) -> tuple:
    """The name of a number: a metric, and where on its axes it was taken.

    An axis may be a tuple of places; then it is the name of a vector with a number for each of them.
    """
    return metric, tuple(axes.items())


def rows_by_seed(look: Callable[[Key], dict], seeds: Sequence[int], precision: str, **axes: Any) -> list[Row]:
    """The rows of `look(key) -> {at(metric, ...): number or vector}` at every seed: one program, in this precision.

    Double precision is switched on within this call only. Matrix products are exact to the
    precision's rounding on every device; by default accelerators shorten their factors.
    """
    with jax.enable_x64(precision == "float64"), jax.default_matmul_precision("highest"):
        program = jax.jit(jax.vmap(lambda seed: look(jax.random.key(seed))), compiler_options=COMPILED_QUICKLY)
        found_R = jax.device_get(program(jnp.asarray(seeds)))
    return [
        {"trial": trial, "seed": seed, "precision": precision, **axes, **place, "metric": metric, "value": float(value)}
        for (metric, own), value_R in found_R.items()
        for trial, (seed, value) in enumerate(zip(seeds, np.asarray(value_R), strict=True))
        for place, value in zip(_places(dict(own)), np.ravel(value), strict=True)
    ]


def at_once(parts: Iterable[Callable[[], list[Row]]]) -> list[Row]:
    """The rows of all parts, in their order; on threads, since compiling each takes one core only."""
    threads = ThreadPoolExecutor(max_workers=4)
    try:
        return [row for rows in threads.map(lambda part: part(), parts) for row in rows]
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _places(axes):
    """The axes as they are, or once for each place along those that are tuples, the last of them fastest."""
    each = [where if isinstance(where, tuple) else (where,) for where in axes.values()]
    return [dict(zip(axes, where, strict=True)) for where in product(*each)]
