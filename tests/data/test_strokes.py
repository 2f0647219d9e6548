"""Strokes: a disk has its area, the last is in front, and moving one moves its picture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.strokes import Strokes, moved, paint, places, together

RED, GREEN = jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 1.0, 0.0])
BLACK = jnp.zeros((256, 256, 3))


def stroke(start, end, radius, colour=RED):
    return Strokes(*(jnp.asarray(part, jnp.float32)[None] for part in (start, end, radius, colour)))


def covered(strokes):
    return np.asarray(paint(BLACK, strokes)).max(-1) > 0.35  # half of it: an edge has 0.7 of the light


@pytest.mark.parametrize(
    ("start", "end", "radius", "area"),
    [
        ((0, 0), (0, 0), (0.5, 0.5), np.pi / 4),
        ((-0.3, 0), (0.3, 0), (0.2, 0.2), 0.24 + np.pi * 0.04),
    ],
)
def test_a_stroke_covers_its_area(start, end, radius, area):
    assert covered(stroke(start, end, radius)).mean() * 4 == pytest.approx(area, rel=0.02)


def test_without_a_radius_nothing_is_painted():
    np.testing.assert_array_equal(paint(BLACK, stroke((0, 0), (0.5, 0), (-1, -1))), BLACK)


def test_the_last_is_in_front():
    both = paint(BLACK, together(stroke((0, 0), (0, 0), (0.5, 0.5)), stroke((0, 0), (0, 0), (0.2, 0.2), GREEN)))
    middle, left = both[128, 128], both[128, 80]
    assert (middle[1], left[0]) == pytest.approx((1.0, 0.85), abs=0.15)
    assert (middle[0], left[1]) == (0, 0)


def test_y_goes_up_and_x_to_the_right():
    at = places(4)
    np.testing.assert_allclose(at[0, 0], [-0.75, 0.75])
    np.testing.assert_allclose(at[3, 2], [0.25, -0.75])


def test_moving_turns_scales_and_shifts_the_picture():
    bar = stroke((0.0, 0.0), (0.4, 0.0), (0.1, 0.1))
    turned = moved(bar, jnp.pi / 2, jnp.zeros(2), jnp.zeros(2), jnp.ones(()))
    np.testing.assert_array_equal(covered(turned), np.rot90(covered(bar)))
    shifted = moved(bar, jnp.zeros(()), jnp.zeros(2), jnp.array([0.25, 0.0]), jnp.ones(()))
    np.testing.assert_array_equal(covered(shifted), np.roll(covered(bar), 32, 1))
    larger = moved(bar, jnp.zeros(()), jnp.array([0.1, 0.2]), jnp.zeros(2), jnp.asarray(2.0))
    assert covered(larger).sum() == pytest.approx(4 * covered(bar).sum(), rel=0.05)
    np.testing.assert_allclose(larger.start[0], [-0.1, -0.2], atol=1e-6)


def test_a_picture_has_slopes_by_every_number_of_its_strokes():
    slopes = jax.grad(lambda strokes: jnp.sum(paint(BLACK, strokes)))(stroke((0, 0), (0.4, 0.1), (0.1, 0.2)))
    assert all(np.isfinite(part).all() and np.any(part != 0) for part in slopes)
