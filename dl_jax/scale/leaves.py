"""A tree as a file of arrays knows it: numbered leaves, keys as their bits, and nothing of size 0."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding

Numbered = dict[str, Any]
"""The leaves of a tree by their number, without those of size 0, which hold nothing to save."""


def to_save(tree: Any) -> Numbered:
    """The tree's numbers: numpy arrays as they are, all else as arrays of JAX."""
    return _numbered(map(_plain, jax.tree.leaves(tree)))


def to_restore(like: Any) -> Numbered:
    """The shapes of a tree's numbers and where they shall lie; `like` is explained at `Checkpoints.newest`."""
    return _numbered(map(_shape, jax.tree.leaves(like)))


def restored(like: Any, found: Numbered) -> Any:
    """The tree of the numbers that were restored."""
    targets, tree = jax.tree.flatten(like)
    return jax.tree.unflatten(tree, [_as(each, found.get(f"{at:05d}")) for at, each in enumerate(targets)])


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


def _as(target, leaf):
    if leaf is None and isinstance(target, np.ndarray):
        return np.zeros_like(target)
    if leaf is None:
        shape = _shape(target)
        leaf = jnp.zeros(shape.shape, shape.dtype, device=shape.sharding)
    if not _is_key(target):
        return leaf
    kinds = []  # a key's kind can be asked of a key only, and `target` may be no more than its shape
    jax.eval_shape(lambda key: kinds.append(jax.random.key_impl(key)), jax.ShapeDtypeStruct((), target.dtype))
    return jax.random.wrap_key_data(leaf, impl=kinds[0])
