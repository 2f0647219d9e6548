"""Conjunctive maps: a threshold makes them, linear maps and blurs have none; and motifs whose edges jitter."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.feature_hierarchy.conjunction import (
    blur,
    conjunctive_share,
    conjunctive_shares,
    motif_variance_shares,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SIDE, KEY = 24, jax.random.key(0)


def share_of(f):
    """`conjunctive_share` of one map f of a total input to which each of two edges contributes 1."""
    return conjunctive_share(*(f(jnp.full((1, 1, 1), z)) - f(jnp.zeros((1, 1, 1))) for z in (2.0, 1.0, 1.0)))


@pytest.mark.parametrize(
    ("f", "share"),
    [
        (lambda z: jax.nn.relu(z - 1.5), 1.0),  # AND
        (lambda z: jnp.minimum(z, 1.0), 0.0),  # OR
        (lambda z: z, 0.0),
        (lambda z: jax.nn.relu(z + 0.5), 0.0),
    ],
)
def test_a_threshold_makes_a_conjunction(f, share):
    assert share_of(f) == share


def test_a_dead_map_does_not_count():
    z = jnp.array([2.0, 0.0])[None, None]
    assert conjunctive_share(z**2, (z / 2) ** 2, (z / 2) ** 2) == 1.0


def test_a_blur_has_no_conjunctive_maps_and_a_product_of_edges_is_one():
    def corner(x):
        """The product of an edge at the left and one below: an L."""
        return jnp.roll(x, 3, 2) * jnp.roll(x, -3, 1)

    shares = jax.jit(lambda: conjunctive_shares(lambda x: (blur(x, 8, KEY), corner(x)), SIDE))()
    np.testing.assert_array_equal(shares, [0.0, 1.0])


def test_without_jitter_all_variance_is_between_motifs_and_of_noise_none():
    still = jax.jit(lambda: motif_variance_shares(lambda x: (x,), SIDE, KEY, reach=0.0))()
    np.testing.assert_allclose(still, 1.0, atol=1e-3)
    noise = jax.random.normal(KEY, (128, 5))
    assert abs(jax.jit(lambda: motif_variance_shares(lambda x: (noise,), SIDE, KEY)[0])()) < 0.1


def test_a_blurred_picture_tolerates_jitter_better():
    sharp, smooth = jax.jit(lambda: motif_variance_shares(lambda x: (x, blur(x, 1, KEY)), SIDE, KEY))()
    assert 0 < sharp < smooth < 1


def test_a_blur_is_a_mean_of_means():
    x = jnp.zeros((1, 8, 8, 2)).at[0, 4, 4].set(1.0)
    y = jax.jit(lambda x: blur(x, 3, KEY))(x)
    assert y.shape == (1, 4, 4, 3)
    mix_2x3 = jax.random.normal(KEY, (2, 3)) / jnp.sqrt(2.0)
    np.testing.assert_allclose(y.sum((0, 1, 2)), mix_2x3.sum(0) / 4, rtol=1e-4)
