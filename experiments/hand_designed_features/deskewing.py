"""Deskewing: pictures set upright by their second moments, a preprocessing step made by hand."""

import jax
import jax.numpy as jnp


def deskewed(ink_HxW: jax.Array) -> jax.Array:
    """Shift the lines of ink_HxW sideways until the principal axis of the ink is upright.

    A line r moves by (r - centre) times the slope of the regression of columns on rows, which is the ratio of
    two second moments; the centre of the ink stays where it is. Ink is interpolated between pixels and 0 beyond the
    edges; a picture without ink, or with a single line of it, is unchanged. LeCun, Bottou, Bengio & Haffner (1998,
    section III.A) count every pixel as ink or not, and crop the result; here ink is weighted by its value, and
    nothing is cropped. ink: 0 for the background, not negative.
    """
    height, width = ink_HxW.shape
    row_Hx1, column_1xW = jnp.arange(height)[:, None] * 1.0, jnp.arange(width)[None] * 1.0
    mass = jnp.maximum(jnp.sum(ink_HxW), 1e-12)
    from_centre_Hx1 = row_Hx1 - jnp.sum(ink_HxW * row_Hx1) / mass
    aside_1xW = column_1xW - jnp.sum(ink_HxW * column_1xW) / mass
    upright = jnp.sum(ink_HxW * from_centre_Hx1**2)
    leaning = jnp.sum(ink_HxW * from_centre_Hx1 * aside_1xW)
    slope = jnp.where(upright > 1e-6 * mass, leaning / jnp.maximum(upright, 1e-12), 0.0)
    position = [row_Hx1 + 0 * column_1xW, column_1xW + slope * from_centre_Hx1]
    return jax.scipy.ndimage.map_coordinates(ink_HxW, position, order=1, mode="constant")
