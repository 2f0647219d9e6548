"""Motifs: a threshold makes a conjunction, a linear map none; arrangements that a map prefers; edges that jitter."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.feature_hierarchy.conjunction import (
    arrangement,
    blur,
    conjunction,
    excess_over_single_edges,
    jittered_motifs,
)
from experiments.feature_hierarchy.planted_hierarchy import EDGES
from experiments.feature_hierarchy.scatter import share_between

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SIDE, KEY = 24, jax.random.key(0)


def excess_of(f):
    """The excess of one map f of a total input to which each of two edges contributes 1."""
    return excess_over_single_edges(*(f(jnp.full((1, 1, 1), z)) - f(jnp.zeros((1, 1, 1))) for z in (2.0, 1.0, 1.0)))


@pytest.mark.parametrize(
    ("f", "excess"),
    [
        (lambda z: jax.nn.relu(z - 1.5), 1.0),  # AND
        (lambda z: jnp.minimum(z, 1.0), -1.0),  # OR
        (lambda z: z, 0.0),
        (lambda z: jax.nn.relu(z + 0.5), 0.0),
        (lambda z: z**2, 0.5),
    ],
)
def test_a_threshold_makes_a_conjunction(f, excess):
    np.testing.assert_allclose(excess_of(f), excess, atol=1e-6)


def test_a_dead_map_does_not_count_and_without_any_there_is_no_number():
    z = jnp.array([2.0, 0.0])[None, None]
    np.testing.assert_allclose(excess_over_single_edges(z**2, (z / 2) ** 2, (z / 2) ** 2), 0.5)
    assert np.isnan(excess_over_single_edges(0 * z, 0 * z, 0 * z))


def test_a_product_of_edges_is_a_conjunction_and_a_picture_is_not():
    def corner(x):
        """The product of an edge at the left and one below: an L."""
        return jnp.roll(x, 3, 2) * jnp.roll(x, -3, 1)

    picture, product = jax.jit(lambda: (conjunction(lambda x: x, SIDE), conjunction(corner, SIDE)))()
    np.testing.assert_allclose(picture, 0.0, atol=1e-5)
    assert product > 0.2


def test_maps_of_planted_preferences_have_their_arrangement():
    kind_N = jnp.repeat(jnp.arange(len(EDGES)), 8)
    prefers_first, any_motif = (jnp.array(each)[kind_N] for each in ((1.0, 0.25, 0.5, 0.5), (1.0, 1.0, 1.0, 1.0)))
    y_NxHxWxM = (
        jnp.zeros((len(kind_N), 3, 3, 3)).at[:, 1, 2].set(jnp.stack([prefers_first, prefers_first, any_motif], 1))
    )
    np.testing.assert_allclose(arrangement(y_NxHxWxM, kind_N), 0.75)
    np.testing.assert_allclose(arrangement(y_NxHxWxM[..., 2:], kind_N), 0.0)


def test_chance_favours_no_motif():
    """Noise that does not depend on the motif: the preference on other pictures is worth nothing on average."""
    kind_N = jnp.repeat(jnp.arange(len(EDGES)), 32)
    noise = 1.0 + 0.3 * jax.random.uniform(KEY, (len(kind_N), 1, 1, 400))
    assert abs(arrangement(noise, kind_N)) < 0.02


def test_without_jitter_all_variance_is_between_motifs_and_a_blur_tolerates_jitter_better():
    def shares(reach):
        x, kind_N = jittered_motifs(SIDE, KEY, reach)
        return jnp.stack([share_between(y, kind_N, len(EDGES)) for y in (x, blur(x, 1, KEY))])

    shares = jax.jit(shares)
    np.testing.assert_allclose(shares(0.0), 1.0, atol=1e-3)
    sharp, smooth = shares(0.12)
    assert 0 < sharp < smooth < 1


def test_a_blur_is_a_mean_of_means():
    x = jnp.zeros((1, 8, 8, 2)).at[0, 4, 4].set(1.0)
    y = jax.jit(lambda x: blur(x, 3, KEY))(x)
    assert y.shape == (1, 4, 4, 3)
    mix_2x3 = jax.random.normal(KEY, (2, 3)) / jnp.sqrt(2.0)
    np.testing.assert_allclose(y.sum((0, 1, 2)), mix_2x3.sum(0) / 4, rtol=1e-4)
