"""Receptive fields of the units of a convolutional net: by formula, and by the gradients of outputs by pixels.

L modules, B images, C colours, M maps, P pixels. A module is a convolution or a pooling.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.convnet import Stage

FeatureMaps = Callable[[jax.Array], tuple[jax.Array, ...]]
"""x_BxHxWxC -> y_BxHxWxM of every module."""


class Module(NamedTuple):
    """A convolution or a pooling along one axis: kernel size, stride, and the padding at the lower edge, in inputs."""

    kernel: int
    stride: int = 1
    padding: int = 0


class Field(NamedTuple):
    """The receptive fields of a module's units along one axis, in pixels.

    That of unit i are the `side` pixels from `start + i * jump` on; padding lets it extend beyond the image.
    """

    side: int
    jump: int
    start: int

    def covers(self, unit: int, side: int) -> np.ndarray:
        """bool_H: which pixels of an image of this side are in the field of the unit."""
        offset_H = np.arange(side) - (self.start + unit * self.jump)
        return (offset_H >= 0) & (offset_H < self.side)

    def middle_unit(self, units: int, side: int) -> int:
        """The one of `units` units whose field is nearest to the middle of an image of this side."""
        offset = [self.start + unit * self.jump + (self.side - side) / 2 for unit in range(units)]
        return int(np.argmin(np.abs(offset)))


def fields(modules: Sequence[Module]) -> tuple[Field, ...]:
    """Receptive fields by formula: each module adds (kernel - 1) times the product of the strides below it."""
    field, result = Field(1, 1, 0), []
    for kernel, stride, padding in modules:
        side, start = field.side + (kernel - 1) * field.jump, field.start - padding * field.jump
        field = Field(side, field.jump * stride, start)
        result.append(field)
    return tuple(result)


def fields_ignoring_strides(modules: Sequence[Module]) -> tuple[Field, ...]:
    """A wrong formula, for controls: the sum of (kernel - 1) alone, with the centres of the correct fields."""
    sides = np.cumsum([module.kernel - 1 for module in modules]) + 1
    return tuple(
        Field(int(side), field.jump, field.start + (field.side - int(side)) // 2)
        for side, field in zip(sides, fields(modules), strict=True)
    )


def modules_of(stages: Sequence[Stage], side: int) -> tuple[tuple[Module, ...], tuple[int, ...]]:
    """Return the modules of a convolutional net, and units_L along one axis for square images of this side."""
    modules: list[Module] = []
    units: list[int] = []
    for stage in stages:
        if stage.padding == "SAME":
            out = -(-side // stage.stride)
            padding = max((out - 1) * stage.stride + stage.kernel - side, 0) // 2
        else:
            out, padding = (side - stage.kernel) // stage.stride + 1, 0
        modules, units, side = [*modules, Module(stage.kernel, stage.stride, padding)], [*units, out], out
        if stage.pool > 1:
            side = side // stage.pool
            modules, units = [*modules, Module(stage.pool, stage.pool)], [*units, side]
    return tuple(modules), tuple(units)


def squared_gradients(maps: FeatureMaps, units_L: Sequence[int], x_BxHxWxC: jax.Array, key: jax.Array) -> jax.Array:
    """field_LxHxW: squared derivatives by the pixels of the outputs of unit (i, i) of each module, i from units_L.

    Summed over maps and colours, averaged over images. The sum over maps is estimated without bias from one random
    sum of the maps with signs +-1 per image.
    """

    y_L, vjp = jax.vjp(maps, x_BxHxWxC)

    def derivatives_of(selected):
        keys = jax.random.split(key, len(y_L))
        signs = [jax.random.rademacher(key, (len(y), y.shape[-1]), y.dtype) for key, y in zip(keys, y_L, strict=True)]
        cotangents = [
            jnp.zeros_like(y).at[:, unit, unit].set(jnp.where(selected == module, sign, 0))
            for module, (y, unit, sign) in enumerate(zip(y_L, units_L, signs, strict=True))
        ]
        return vjp(tuple(cotangents))[0]

    # One vmapped backward pass for all modules: a pass for each would take L times as long to compile.
    return jnp.mean(jnp.sum(jax.vmap(derivatives_of)(jnp.arange(len(y_L))) ** 2, -1), 1)


def middle_fields(formula: Sequence[Field], units_L: Sequence[int], side: int) -> tuple[list[int], np.ndarray]:
    """Return the middle unit of each module, and bool_LxHxW: the pixels in its field by the formula."""
    middle_L = [field.middle_unit(units, side) for field, units in zip(formula, units_L, strict=True)]
    covers_LxH = np.stack([field.covers(unit, side) for field, unit in zip(formula, middle_L, strict=True)])
    return middle_L, covers_LxH[:, :, None] & covers_LxH[:, None]


def radius(field_HxW: jax.Array) -> jax.Array:
    """Root mean square distance from the centroid, in pixels, weighted by the field."""
    return jnp.sqrt(_mean(field_HxW, jnp.sum(_offset(field_HxW) ** 2, -1)))


def side_containing(field_HxW: jax.Array, share: float = 0.95) -> jax.Array:
    """Side, in pixels, of the smallest square about the centroid that contains this share of the field's sum."""
    distance_P = jnp.max(jnp.abs(_offset(field_HxW)), -1).reshape(-1)
    order_P = jnp.argsort(distance_P)
    contained_P = jnp.cumsum(field_HxW.reshape(-1)[order_P]) / (jnp.sum(field_HxW) + 1e-30)
    return 2 * distance_P[order_P][jnp.argmax(contained_P >= share)] + 1


def uniform_radius(side: int) -> float:
    """`radius` of a square of this side, in pixels, with equal weights."""
    return float(np.sqrt((side**2 - 1) / 6))


def random_radius(modules: Sequence[Module]) -> list[float]:
    """Expected `radius` of every module with random weights: each module spreads uniformly, and variances add.

    It grows with the square root of the depth, and the field of the formula with the depth (Luo, Li, Urtasun & Zemel
    2016).
    """
    jump_below = [1, *(field.jump for field in fields(modules)[:-1])]
    variance = [jump**2 * uniform_radius(module.kernel) ** 2 for module, jump in zip(modules, jump_below, strict=True)]
    return [float(each) for each in np.sqrt(np.cumsum(variance))]


def _offset(field_HxW):
    """offset_HxWx2 of each pixel from the centroid."""
    pixel_HxWx2 = jnp.stack(jnp.meshgrid(*(jnp.arange(1.0 * n) for n in field_HxW.shape), indexing="ij"), -1)
    return pixel_HxWx2 - _mean(field_HxW[..., None], pixel_HxWx2)[None, None]


def _mean(field, value):
    return jnp.sum(field * value, (0, 1)) / (jnp.sum(field) + 1e-30)
