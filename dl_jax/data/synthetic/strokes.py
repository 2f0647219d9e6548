"""Rendering of images from tapered strokes with round ends."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Strokes(NamedTuple):
    """P strokes in painting order, on the square [-1, 1]^2 with y upwards.

    start_Px2, end_Px2: positions. radius_Px2: the radii at the start and at the end. colour_Px3: from 0 to 1.
    """

    start: jax.Array
    end: jax.Array
    radius: jax.Array
    colour: jax.Array


def concatenate(*parts: Strokes) -> Strokes:
    """Concatenate strokes; later ones are painted over earlier ones."""
    return jax.tree.map(lambda *arrays: jnp.concatenate(arrays), *parts)


def transform(strokes: Strokes, angle: jax.Array, about_2: jax.Array, by_2: jax.Array, scale: jax.Array) -> Strokes:
    """Rotate by `angle` (radians, anticlockwise) and scale about a point, then translate by `by_2`."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    matrix_2x2 = scale * jnp.array([[cos, -sin], [sin, cos]])

    def position(at_Px2):
        return (at_Px2 - about_2[None]) @ matrix_2x2.T + (about_2 + by_2)[None]

    return Strokes(position(strokes.start), position(strokes.end), scale * strokes.radius, strokes.colour)


def pixel_centres(side: int) -> jax.Array:
    """Return position_HxWx2 of the pixel centres of a square image, x before y; the first row is at the top."""
    at = (jnp.arange(side) + 0.5) * 2 / side - 1
    return jnp.stack(jnp.meshgrid(at, -at), -1)


def paint(image_HxWx3: jax.Array, strokes: Strokes) -> jax.Array:
    """Paint strokes over an image, antialiased over one pixel and shaded darker at the edges like round objects."""
    side = len(image_HxWx3)
    x_HxW, y_HxW = jnp.moveaxis(pixel_centres(side), -1, 0)

    # Colour by colour: with colours or coordinates as the last axis a CPU takes four times as long.
    def over(colours, stroke):
        (x, y), (along_x, along_y) = stroke.start, stroke.end - stroke.start
        from_x_HxW, from_y_HxW, square = x_HxW - x, y_HxW - y, along_x**2 + along_y**2 + 1e-6
        t_HxW = jnp.clip((from_x_HxW * along_x + from_y_HxW * along_y) / square, 0, 1)
        radius_HxW = stroke.radius[0] + t_HxW * (stroke.radius[1] - stroke.radius[0])
        from_axis_HxW = jnp.sqrt((from_x_HxW - t_HxW * along_x) ** 2 + (from_y_HxW - t_HxW * along_y) ** 2 + 1e-12)
        depth_HxW = radius_HxW - from_axis_HxW
        coverage_HxW = jnp.clip(0.5 + depth_HxW * side / 2, 0, 1)
        shading_HxW = 0.7 + 0.3 * jnp.clip(depth_HxW / (radius_HxW + 1e-6), 0, 1)
        pairs = zip(colours, stroke.colour, strict=True)
        return tuple(under + coverage_HxW * (shading_HxW * colour - under) for under, colour in pairs), None

    colours, _ = jax.lax.scan(over, tuple(jnp.moveaxis(image_HxWx3, -1, 0)), strokes)
    return jnp.stack(colours, -1)
