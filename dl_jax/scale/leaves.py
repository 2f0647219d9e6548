"""Conversion of a pytree to arrays that Orbax can store, and back.

Leaves are numbered, random keys become their bits, and leaves of size 0, which Orbax refuses, are left out.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

NumberedLeaves = dict[str, Any]
"""The leaves of a tree by their number, as "00003", without those of size 0."""


def leaves_to_save(tree: Any) -> NumberedLeaves:
    """Return the tree's leaves: numpy arrays as they are, all others as arrays of JAX."""
    return _numbered(map(_plain, jax.tree.leaves(tree)))


def leaves_to_restore(like: Any) -> NumberedLeaves:
    """Return the shapes, types and shardings to restore to; `like` is explained at `Checkpointer.restore`."""
    return _numbered(map(_shape, jax.tree.leaves(like)))


def tree_of(like: Any, leaves: NumberedLeaves) -> Any:
    """Return the tree with the structure of `like` and the restored leaves."""
    targets, structure = jax.tree.flatten(like)
    restored = [_like(target, leaves.get(f"{number:05d}")) for number, target in enumerate(targets)]
    return jax.tree.unflatten(structure, restored)


def _numbered(leaves):
    return {f"{number:05d}": leaf for number, leaf in enumerate(leaves) if leaf.size}


def _is_key(leaf):
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf):
    if isinstance(leaf, np.ndarray):
        return leaf
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _shape(target):
    if isinstance(target, np.ndarray):
        return target
    sharding = target.sharding or SingleDeviceSharding(jax.local_devices()[0])
    shape = jax.ShapeDtypeStruct(target.shape, target.dtype)
    if _is_key(target):
        shape = jax.eval_shape(jax.random.key_data, shape)
    return jax.ShapeDtypeStruct(shape.shape, shape.dtype, sharding=sharding)


def _like(target, leaf):
    """Return the restored leaf with the type of the target: zeros of size 0 if it was left out, a key from its bits."""
    if leaf is None and isinstance(target, np.ndarray):
        return np.zeros_like(target)
    if leaf is None:
        shape = _shape(target)
        leaf = jnp.zeros(shape.shape, shape.dtype, device=shape.sharding)
    if not _is_key(target):
        return leaf
    kinds = []  # key_impl accepts a key only, and `target` may be only its shape
    jax.eval_shape(lambda key: kinds.append(jax.random.key_impl(key)), jax.ShapeDtypeStruct((), target.dtype))
    return jax.random.wrap_key_data(leaf, impl=kinds[0])
