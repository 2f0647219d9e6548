"""The loss as a function of all weights: random slices, segments between weights, and the plane of a training path.

P parameters, K points of a path, V vectors that span a slice, M points of a slice.
"""

from collections.abc import Callable
from itertools import pairwise

import jax
import jax.numpy as jnp

from dl_jax.models.model import Params

LossOfWeights = Callable[[jax.Array], jax.Array]
"""w_P -> the loss, averaged over the training examples."""


def filter_normalized(direction: Params, params: Params) -> Params:
    """Rescale a random direction so that each unit's weights have the norm that they have in params; biases become 0.

    Without it, slices of the same function appear flatter where its weights are larger (Li et al. 2018, section 4).
    Units are along the last axis of every `w`.
    """

    def rescaled(path, direction, w):
        if path[-1].key == "b":
            return jnp.zeros_like(w)
        inputs = tuple(range(w.ndim - 1))
        norm, direction_norm = [jnp.sqrt(jnp.sum(each**2, inputs, keepdims=True)) for each in (w, direction)]
        return direction * norm / direction_norm

    return jax.tree_util.tree_map_with_path(rescaled, direction, params)


def losses_at(loss: LossOfWeights, vector_VxP: jax.Array, coefficient_MxV: jax.Array) -> jax.Array:
    """loss_M at M linear combinations of V weight vectors, one after the other in one compiled loop."""
    return jax.lax.map(lambda coefficient_V: loss(jnp.sum(coefficient_V[:, None] * vector_VxP, 0)), coefficient_MxV)


def segment_coefficients(vectors: int, start: int, end: int, points: int) -> jax.Array:
    """coefficient_MxV of `points` equidistant points from vector number `start` to vector number `end`, inclusive."""
    t_M = jnp.linspace(0.0, 1.0, points)[:, None]
    return (1 - t_M) * jnp.eye(vectors)[start][None] + t_M * jnp.eye(vectors)[end][None]


def plane_coefficients(
    vectors: int, origin: int, directions: tuple[int, int], a_A: jax.Array, b_B: jax.Array
) -> jax.Array:
    """coefficient_MxV of the points origin + a * directions[0] + b * directions[1], M = A x B with b fastest.

    origin and directions are numbers of vectors.
    """
    unit = jnp.eye(vectors)
    a_M, b_M = (part.reshape(-1, 1) for part in jnp.meshgrid(a_A, b_B, indexing="ij"))
    return unit[origin][None] + a_M * unit[directions[0]][None] + b_M * unit[directions[1]][None]


def barrier(loss_M: jax.Array) -> jax.Array:
    """Largest rise of the loss above the chord of a segment: 0 wherever the loss is convex."""
    return jnp.max(loss_M - jnp.linspace(loss_M[0], loss_M[-1], len(loss_M)))


def reverse_hidden_units(params: Params, outgoing: bool = True) -> Params:
    """Reverse the order of the units of every hidden layer of a multilayer net: other weights, the same function.

    outgoing: whether the weights out of these units are permuted too; without it the function changes (a control).
    """
    names, reversed_params = sorted(params), dict(params)
    for below, above in pairwise(names):
        w, b = reversed_params[below]["w"], reversed_params[below]["b"]
        reversed_params[below] = {"w": w[:, ::-1], "b": b[::-1]}
        if outgoing:
            reversed_params[above] = reversed_params[above] | {"w": reversed_params[above]["w"][::-1]}
    return reversed_params


def principal_plane(path_KxP: jax.Array) -> tuple[jax.Array, jax.Array]:
    """First two principal components of a path about its last point.

    Returns direction_2xP, orthonormal, and coordinate_Kx2 of the path along them.
    """
    offset_KxP = path_KxP - path_KxP[-1:]
    value_K, vector_KxK = jnp.linalg.eigh(offset_KxP @ offset_KxP.T)
    direction_2xP = (vector_KxK[:, :-3:-1] / jnp.sqrt(jnp.maximum(value_K[:-3:-1], 1e-12))[None]).T @ offset_KxP
    return direction_2xP, offset_KxP @ direction_2xP.T
