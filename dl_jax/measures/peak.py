"""What the devices can do at most: a product of square matrices, as large as keeps them busy, in the numbers used."""

from time import perf_counter

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec

SIDE = {"cpu": 1024, "gpu": 8192, "tpu": 8192}
"""Rows of the matrices. An H100 takes 1 ms or more for 8192, hundreds of times what it takes to start a product."""
TRIES = 5


def peak_flops(mesh: Mesh, kind: jnp.dtype) -> float:
    """FLOP/s of products of matrices of this kind of number on all devices at once, the best of TRIES."""
    side = SIDE[mesh.devices.flat[0].platform]
    spec = PartitionSpec(mesh.axis_names)
    make = jax.jit(lambda: jnp.ones((mesh.size, side, side), kind), out_shardings=NamedSharding(mesh, spec))
    each = jax.shard_map(lambda a_1xSxS: (a_1xSxS[0] @ a_1xSxS[0])[None], mesh=mesh, in_specs=spec, out_specs=spec)
    product, a_NxSxS, seconds = jax.jit(each), make(), []
    for _ in range(1 + TRIES):  # the first compiles
        began = perf_counter()
        jax.block_until_ready(product(a_NxSxS))
        seconds.append(perf_counter() - began)
    return mesh.size * 2.0 * side**3 / min(seconds[1:])
