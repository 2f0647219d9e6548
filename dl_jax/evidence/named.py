"""Values whose axes have names: what an evaluation returns besides scalars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

Label = str | int | float | bool
"""A coordinate on an axis of the records."""


@dataclass(frozen=True)
class Named:
    """An array with a name, and perhaps labels, for each dimension. Made by `named` and `array`.

    value: the numbers; a JAX array while a program is traced.
    axes:  (name, labels) for each dimension; labels None stands for 1, 2, 3, ...
    at:    (name, label) of axes along which this value has one coordinate.
    whole: keep the array as one (in arrays.npz), rather than as a row for each number.
    """

    value: Any
    axes: tuple[tuple[str, tuple[Label, ...] | None], ...]
    at: tuple[tuple[str, Label], ...]
    whole: bool

    def labels(self) -> dict[str, tuple[Label, ...]]:
        """The coordinates along each axis."""
        sizes = zip(self.axes, np.shape(self.value), strict=True)
        return {name: labels or tuple(range(1, size + 1)) for (name, labels), size in sizes}


jax.tree_util.register_dataclass(Named, data_fields=["value"], meta_fields=["axes", "at", "whole"])


def named(value: Any, *axes: str, **labels: Label | Sequence[Label]) -> Named:
    """Return a value that becomes a row of the records for each of its numbers, with its axes as columns.

    axes:   names of the leading dimensions, whose coordinates are 1, 2, 3, ...
    labels: names of the dimensions that follow, each with its coordinates; a single label stands for no dimension, and
            is the same in every row.

        named(norm_L, "layer")
        named(error_CxK, chain=("product", "sum"), dx=STEPS)
        named(norm_L, "layer", state="trained")

    ValueError if the value has another number of dimensions, or a dimension another number of labels.
    """
    return _named(value, axes, labels, whole=False)


def array(value: Any, *axes: str, **labels: Label | Sequence[Label]) -> Named:
    """Return a value that is kept whole, in arrays.npz beside the records: maps, filters, weights, pictures.

    The arguments are those of `named`. `Records.array` reads it back.
    """
    return _named(value, axes, labels, whole=True)


def _named(value, axes, labels, whole):
    at = {name: label for name, label in labels.items() if isinstance(label, Label)}
    along = {name: tuple(each) for name, each in labels.items() if name not in at}
    every = (*((name, None) for name in axes), *along.items())
    shape = np.shape(value)
    if len(shape) != len(every):
        raise ValueError(f"a value of shape {shape} has {len(shape)} axes, and {len(every)} are named: {every}")
    for (name, each), size in zip(every, shape, strict=True):
        if each is not None and len(each) != size:
            raise ValueError(f"the axis {name!r} has {size} entries and {len(each)} labels")
    return Named(value, every, tuple(at.items()), whole)
