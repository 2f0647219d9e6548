"""Classic two-class tasks in the plane and on bits; only `half_space` is linearly separable."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from dl_jax.data.dataset import Examples


def half_space(key: jax.Array, count: int) -> Examples:
    """Draw points of the square [-1, 1]^2, labelled by the side of the line x1 + 2 x2 = 0.3."""
    x_Nx2 = jax.random.uniform(key, (count, 2), minval=-1.0, maxval=1.0)
    return _examples(x_Nx2, x_Nx2 @ jnp.array([1.0, 2.0]) > 0.3)


def xor(key: jax.Array, count: int) -> Examples:
    """Draw points of four squares of side 1 about (+-1, +-1), with the same label in opposite corners."""
    key_corner, key_offset = jax.random.split(key)
    corner_Nx2 = jax.random.rademacher(key_corner, (count, 2), dtype=jnp.float32)
    offset_Nx2 = jax.random.uniform(key_offset, (count, 2), minval=-0.5, maxval=0.5)
    return _examples(corner_Nx2 + offset_Nx2, corner_Nx2[:, 0] * corner_Nx2[:, 1] > 0)


def ring(key: jax.Array, count: int) -> Examples:
    """Draw points of two circles about the origin with radii 1/2 (label 0) and 1 (label 1), equally likely."""
    key_angle, key_label = jax.random.split(key)
    angle_N = jax.random.uniform(key_angle, (count,), maxval=2 * jnp.pi)
    outer_N = jax.random.bernoulli(key_label, shape=(count,))
    radius_Nx1 = jnp.where(outer_N, 1.0, 0.5)[:, None]
    return _examples(radius_Nx1 * jnp.stack([jnp.cos(angle_N), jnp.sin(angle_N)], 1), outer_N)


def disk_and_annulus(key: jax.Array, count: int) -> Examples:
    """Draw points of a disk of radius 1/3 (label 0) and of an annulus from 2/3 to 1 (label 1) (Olah 2014)."""
    key_angle, key_label, key_radius = jax.random.split(key, 3)
    angle_N = jax.random.uniform(key_angle, (count,), maxval=2 * jnp.pi)
    outer_N = jax.random.bernoulli(key_label, shape=(count,))
    area_N = jax.random.uniform(key_radius, (count,))
    radius_N = jnp.where(outer_N, jnp.sqrt(4 / 9 + area_N * 5 / 9), jnp.sqrt(area_N) / 3)
    return _examples(radius_N[:, None] * jnp.stack([jnp.cos(angle_N), jnp.sin(angle_N)], 1), outer_N)


def two_curves(key: jax.Array, count: int) -> Examples:
    """Draw points of two arched curves over [-1, 1], as the red and blue lines of figure 1a.

    Label 0: x2 = 0.5 cos(pi x1) - 0.25; label 1: the same curve, 0.5 higher. They are not linearly separable.
    """
    key_along, key_label = jax.random.split(key)
    along_N = jax.random.uniform(key_along, (count,), minval=-1.0, maxval=1.0)
    upper_N = jax.random.bernoulli(key_label, shape=(count,))
    height_N = 0.5 * jnp.cos(jnp.pi * along_N) - 0.25 + 0.5 * upper_N
    return _examples(jnp.stack([along_N, height_N], 1), upper_N)


def parity(bits: int) -> Callable[[jax.Array, int], Examples]:
    """Return the draw of vectors of `bits` signs +-1, labelled 1 where the number of +1 is odd."""

    def draw(key, count):
        x_NxD = jax.random.rademacher(key, (count, bits), dtype=jnp.float32)
        return _examples(x_NxD, jnp.sum(x_NxD > 0, 1) % 2 == 1)

    return draw


def _examples(x_NxD, positive_N):
    return Examples(x_NxD, positive_N.astype(jnp.int32))
