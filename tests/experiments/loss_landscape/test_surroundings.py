"""Segments, slices and planes of landscapes whose shape is known: a bowl, a double well, and a small net."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from dl_jax.models.mlp import mlp
from dl_jax.models.nonlinearities import NONLINEARITIES
from experiments.loss_landscape import surroundings
from experiments.loss_landscape.surroundings import (
    ALIGNED,
    CURVE,
    ENDS,
    INITIAL,
    OTHER,
    plane_of,
    segments,
    slices,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")

GENERATOR = np.random.default_rng(0)
NET = mlp((4,), 2, NONLINEARITIES["tanh"])
PARAMS = NET.init(jax.random.key(0), np.zeros((1, 3), np.float32))
W_P, UNRAVEL = ravel_pytree(PARAMS)
POINTS = surroundings.POINTS


def value(named, **at):
    """The number of a `Named` at these labels."""
    axes = named.labels()
    return float(named.value[tuple(axes[axis].index(label) for axis, label in at.items())])


def scaled(factor):
    return jax.tree.map(lambda w: factor * w, PARAMS)


def test_a_bowl_has_no_barrier_and_a_double_well_one_of_known_height():
    def bowl(w_P):
        return w_P @ w_P

    def double_well(w_P):
        return (w_P @ W_P / (W_P @ W_P) - 1) ** 2 * (w_P @ W_P / (W_P @ W_P) + 1) ** 2

    for shape, height in ((bowl, 0.0), (double_well, 1.0)):
        found = segments(shape, scaled(0.5), PARAMS, scaled(-1.0))
        assert value(found["barrier"], end=OTHER) == pytest.approx(height, abs=1e-4)
        assert value(found["barrier"], end=INITIAL) == pytest.approx(0.0, abs=0.1)
        assert value(found["barrier"], end=ALIGNED) == pytest.approx(0.0, abs=1e-4), "flipped, it is the same net"
        assert float(found["relative_distance"]) == pytest.approx(2.0, rel=1e-5)
    np.testing.assert_allclose(
        segments(bowl, scaled(0.5), PARAMS, scaled(-1.0))["segment"].value[ENDS.index(OTHER)],
        np.linspace(1, -1, POINTS) ** 2 * float(W_P @ W_P),
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_net_with_its_units_reversed_is_equal_and_with_half_of_its_weights_not():
    x_NxD = GENERATOR.normal(size=(20, 3)).astype(np.float32)

    def mean_square(w_P):
        return jnp.mean(NET.apply(UNRAVEL(w_P), x_NxD) ** 2)

    changes = segments(mean_square, scaled(0.5), PARAMS, scaled(-1.0))["permuted_changes"]
    assert value(changes, permuted="both sides") < 1e-5 < 0.01 < value(changes, permuted="one side")


def test_a_curve_leads_around_a_hill():
    """The segment runs through a hill of height 1 in the middle; a curve far to the side leads around it."""
    to_side_P = jnp.asarray(GENERATOR.normal(size=len(W_P)), jnp.float32)
    to_side_P = 4 * (to_side_P - (to_side_P @ W_P) / (W_P @ W_P) * W_P)

    def hill(w_P):
        return jnp.exp(-w_P @ w_P)

    found = segments(hill, scaled(0.9), PARAMS, scaled(-1.0), to_side_P)["barrier"]
    chord = float(hill(W_P))
    assert value(found, end=OTHER) == pytest.approx(1 - chord, abs=1e-4)
    assert value(found, end=CURVE) < 0.1


def test_no_slice_goes_lower_than_the_bottom_of_a_bowl():
    """The path leads from W_P to half of it, where the bowl is lowest."""
    path_KxP = jnp.stack([W_P, 0.75 * W_P, 0.5 * W_P])
    random_2xP = jnp.asarray(GENERATOR.normal(size=(2, len(W_P))), jnp.float32)
    found = slices(lambda w_P: 1 + jnp.sum((w_P - 0.5 * W_P) ** 2), path_KxP, UNRAVEL, random_2xP)
    assert value(found["slice_goes_lower"], weights="trained") == 0
    assert value(found["slice_goes_lower"], weights="initial") >= 0
    middle = POINTS // 2
    assert float(found["slice"].value[middle, middle]) == pytest.approx(1.0, abs=1e-6)
    assert float(found["slice"].value[middle, 0]) == pytest.approx(1 + 0.25 * float(W_P @ W_P), rel=1e-4)
    assert 0 <= float(found["path_in_plane"].value) < 1


def test_a_slice_along_the_path_contains_it():
    path_KxP = jnp.stack([W_P, 0.5 * W_P])
    random_2xP = jnp.stack([W_P, jnp.asarray(GENERATOR.normal(size=len(W_P)), jnp.float32)])
    found = slices(lambda w_P: w_P @ w_P, path_KxP, UNRAVEL, random_2xP)
    assert float(found["path_in_plane"].value) == pytest.approx(1.0, abs=1e-5)
    assert value(found["slice_goes_lower"], weights="trained") == pytest.approx(1.0, rel=1e-4)


def test_the_plane_of_a_straight_path_contains_it_and_what_lies_beyond():
    """From 1 to 0.4 of W_P: the plane reaches 0.3 of that way further, to 0.22, where the bowl is 1 - (0.22 / 0.4)^2
    lower, or a little less between two points of the grid."""
    path_KxP = jnp.stack([W_P, 0.7 * W_P, 0.4 * W_P])
    found = plane_of(lambda w_P: w_P @ w_P, path_KxP, (0, 1, 2))
    assert float(found["path_in_plane"].value) == pytest.approx(1.0, abs=1e-4)
    assert float(found["plane_goes_lower"]) == pytest.approx(1 - (0.22 / 0.4) ** 2, abs=0.01)
    length = 0.6 * float(jnp.linalg.norm(W_P))
    np.testing.assert_allclose(np.abs(found["path"].value[:, 0]), [length, length / 2, 0], rtol=1e-3, atol=1e-4)
    assert found["path"].labels() == {"step": (0, 1, 2), "component": ("first", "second")}
    assert np.ptp(found["plane_sides"].value[:, 0]) == pytest.approx(1.6 * length, rel=1e-3)
