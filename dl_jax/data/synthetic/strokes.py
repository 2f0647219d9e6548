"""Pictures painted from strokes: straight, tapered, round at both ends, one over the other."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Strokes(NamedTuple):
    """P strokes in the order in which they are painted. The picture is the square from -1 to 1, y upwards.

    start_Px2, end_Px2: places; radius_Px2: at the start and at the end; colour_Px3: from 0 to 1.
    """

    start: jax.Array
    end: jax.Array
    radius: jax.Array
    colour: jax.Array


def together(*parts: Strokes) -> Strokes:
    """The strokes of all parts, the last in front."""
    return jax.tree.map(lambda *each: jnp.concatenate(each), *parts)


def moved(strokes: Strokes, angle: jax.Array, about_2: jax.Array, by_2: jax.Array, scale: jax.Array) -> Strokes:
    """Turned by an angle (radians, anticlockwise) about a place and scaled from there, then shifted."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    turn_2x2 = scale * jnp.array([[cos, -sin], [sin, cos]])

    def place(at_Px2):
        return (at_Px2 - about_2[None]) @ turn_2x2.T + (about_2 + by_2)[None]

    return Strokes(place(strokes.start), place(strokes.end), scale * strokes.radius, strokes.colour)


def places(side: int) -> jax.Array:
    """place_HxWx2 of the centres of the pixels, x before y; the first row is the highest."""
    at = (jnp.arange(side) + 0.5) * 2 / side - 1
    return jnp.stack(jnp.meshgrid(at, -at), -1)


def paint(picture_HxWx3: jax.Array, strokes: Strokes) -> jax.Array:
    """The picture with the strokes over it, smooth over a pixel at the edges and darker there, as round things are."""
    side = len(picture_HxWx3)
    place_HxWx2 = places(side)

    def over(picture_HxWx3, stroke):
        along_2, away_HxWx2 = stroke.end - stroke.start, place_HxWx2 - stroke.start[None, None]
        t_HxW = jnp.clip(away_HxWx2 @ along_2 / (along_2 @ along_2 + 1e-6), 0, 1)
        radius_HxW = stroke.radius[0] + t_HxW * (stroke.radius[1] - stroke.radius[0])
        off_HxWx2 = away_HxWx2 - t_HxW[..., None] * along_2[None, None]
        inside_HxW = radius_HxW - jnp.sqrt(jnp.sum(off_HxWx2**2, -1) + 1e-12)
        covers_HxW = jnp.clip(0.5 + inside_HxW * side / 2, 0, 1)
        light_HxW = 0.7 + 0.3 * jnp.clip(inside_HxW / (radius_HxW + 1e-6), 0, 1)
        painted_HxWx3 = light_HxW[..., None] * stroke.colour[None, None]
        return picture_HxWx3 + covers_HxW[..., None] * (painted_HxWx3 - picture_HxWx3), None

    return jax.lax.scan(over, picture_HxWx3, strokes)[0]
