"""Conjunctions: a unit with a threshold has one, linear maps and blurs have none; and what jitter leaves of a motif."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.feature_hierarchy.conjunction import (
    blurred,
    conjunctive,
    edges_alone_and_together,
    kept_when_edges_move,
)

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SIDE, KEY = 24, jax.random.key(0)


def both_and_each(f):
    """Answers f(a + b), f(a), f(b) of one map to one motif of two edges that drive it by 1 each, at one place."""
    return conjunctive(*(f(jnp.full((1, 1, 1), drive)) - f(jnp.zeros((1, 1, 1))) for drive in (2.0, 1.0, 1.0)))


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
    assert both_and_each(f) == share


def test_a_dead_map_does_not_count():
    drive = jnp.array([2.0, 0.0])[None, None]
    assert conjunctive(drive**2, (drive / 2) ** 2, (drive / 2) ** 2) == 1.0


def test_a_linear_net_and_a_blur_have_none_and_a_product_of_edges_has():
    def blur(x):
        return [blurred(x, 8, KEY)]

    def corner(x):
        """Across an edge at the left times along an edge below: an L."""
        return [jnp.roll(x, 3, 2) * jnp.roll(x, -3, 1)]

    assert jax.jit(lambda: edges_alone_and_together(blur, SIDE))() == [0.0]
    assert jax.jit(lambda: edges_alone_and_together(corner, SIDE))() == [1.0]


def test_without_jitter_all_is_kept_and_what_knows_no_motif_keeps_nothing():
    still = jax.jit(lambda: kept_when_edges_move(lambda x: (x,), SIDE, KEY, reach=0.0))()
    np.testing.assert_allclose(still, 1.0, atol=1e-3)
    noise = jax.random.normal(KEY, (128, 5))
    assert abs(jax.jit(lambda: kept_when_edges_move(lambda x: (noise,), SIDE, KEY)[0])()) < 0.1


def test_a_blurred_picture_minds_jitter_less():
    sharp, smooth = jax.jit(lambda: kept_when_edges_move(lambda x: (x, blurred(x, 1, KEY)), SIDE, KEY))()
    assert 0 < sharp < smooth < 1


def test_a_blur_is_a_mean_of_means():
    x = jnp.zeros((1, 8, 8, 2)).at[0, 4, 4].set(1.0)
    y = jax.jit(lambda x: blurred(x, 3, KEY))(x)
    assert y.shape == (1, 4, 4, 3)
    mix_2x3 = jax.random.normal(KEY, (2, 3)) / jnp.sqrt(2.0)
    np.testing.assert_allclose(y.sum((0, 1, 2)), mix_2x3.sum(0) / 4, rtol=1e-4)
