"""Painted strokes: their areas, their order and their transformations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data.synthetic.strokes import Strokes, concatenate, paint, pixel_centres, transform

RED, GREEN = jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 1.0, 0.0])
BLACK = jnp.zeros((256, 256, 3))


def stroke(start, end, radius, colour=RED):
    return Strokes(*(jnp.asarray(part, jnp.float32)[None] for part in (start, end, radius, colour)))


def covered(strokes):
    return np.asarray(paint(BLACK, strokes)).max(-1) > 0.35  # half the intensity at an edge, which is 0.7


@pytest.mark.parametrize(
    ("start", "end", "radius", "area"),
    [
        ((0, 0), (0, 0), (0.5, 0.5), np.pi / 4),
        ((-0.3, 0), (0.3, 0), (0.2, 0.2), 0.24 + np.pi * 0.04),
    ],
)
def test_a_stroke_covers_its_area(start, end, radius, area):
    assert covered(stroke(start, end, radius)).mean() * 4 == pytest.approx(area, rel=0.02)


def test_a_stroke_with_negative_radius_is_invisible():
    np.testing.assert_array_equal(paint(BLACK, stroke((0, 0), (0.5, 0), (-1, -1))), BLACK)


def test_later_strokes_are_in_front():
    both = paint(BLACK, concatenate(stroke((0, 0), (0, 0), (0.5, 0.5)), stroke((0, 0), (0, 0), (0.2, 0.2), GREEN)))
    centre, left = both[128, 128], both[128, 80]
    assert (centre[1], left[0]) == pytest.approx((1.0, 0.85), abs=0.15)
    assert (centre[0], left[1]) == (0, 0)


def test_x_points_right_and_y_points_up():
    position = pixel_centres(4)
    np.testing.assert_allclose(position[0, 0], [-0.75, 0.75])
    np.testing.assert_allclose(position[3, 2], [0.25, -0.75])


def test_transform_rotates_scales_and_translates_the_image():
    bar = stroke((0.0, 0.0), (0.4, 0.0), (0.1, 0.1))
    rotated = transform(bar, jnp.pi / 2, jnp.zeros(2), jnp.zeros(2), jnp.ones(()))
    np.testing.assert_array_equal(covered(rotated), np.rot90(covered(bar)))
    shifted = transform(bar, jnp.zeros(()), jnp.zeros(2), jnp.array([0.25, 0.0]), jnp.ones(()))
    np.testing.assert_array_equal(covered(shifted), np.roll(covered(bar), 32, 1))
    larger = transform(bar, jnp.zeros(()), jnp.array([0.1, 0.2]), jnp.zeros(2), jnp.asarray(2.0))
    assert covered(larger).sum() == pytest.approx(4 * covered(bar).sum(), rel=0.05)
    np.testing.assert_allclose(larger.start[0], [-0.1, -0.2], atol=1e-6)


def test_an_image_is_differentiable_in_all_parameters_of_its_strokes():
    gradient = jax.grad(lambda strokes: jnp.sum(paint(BLACK, strokes)))(stroke((0, 0), (0.4, 0.1), (0.1, 0.2)))
    assert all(np.isfinite(part).all() and np.any(part != 0) for part in gradient)
