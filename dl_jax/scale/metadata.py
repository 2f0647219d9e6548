"""The metadata of a checkpoint: the identity of its training, its arrays, and the digests of their shards."""

import json
from hashlib import sha256
from typing import Any

import jax

from dl_jax.scale.digests import digests
from dl_jax.scale.leaves import leaves_to_save

MAX_DIFFERENCES = 10
"""Differences between two trainings that a message lists; the others are counted."""


def metadata_of(identity: dict[str, Any], tree: Any) -> dict[str, Any]:
    """Return the metadata of a checkpoint, of JSON's types, with a SHA-256 of its own."""
    leaves = leaves_to_save(tree)
    shards = dict(zip(leaves, digests(list(leaves.values())), strict=True))
    content = {"identity": identity, "leaves": _types(tree), "shards": shards}
    return {"content": content, "sha256": _digest(content)}


def is_intact(metadata: dict[str, Any]) -> bool:
    """Return whether the metadata agrees with its SHA-256."""
    return metadata["sha256"] == _digest(metadata["content"])


def mismatch(metadata: dict[str, Any], identity: dict[str, Any], like: Any) -> str:
    """Return how the checkpoint differs from this training in identity or arrays, as text; empty if it does not."""
    content = metadata["content"]
    found = differences(flatten(content["identity"]) | content["leaves"], flatten(identity) | _types(like))
    more = [f"and {len(found) - MAX_DIFFERENCES} more"] if len(found) > MAX_DIFFERENCES else []
    return "; ".join(found[:MAX_DIFFERENCES] + more)


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return a text for each key whose value differs between two flat dicts, or that only one of them has."""
    return [
        f"{key} was {before.get(key, 'absent')}, is {now.get(key, 'absent')}"
        for key in dict.fromkeys([*before, *now])
        if before.get(key) != now.get(key)
    ]


def flatten(value: Any, prefix: str = "", separator: str = ".") -> dict[str, Any]:
    """Return {path: value} of all leaves of nested dicts; a path is the keys from the outside in."""
    if not isinstance(value, dict):
        return {prefix: value}
    inner = (flatten(each, f"{prefix}{separator}{key}" if prefix else key, separator) for key, each in value.items())
    return {path: leaf for leaves in inner for path, leaf in leaves.items()}


def _types(tree):
    """Return {path: type and shape} of the leaves, in their order."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path): f"{leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves}


def _digest(content):
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
