"""Receptive fields: the pixels that can reach a unit by the formula, and those that do, by the gradient."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_jax.models.convnet import Stage

Maps = Callable[[jax.Array], tuple[jax.Array, ...]]
"""x_BxHxWxC -> y_BxHxWxM of every module."""


class Module(NamedTuple):
    """A convolution or a pooling along one side: pixels that it spans, its stride, and the padding before the first."""

    kernel: int
    stride: int = 1
    before: int = 0


class Field(NamedTuple):
    """What unit i of a module sees: the `side` pixels from `first + i jump` on, which may lie beyond the edge."""

    side: int
    jump: int
    first: int

    def sees(self, unit: int, side: int) -> np.ndarray:
        """bool_H: the pixels of a picture of this side that lie in the field of a unit."""
        at_H = np.arange(side) - (self.first + unit * self.jump)
        return (at_H >= 0) & (at_H < self.side)

    def middle(self, units: int, side: int) -> int:
        """Of so many units the one whose field lies nearest to the middle of a picture of this side."""
        off = [self.first + unit * self.jump + (self.side - side) / 2 for unit in range(units)]
        return int(np.argmin(np.abs(off)))


def fields(modules: Sequence[Module]) -> tuple[Field, ...]:
    """The formula: each module adds (kernel - 1) times the product of the strides below it."""
    field, found = Field(1, 1, 0), []
    for kernel, stride, before in modules:
        side, first = field.side + (kernel - 1) * field.jump, field.first - before * field.jump
        field = Field(side, field.jump * stride, first)
        found.append(field)
    return tuple(found)


def without_jumps(modules: Sequence[Module]) -> tuple[Field, ...]:
    """The formula with the strides forgotten: (kernel - 1) summed up, about the middle of the true fields."""
    sides = np.cumsum([module.kernel - 1 for module in modules]) + 1
    return tuple(
        Field(int(side), field.jump, field.first + (field.side - int(side)) // 2)
        for side, field in zip(sides, fields(modules), strict=True)
    )


def modules_of(stages: Sequence[Stage], side: int) -> tuple[tuple[Module, ...], tuple[int, ...]]:
    """The modules of a convolutional net, and how many units each has along a side, for pictures of this side."""
    found, units = [], []
    for stage in stages:
        if stage.padding == "SAME":
            out = -(-side // stage.stride)
            before = max((out - 1) * stage.stride + stage.kernel - side, 0) // 2
        else:
            out, before = (side - stage.kernel) // stage.stride + 1, 0
        found, units, side = [*found, Module(stage.kernel, stage.stride, before)], [*units, out], out
        if stage.pool > 1:
            found, units, side = (
                [*found, Module(stage.pool, stage.pool)],
                [*units, side // stage.pool],
                side // stage.pool,
            )
    return tuple(found), tuple(units)


def squared_gradients(maps: Maps, units_L: Sequence[int], x_BxHxWxC: jax.Array, key: jax.Array) -> jax.Array:
    """field_LxHxW: squared derivatives of the outputs of unit (i, i) of each module, i from units_L, by the pixels.

    Summed over maps and colours, averaged over pictures. The sum over maps is that of one random sum with signs +-1 a
    picture, whose expected square it is.
    """

    y_L, back = jax.vjp(maps, x_BxHxWxC)

    def derivatives_of(chosen):
        keys = jax.random.split(key, len(y_L))
        signs = [jax.random.rademacher(key, (len(y), y.shape[-1]), y.dtype) for key, y in zip(keys, y_L, strict=True)]
        at_unit = [
            jnp.zeros_like(y).at[:, unit, unit].set(jnp.where(chosen == module, sign, 0))
            for module, (y, unit, sign) in enumerate(zip(y_L, units_L, signs, strict=True))
        ]
        return back(tuple(at_unit))[0]

    # All modules in one backward pass, each in its own row: one pass a module would take L times as long to compile.
    return jnp.mean(jnp.sum(jax.vmap(derivatives_of)(jnp.arange(len(y_L))) ** 2, -1), 1)


def middle_fields(formula: Sequence[Field], units_L: Sequence[int], side: int) -> tuple[list[int], np.ndarray]:
    """The middle unit of each module, and bool_LxHxW: the pixels that it sees by the formula."""
    middle_L = [field.middle(units, side) for field, units in zip(formula, units_L, strict=True)]
    sees_LxH = np.stack([field.sees(unit, side) for field, unit in zip(formula, middle_L, strict=True)])
    return middle_L, sees_LxH[:, :, None] & sees_LxH[:, None]


def radius(field_HxW: jax.Array) -> jax.Array:
    """Root mean square distance from the centroid, in pixels."""
    return jnp.sqrt(_mean(field_HxW, jnp.sum(_away(field_HxW) ** 2, -1)))


def side_holding(field_HxW: jax.Array, share: float = 0.95) -> jax.Array:
    """Side in pixels of the smallest square about the centroid whose pixels hold this share of the field."""
    reach_P = jnp.max(jnp.abs(_away(field_HxW)), -1).reshape(-1)
    order_P = jnp.argsort(reach_P)
    held_P = jnp.cumsum(field_HxW.reshape(-1)[order_P]) / (jnp.sum(field_HxW) + 1e-30)
    return 2 * reach_P[order_P][jnp.argmax(held_P >= share)] + 1


def flat_radius(side: int) -> float:
    """`radius` of a square of so many pixels that all count alike."""
    return float(np.sqrt((side**2 - 1) / 6))


def random_radius(modules: Sequence[Module]) -> list[float]:
    """`radius` that random weights give on average: every module spreads evenly, and the variances add.

    (Luo, Li, Urtasun & Zemel 2016: it grows with the root of the depth, the field of the formula with the depth.)
    """
    below = [1, *(field.jump for field in fields(modules)[:-1])]
    spread = [jump**2 * flat_radius(module.kernel) ** 2 for module, jump in zip(modules, below, strict=True)]
    return [float(each) for each in np.sqrt(np.cumsum(spread))]


def _away(field_HxW):
    """place_HxWx2 from the centroid."""
    place_HxWx2 = jnp.stack(jnp.meshgrid(*(jnp.arange(1.0 * n) for n in field_HxW.shape), indexing="ij"), -1)
    return place_HxWx2 - _mean(field_HxW[..., None], place_HxWx2)[None, None]


def _mean(field, value):
    return jnp.sum(field * value, (0, 1)) / (jnp.sum(field) + 1e-30)
