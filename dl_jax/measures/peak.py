"""Peak throughput of the devices, measured with products of large square matrices."""

from math import nan
from time import perf_counter

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from dl_jax.training.context import Context

MATRIX_SIDE = {"cpu": 1024, "gpu": 8192, "tpu": 8192}
"""Rows of the matrices. At 8192 an H100 takes 1 ms or more, hundreds of times the time to launch a product."""
REPEATS = 5
"""Timed products; the shortest time counts."""


def peak_flops(context: Context, dtype: jnp.dtype) -> float:
    """FLOP/s of matrix products of this dtype on all devices of the context together; NaN in a dry run."""
    if context.events.dry_run:
        return nan
    mesh = context.mesh
    side = MATRIX_SIDE[context.kind]
    spec = PartitionSpec(mesh.axis_names)
    make = jax.jit(lambda: jnp.ones((mesh.size, side, side), dtype), out_shardings=NamedSharding(mesh, spec))
    square = jax.shard_map(lambda a_1xSxS: (a_1xSxS[0] @ a_1xSxS[0])[None], mesh=mesh, in_specs=spec, out_specs=spec)
    product, a_NxSxS, seconds = jax.jit(square), make(), []
    for _ in range(1 + REPEATS):
        start = perf_counter()
        jax.block_until_ready(product(a_NxSxS))
        seconds.append(perf_counter() - start)
    return mesh.size * 2.0 * side**3 / min(seconds[1:])  # the first call compiles
