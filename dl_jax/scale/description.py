"""What is written beside the numbers of a saved state: of which training it is, its arrays, and their digests."""

import json
from hashlib import sha256
from typing import Any

import jax

from dl_jax.scale.digests import digests
from dl_jax.scale.leaves import to_save

SHOWN = 10
"""Differences between two trainings that are told one by one."""


def describe(about: dict[str, Any], tree: Any) -> dict[str, Any]:
    """The description of a state, of JSON's types, under a SHA-256 of its own."""
    leaves = to_save(tree)
    pieces = dict(zip(leaves, digests(list(leaves.values())), strict=True))
    told = {"about": about, "leaves": _arrays(tree), "pieces": pieces}
    return {"told": told, "sha256": _seal(told)}


def whole(description: dict[str, Any]) -> bool:
    """Whether the description is as it was written."""
    return description["sha256"] == _seal(description["told"])


def changes(description: dict[str, Any], about: dict[str, Any], like: Any) -> str:
    """In which points the saved state is not one of this training, one after the other; empty if in none."""
    told = description["told"]
    changed = differences(flat(told["about"]) | told["leaves"], flat(about) | _arrays(like))
    more = [f"and {len(changed) - SHOWN} more"] if len(changed) > SHOWN else []
    return "; ".join(changed[:SHOWN] + more)


def _arrays(tree):
    """{path: type and shape} of the leaves, in their order."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path): f"{leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves}


def differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """In what two flat dicts differ, a text for each name."""
    return [
        f"{name} was {there.get(name, 'not there')}, is {here.get(name, 'not there')}"
        for name in dict.fromkeys([*there, *here])
        if there.get(name) != here.get(name)
    ]


def flat(value: Any, name: str = "", between: str = ".") -> dict[str, Any]:
    """{name: value} of everything in nested dicts, a name being its keys from the outside in."""
    if not isinstance(value, dict):
        return {name: value}
    inner = (flat(each, f"{name}{between}{key}" if name else key, between) for key, each in value.items())
    return {name: each for part in inner for name, each in part.items()}


def _seal(told):
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
