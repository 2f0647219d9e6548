"""What a training met on its path through the space of all weights, and what lies around the path's end."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy import optimize

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.hessian import hessian_product, lanczos, share_above
from dl_jax.measures.landscape import (
    barrier,
    filter_normalized,
    losses_at,
    plane_coefficients,
    principal_plane,
    reverse_hidden_units,
    segment_coefficients,
)
from dl_jax.models.model import Model, Params
from dl_jax.training.losses import cross_entropy

LOOKED = 2000
"""Training examples over which slices and curvature are averaged, at most."""
POINTS, ACROSS = 21, 21
"""On a segment, and along each side of a slice."""
LANCZOS, PROBES, STEEP = 30, 4, 0.1
"""Products with the Hessian; random vectors; a direction is steep that curves at least so much of the steepest."""
BOWL = 64
"""Weights of the least squares problem that is equally steep on all sides, but for chance."""
KEY = 0
"""Random slices and vectors are the same at every seed: it is the nets that differ."""
ON_THE_PATH = ("train", "validation", "test", "lowest_curvature", "highest_curvature")
"""What has one number for each point of the path."""
Metrics = dict[str, jax.Array]


def losses(model: Model, path_Kx: Params, splits: Splits, ridge: float) -> Metrics:
    """train_K (what is reduced: the mean error + ridge/2 |w|^2), validation_K and test_K (the mean error), and
    largest_rise: the most that `train` rises from one point of the path to the next, over what it was at first."""

    def error(params, examples):
        return jnp.mean(cross_entropy(model.apply(params, examples.x), examples.y))

    def all_three(params):
        w_P, _ = ravel_pytree(params)
        reduced = error(params, splits.train) + 0.5 * ridge * w_P @ w_P
        return reduced, error(params, splits.validation), error(params, splits.test)

    train_K, validation_K, test_K = jax.lax.map(all_three, path_Kx)
    found = {"train": train_K, "validation": validation_K, "test": test_K}
    return found | {"largest_rise": jnp.max(jnp.diff(train_K)) / train_K[0]}


def landscape(model: Model, path_Kx: Params, other: Params, train: Examples, ridge: float) -> Metrics:
    """Hills, curvature and slices. `other`: the end of another training, from other first weights.

    bump:             nats that the error rises above the chord between the two ends; bump_mirrored: between the end
                      and itself with its hidden units in reverse order, an equal function.
    mirrored_differs: by how many nats the error of the latter differs; half_mirrored_differs: if only the weights
                      into the units are put in reverse.
    apart:            how far the two ends are apart, over the mean of their norms.
    lowest_curvature_K, highest_curvature_K: eigenvalues of the Hessian; curves_down: the most negative one over the
                      highest at its point of the path, with the sign turned.
    steep, bowl_steep: share of directions that curve at least STEEP of the steepest, at the end, and in least squares
                      on independent normal inputs.
    above_slice:      how far the end lies above the lowest point of a random slice through it; above_first_slice:
                      the same of the first weights.
    lower_beyond:     by what part of its error the end lies above the lowest point of the plane of the path.
    in_slice:         what share of the path's extent (the mean square from the end) lies in that slice; in_plane: in
                      the plane of the path, that of its two principal components.
    The rest is to be drawn.
    """
    end, first = (jax.tree.map(lambda w_K, at=at: w_K[at], path_Kx) for at in (-1, 0))
    end_P, whole = ravel_pytree(end)
    other_P, mirrored_P, half_P = (
        ravel_pytree(each)[0] for each in (other, reverse_hidden_units(end), reverse_hidden_units(end, outgoing=False))
    )
    path_KxP = jax.vmap(lambda params: ravel_pytree(params)[0])(path_Kx)
    error = _reduced(model, whole, Examples(train.x[:LOOKED], train.y[:LOOKED]), ridge)
    random_RxP = jax.random.normal(jax.random.key(KEY), (2 + PROBES, len(end_P)))
    across_4xP = jnp.stack(
        [ravel_pytree(filter_normalized(whole(random_P), at))[0] for at in (end, first) for random_P in random_RxP[:2]]
    )
    direction_2xP, place_Kx2 = principal_plane(path_KxP)
    side_2xA, slice_A = jax.vmap(_with_room)(place_Kx2.T), jnp.linspace(-1.0, 1.0, ACROSS)
    vector_VxP = jnp.concatenate(
        [jnp.stack([end_P, path_KxP[0], other_P, mirrored_P, half_P]), across_4xP, direction_2xP]
    )
    V, (END, FIRST, OTHER, MIRRORED, HALF) = len(vector_VxP), range(5)
    places = {
        "segment": segment_coefficients(V, END, OTHER, POINTS),
        "segment_mirrored": segment_coefficients(V, END, MIRRORED, POINTS),
        "half": segment_coefficients(V, HALF, HALF, 1),
        "slice": plane_coefficients(V, END, (5, 6), slice_A, slice_A),
        "first_slice": plane_coefficients(V, FIRST, (7, 8), slice_A, slice_A),
        "plane": plane_coefficients(V, END, (9, 10), *side_2xA),
    }
    ends = np.cumsum([len(share_MxV) for share_MxV in places.values()])[:-1]
    found_M = jnp.split(losses_at(error, vector_VxP, jnp.concatenate(list(places.values()))), ends)
    errors = dict(zip(places, found_M, strict=True))
    extent, (flat_Px2, _) = jnp.sum((path_KxP - end_P[None]) ** 2), jnp.linalg.qr(across_4xP[:2].T)
    return {
        **{name: errors[name] for name in ("segment", "segment_mirrored", "slice", "plane")},
        "bump": barrier(errors["segment"]),
        "bump_mirrored": barrier(errors["segment_mirrored"]),
        "mirrored_differs": jnp.abs(errors["segment_mirrored"][-1] - errors["segment"][0]),
        "half_mirrored_differs": jnp.abs(errors["half"][0] - errors["segment"][0]),
        "apart": 2 * jnp.linalg.norm(end_P - other_P) / (jnp.linalg.norm(end_P) + jnp.linalg.norm(other_P)),
        "above_slice": errors["slice"][ACROSS**2 // 2] - jnp.min(errors["slice"]),
        "above_first_slice": errors["first_slice"][ACROSS**2 // 2] - jnp.min(errors["first_slice"]),
        "lower_beyond": 1.0 - jnp.min(errors["plane"]) / errors["segment"][0],
        "in_plane": jnp.sum(place_Kx2**2) / extent,
        "in_slice": jnp.sum(((path_KxP - end_P[None]) @ flat_Px2) ** 2) / extent,
        **dict(zip(("plane_x", "plane_y", "path_x", "path_y"), (*side_2xA, *place_Kx2.T), strict=True)),
        **_curvature(error, path_KxP, random_RxP[2:]),
    }


def lowest_point(model: Model, train: Examples, ridge: float) -> jax.Array:
    """w_P where a convex error is lowest, by Newton's method (scipy's, in double precision) from 0."""
    with jax.enable_x64(True):
        x_NxD = jnp.asarray(train.x, float)
        zeros = jax.tree.map(lambda w: np.zeros(w.shape), jax.eval_shape(model.init, jax.random.key(0), x_NxD[:1]))
        w_P, whole = ravel_pytree(zeros)
        error = _reduced(model, whole, Examples(x_NxD, jnp.asarray(train.y)), ridge)
        slope, product = jax.jit(jax.value_and_grad(error)), jax.jit(lambda w, v: hessian_product(error, w)(v))
        found = optimize.minimize(slope, w_P, jac=True, hessp=product, method="Newton-CG", options={"xtol": 1e-8})
    return np.asarray(found.x, np.float32)


def lowest(model: Model, path_Kx: Params, lowest_P: jax.Array, train: Examples, ridge: float) -> Metrics:
    """For a convex error: how far the path's end is from the lowest point. left: of the error; left_to_go: of the
    distance. Both over what they were at first."""
    first_P, whole = ravel_pytree(jax.tree.map(lambda w_K: w_K[0], path_Kx))
    end_P, _ = ravel_pytree(jax.tree.map(lambda w_K: w_K[-1], path_Kx))
    vector_VxP = jnp.stack([first_P, end_P, jnp.asarray(lowest_P)])
    first, end, least = losses_at(_reduced(model, whole, train, ridge), vector_VxP, jnp.eye(3))
    away_2 = jnp.linalg.norm(vector_VxP[:2] - vector_VxP[2:], axis=1)
    return {"left": (end - least) / (first - least), "left_to_go": away_2[1] / away_2[0]}


def _reduced(model, whole, examples, ridge):
    """w_P -> mean error + ridge/2 |w|^2."""

    def error(w_P):
        scores_NxC = model.apply(whole(w_P), examples.x)
        return jnp.mean(cross_entropy(scores_NxC, examples.y)) + 0.5 * ridge * w_P @ w_P

    return error


def _curvature(error, path_KxP, random_JxP):
    """Lanczos's method from one random direction all along the path, and from the others too at its end."""
    points, probes = len(path_KxP), len(random_JxP)
    at_M = jnp.asarray([*range(points), *[points - 1] * (probes - 1)])
    from_M = jnp.asarray([0] * points + list(range(1, probes)))

    def picture(at):
        return lanczos(hessian_product(error, path_KxP[at[0]]), random_JxP[at[1]], LANCZOS)

    value_MxK, weight_MxK = jax.lax.map(picture, (at_M, from_M))
    lowest_K, highest_K = value_MxK[:points, 0], value_MxK[:points, -1]
    inputs_NxP = np.random.default_rng(KEY).normal(size=(10 * BOWL, BOWL))
    bowl_P = np.linalg.eigvalsh(inputs_NxP.T @ inputs_NxP)
    return {
        "lowest_curvature": lowest_K,
        "highest_curvature": highest_K,
        "curves_down": jnp.max(-lowest_K / highest_K),
        "steep": share_above(value_MxK[points - 1 :], weight_MxK[points - 1 :], STEEP),
        "bowl_steep": jnp.mean(bowl_P > STEEP * np.max(bowl_P)),
        "ritz_value": jnp.ravel(value_MxK[points - 1 :]),
        "ritz_weight": jnp.ravel(weight_MxK[points - 1 :]) / probes,
    }


def _with_room(place_K):
    """Places along one side of a slice that holds the path, with room on both sides."""
    low, high = jnp.min(place_K), jnp.max(place_K)
    room = 0.3 * (high - low) + 1e-6
    return jnp.linspace(low - room, high + room, ACROSS)


def by_step(row: dict, steps_K: Sequence[int]) -> dict:
    """A sweep's row, whose `layer` counts the entries of a vector: now the step of a point of the path, or `entry`."""
    if "layer" not in row:
        return row
    entry, row = row["layer"], {name: value for name, value in row.items() if name != "layer"}
    return row | ({"step": steps_K[entry - 1]} if row["metric"] in ON_THE_PATH else {"entry": entry})
