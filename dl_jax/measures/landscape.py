"""The error as a landscape above the space of all weights: slices through it, segments, and the plane of a path."""

from collections.abc import Callable
from itertools import pairwise

import jax
import jax.numpy as jnp

from dl_jax.models.model import Params

Error = Callable[[jax.Array], jax.Array]
"""E(w_P): the objective averaged over the training examples."""


def filter_normalised(random: Params, params: Params) -> Params:
    """A random direction, scaled so that each unit's weights in it are as long as its own, and biases stay.

    Without it, a net whose weights are large would look flat, though it is the same function (Li et al. 2018,
    section 4). Units are along the last axis of every `w`.
    """

    def scaled(path, direction, w):
        if path[-1].key == "b":
            return jnp.zeros_like(w)
        inputs = tuple(range(w.ndim - 1))
        lengths = [jnp.sqrt(jnp.sum(each**2, inputs, keepdims=True)) for each in (w, direction)]
        return direction * lengths[0] / lengths[1]

    return jax.tree_util.tree_map_with_path(scaled, random, params)


def losses_at(error: Error, vector_VxP: jax.Array, share_MxV: jax.Array) -> jax.Array:
    """E_M at M places, each a weighted sum of the vectors. All in one loop, which compiles once."""
    return jax.lax.map(lambda share_V: error(jnp.sum(share_V[:, None] * vector_VxP, 0)), share_MxV)


def on_segment(vectors: int, start: int, end: int, points: int) -> jax.Array:
    """share_MxV of `points` places at equal distances from one of the vectors to another, both among them."""
    t_M = jnp.linspace(0.0, 1.0, points)[:, None]
    return (1 - t_M) * jnp.eye(vectors)[start][None] + t_M * jnp.eye(vectors)[end][None]


def on_plane(vectors: int, middle: int, across: tuple[int, int], at_A: jax.Array, at_B: jax.Array) -> jax.Array:
    """share_MxV of the places middle + a times the first vector across + b times the second, M = A x B, b fastest."""
    one = jnp.eye(vectors)
    a_M, b_M = (part.reshape(-1, 1) for part in jnp.meshgrid(at_A, at_B, indexing="ij"))
    return one[middle][None] + a_M * one[across[0]][None] + b_M * one[across[1]][None]


def barrier(error_T: jax.Array) -> jax.Array:
    """How high the error on a segment rises above its chord: 0 wherever the error is convex."""
    return jnp.max(error_T - jnp.linspace(error_T[0], error_T[-1], len(error_T)))


def mirrored(params: Params, outgoing: bool = True) -> Params:
    """A multilayer net with the units of each hidden layer in reverse order: other weights, the same function.

    Without `outgoing` the weights from these units stay where they were: another function.
    """
    names, found = sorted(params), dict(params)
    for below, above in pairwise(names):
        found[below] = {"w": found[below]["w"][:, ::-1], "b": found[below]["b"][::-1]}
        if outgoing:
            found[above] = found[above] | {"w": found[above]["w"][::-1]}
    return found


def principal_plane(path_KxP: jax.Array) -> tuple[jax.Array, jax.Array]:
    """direction_2xP, orthonormal, and place_Kx2 along them: where a path, seen from its last point, varies most."""
    away_KxP = path_KxP - path_KxP[-1:]
    value_K, vector_KxK = jnp.linalg.eigh(away_KxP @ away_KxP.T)
    direction_2xP = (vector_KxK[:, :-3:-1] / jnp.sqrt(jnp.maximum(value_K[:-3:-1], 1e-12))[None]).T @ away_KxP
    return direction_2xP, away_KxP @ direction_2xP.T
