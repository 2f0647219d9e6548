"""What a step costs: the matrix products and convolutions of a model, found in the program that it traces to."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

import jax
import numpy as np


class MatrixProduct(NamedTuple):
    """FLOPs of one sum of products (a matrix product or a convolution), those with padding left out."""

    flops: float
    convolution: bool


def matrix_products(function: Callable, *arguments: Any) -> list[MatrixProduct]:
    """All products in `function(*arguments)`, in order. Arrays may be given by shape alone (jax.ShapeDtypeStruct)."""
    return list(_found(jax.make_jaxpr(function)(*arguments).jaxpr, 1))


def step_flops(forward: list[MatrixProduct]) -> float:
    """Forward, and backward to weights and to inputs; the lowest product passes nothing further down.

    Elementwise work is about 1 % on top.
    """
    return 3.0 * sum(product.flops for product in forward) - forward[0].flops if forward else 0.0


def _found(jaxpr, times) -> Iterator[MatrixProduct]:
    for equation in jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            terms = prod(equation.invars[0].aval.shape[axis] for axis in contracted)
            yield MatrixProduct(2.0 * times * equation.outvars[0].aval.size * terms, False)
        elif equation.primitive.name == "conv_general_dilated":
            yield MatrixProduct(2.0 * times * equation.outvars[0].aval.size * _taps(equation), True)
        else:
            inner = times * equation.params["length"] if equation.primitive.name == "scan" else times
            for part in jax.tree.leaves(list(equation.params.values())):
                if hasattr(part, "eqns") or hasattr(part, "jaxpr"):
                    yield from _found(getattr(part, "jaxpr", part), inner)


def _taps(convolution) -> float:
    """Products for one output of a convolution, the mean over its places: where the kernel overhangs are fewer."""
    maps, kernel = (variable.aval.shape for variable in convolution.invars)
    outputs = convolution.outvars[0].aval.shape
    numbers = convolution.params["dimension_numbers"]
    taps = float(kernel[numbers.rhs_spec[1]])
    for axis, (stride, (before, _)) in enumerate(
        zip(convolution.params["window_strides"], convolution.params["padding"], strict=True), 2
    ):
        starts = stride * np.arange(outputs[numbers.out_spec[axis]])[:, None] - before
        seen = starts + np.arange(kernel[numbers.rhs_spec[axis]])[None]
        taps *= np.mean(np.sum((seen >= 0) & (seen < maps[numbers.lhs_spec[axis]]), 1))
    return taps
