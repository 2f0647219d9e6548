"""SHA-256 digests of arrays, shard by shard, to verify what is read back from a disk.

A shard is named by its index range in the whole array, not by its device: an array that was saved from eight devices
can be restored on one, or by other processes, and still be verified.
"""

from hashlib import sha256
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

ShardDigests = dict[str, str]
"""SHA-256 of the bytes of each shard of an array, by name: "0:4,2:8" for rows 0 to 4 and columns 2 to 8."""
Leaf = jax.Array | np.ndarray


def any_process(flag: bool) -> bool:
    """Return whether the flag is set in any process. Every process must call this at the same point."""
    return bool(_allgather(np.asarray(flag)).any())


def digests(leaves: list[Leaf]) -> list[ShardDigests]:
    """Return the digests of all shards of each array. Each process computes those of its shards; all get all."""
    names = [(number, name) for number, leaf in enumerate(leaves) for name in _shard_names(leaf)]
    local = {
        (number, name): shard for number, leaf in enumerate(leaves) for name, shard in _local_shards(leaf, True).items()
    }
    digest_Nx32 = np.zeros((len(names), 32), np.uint8)
    for row, shard in enumerate(names):
        if shard in local:
            digest_Nx32[row] = np.frombuffer(_sha256(local[shard]).digest(), np.uint8)
    by_leaf: list[ShardDigests] = [{} for _ in leaves]
    for (number, name), digest_32 in zip(names, _allgather(digest_Nx32).max(0), strict=True):
        by_leaf[number][name] = digest_32.tobytes().hex()
    return by_leaf


def differs(leaf: Leaf, expected: ShardDigests) -> bool:
    """Return whether a shard on this process has another digest than expected.

    An array that is sharded differently from the expected shards is gathered first. Every process must call this.
    """
    if set(expected) == set(_shard_names(leaf)):
        return any(_sha256(shard).hexdigest() != expected[name] for name, shard in _local_shards(leaf).items())
    gathered = isinstance(leaf, np.ndarray) or leaf.is_fully_addressable
    whole = np.asarray(leaf) if gathered else multihost_utils.process_allgather(leaf, tiled=True)

    def index(name):
        return tuple(slice(*map(int, part.split(":"))) for part in name.split(",") if part)

    return any(_sha256(whole[index(name)]).hexdigest() != digest for name, digest in expected.items())


def _allgather(array):
    """Return the arrays of all processes, stacked along a new first axis."""
    return np.asarray(multihost_utils.process_allgather(array)) if jax.process_count() > 1 else array[None]


def _local_shards(leaf, first_replica_only=False) -> dict[str, Any]:
    """Return this process's shards by name; optionally only first replicas, so that one process has each shard."""
    if isinstance(leaf, np.ndarray):
        return {} if first_replica_only and jax.process_index() else dict.fromkeys(_shard_names(leaf), leaf)
    shards = [shard for shard in leaf.addressable_shards if shard.replica_id == 0 or not first_replica_only]
    return {_name(shard.index, leaf.shape): shard.data for shard in shards}


def _shard_names(leaf) -> list[str]:
    """Return the names of an array's shards on all devices."""
    if isinstance(leaf, np.ndarray):
        return [_name((slice(None),) * leaf.ndim, leaf.shape)]
    return sorted({_name(index, leaf.shape) for index in leaf.sharding.devices_indices_map(leaf.shape).values()})


def _name(index, shape):
    return ",".join("{}:{}".format(*part.indices(size)) for part, size in zip(index, shape, strict=True))


def _sha256(numbers):
    return sha256(np.ascontiguousarray(numbers).reshape(-1).view(np.uint8))
