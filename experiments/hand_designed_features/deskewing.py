"""Pictures set upright by their moments: one step made by hand, for what leans without meaning anything by it."""

import jax
import jax.numpy as jnp


def deskewed(ink_HxW: jax.Array) -> jax.Array:
    """ink_HxW with its lines shifted sideways until the principal axis of the ink stands upright.

    A line r moves by (r - centre) times the slope of the regression of columns on rows, which is the ratio of
    two second moments; the centre of the ink stays where it is. Between pixels ink is interpolated, beyond the
    edges there is none, and what no ink or a single line leaves undecided stays as it is. LeCun, Bottou,
    Bengio & Haffner (1998, section III.A) do so with every pixel counted as ink or none, and crop what comes
    out; here ink weighs what it is dark, and none is cut off. ink: 0 for the background, not negative.
    """
    height, width = ink_HxW.shape
    row_Hx1, column_1xW = jnp.arange(height)[:, None] * 1.0, jnp.arange(width)[None] * 1.0
    mass = jnp.maximum(jnp.sum(ink_HxW), 1e-12)
    from_centre_Hx1 = row_Hx1 - jnp.sum(ink_HxW * row_Hx1) / mass
    aside_1xW = column_1xW - jnp.sum(ink_HxW * column_1xW) / mass
    upright = jnp.sum(ink_HxW * from_centre_Hx1**2)
    leaning = jnp.sum(ink_HxW * from_centre_Hx1 * aside_1xW)
    slope = jnp.where(upright > 1e-6 * mass, leaning / jnp.maximum(upright, 1e-12), 0.0)
    place = [row_Hx1 + 0 * column_1xW, column_1xW + slope * from_centre_Hx1]
    return jax.scipy.ndimage.map_coordinates(ink_HxW, place, order=1, mode="constant")
