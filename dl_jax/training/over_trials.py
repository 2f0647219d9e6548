"""Functions of one trial, mapped over all trials of a batch and over the devices."""

from collections.abc import Callable
from math import log2
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.training.context import Context
from dl_jax.training.sharding import Sharding

FLOPS_PER_BATCH = {"cpu": 1e6, "gpu": 3e9, "tpu": 3e9}
"""Useful FLOPs of a step of all trials that a device computes at once, about; small nets alone leave it idle. On a CPU
it stays below the size at which a product is split over threads: then its rounding would depend on their number."""
MOST_PER_DEVICE = {"cpu": 32, "gpu": 256, "tpu": 256}
"""Trials that a device computes at once, at most."""


def trials_per_device(kind: str, flops: float, trials: int) -> int:
    """How many trials a device computes at once, a power of two. It does not depend on how many devices there are: then
    a trial's numbers are bitwise the same on any number of them."""
    wanted = min(FLOPS_PER_BATCH[kind] / max(flops, 1.0), MOST_PER_DEVICE[kind], trials)
    return 2 ** int(log2(max(wanted, 1)))


def over_trials(
    context: Context,
    sharding: Sharding,
    unroll: bool,
    function: Callable[..., Any],
    kinds: str,
    at_once: int,
    **jit: Any,
) -> Callable[..., Any]:
    """Compile a function of one trial for all trials of a batch, which the devices share out.

    unroll:  the device has one trial, and is given it without a loop.
    kinds:   of each argument, "s" shared by all trials, "r" with a leading axis of trials.
    at_once: trials that a device computes as one vectorized batch; with 1 it goes from trial to trial.
    """
    trial_axis, batch = PartitionSpec("trial"), at_once if at_once > 1 else None

    def call(shared, each):
        shared, each = iter(shared), iter(each)
        return function(*(next(each if kind == "r" else shared) for kind in kinds))

    def local(*arguments):
        shared, each_R = ([a for a, kind in zip(arguments, kinds, strict=True) if kind == which] for which in "sr")
        if unroll:
            output = call(shared, jax.tree.map(lambda leaf_1: leaf_1[0], each_R))
            return jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], output)
        return jax.lax.map(lambda each: call(shared, each), each_R, batch_size=batch)

    # Along the other axes of the mesh XLA shares out the work within a trial.
    axes = {"axis_names": {"trial"}} if sharding.is_sharded else {}
    specs = tuple(trial_axis if kind == "r" else PartitionSpec() for kind in kinds)
    mapped = jax.shard_map(local, mesh=context.mesh, in_specs=specs, out_specs=trial_axis, check_vma=False, **axes)
    return jax.jit(mapped, **jit)


def by_trial(context: Context) -> NamedSharding:
    """The sharding of arrays with a leading axis of trials."""
    return NamedSharding(context.mesh, PartitionSpec("trial"))
