"""SHA-256 of arrays, piece by piece, so that what comes back from a disk can be compared with what was sent there.

A piece is named by its place in the whole array and not by its device: an array that was saved on eight devices can
be restored on one, or by other processes, and still be checked.
"""

from hashlib import sha256
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

Pieces = dict[str, str]
"""For each piece of an array, named as "0:4,2:8" by its rows, columns, ..., the SHA-256 of its bytes."""
Leaf = jax.Array | np.ndarray


def anywhere(flag: bool) -> bool:
    """Whether the flag is set in any process. All processes must ask at the same point of the program."""
    return bool(_of_all_processes(np.asarray(flag)).any())


def digests(leaves: list[Leaf]) -> list[Pieces]:
    """Of all pieces of each array; a process answers for the pieces that are its own, and all learn of all."""
    names = [(number, name) for number, leaf in enumerate(leaves) for name in _layout(leaf)]
    own = {(number, name): here for number, leaf in enumerate(leaves) for name, here in _here(leaf, own=True).items()}
    digest_Px32 = np.zeros((len(names), 32), np.uint8)
    for row, name in enumerate(names):
        if name in own:
            digest_Px32[row] = np.frombuffer(_sha256(own[name]).digest(), np.uint8)
    found = [{} for _ in leaves]
    for (number, name), digest_32 in zip(names, _of_all_processes(digest_Px32).max(0), strict=True):
        found[number][name] = digest_32.tobytes().hex()
    return found


def differs(leaf: Leaf, told: Pieces) -> bool:
    """Whether a piece that is here has another digest than was told.

    Where the array is cut into other pieces now, it is put together first. All processes must ask together.
    """
    if set(told) == set(_layout(leaf)):
        return any(_sha256(numbers).hexdigest() != told[name] for name, numbers in _here(leaf).items())
    whole = np.asarray(leaf) if leaf.is_fully_addressable else multihost_utils.process_allgather(leaf, tiled=True)

    def at(name):
        return tuple(slice(*map(int, part.split(":"))) for part in name.split(",") if part)

    return any(_sha256(whole[at(name)]).hexdigest() != digest for name, digest in told.items())


def _of_all_processes(array):
    """The processes' arrays, one a row."""
    return np.asarray(multihost_utils.process_allgather(array)) if jax.process_count() > 1 else array[None]


def _here(leaf, own=False) -> dict[str, Any]:
    """The pieces that this process has, or those of them that no other has to answer for."""
    if isinstance(leaf, np.ndarray):
        return {} if own and jax.process_index() else dict.fromkeys(_layout(leaf), leaf)
    shards = [shard for shard in leaf.addressable_shards if shard.replica_id == 0 or not own]
    return {_name(shard.index, leaf.shape): shard.data for shard in shards}


def _layout(leaf) -> list[str]:
    """The names of an array's pieces on all devices."""
    if isinstance(leaf, np.ndarray):
        return [_name((slice(None),) * leaf.ndim, leaf.shape)]
    return sorted({_name(index, leaf.shape) for index in leaf.sharding.devices_indices_map(leaf.shape).values()})


def _name(index, shape):
    return ",".join("{}:{}".format(*part.indices(size)) for part, size in zip(index, shape, strict=True))


def _sha256(numbers):
    return sha256(np.ascontiguousarray(numbers).reshape(-1).view(np.uint8))
