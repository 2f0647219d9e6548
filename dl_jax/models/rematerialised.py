"""Gradient checkpointing in about sqrt(L) segments, without changes to the model (Chen et al. 2016)."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil, sqrt
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from dl_jax.models.model import Model

PRODUCTS = ("dot_general", "conv_general_dilated")
"""Primitives before which a segment may start."""


def rematerialised(model: Model) -> Model:
    """Return the model with gradient checkpointing in `apply`: the same numbers with less memory.

    The backward pass needs memory for about 2 sqrt(L) layers' outputs instead of L, and a third more computation: the
    forward pass is cut into about sqrt(L) segments, only their inputs are saved, and the backward pass recomputes one
    segment at a time (Chen, Xu, Zhang & Guestrin 2016). `layers` is unchanged, because it returns every output anyway.
    XLA's CPU compiler undoes part of this; those for TPUs and GPUs do not.
    """
    return model._replace(apply=checkpoint_segments(model.apply))


def checkpoint_segments(function: Callable[[Any, jax.Array], jax.Array]) -> Callable[[Any, jax.Array], jax.Array]:
    """Return (params, x) -> y with gradient checkpointing between segments of the function's jaxpr."""

    def computed(params, x):
        closed, shapes = jax.make_jaxpr(function, return_shape=True)(params, x)
        jaxpr, leaves = closed.jaxpr, jax.tree.leaves((params, x))
        values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*closed.consts, *leaves], strict=True))
        segments = list(_segments(jaxpr, jaxpr.invars[-1]))
        for number, equations in enumerate(segments):
            later = [equation for segment in segments[number + 1 :] for equation in segment]
            live = {*_inputs(later), *(var for var in jaxpr.outvars if not isinstance(var, Literal))}
            outputs = [var for equation in equations for var in equation.outvars if var in live]
            inputs = [var for var in _inputs(equations) if var in values]
            closed_segment = ClosedJaxpr(
                jaxpr.replace(constvars=[], invars=inputs, outvars=outputs, eqns=equations), []
            )
            segment = jaxpr_as_fun(closed_segment)
            if number < len(segments) - 1:  # the backward pass starts with the last segment: nothing to recompute
                segment = jax.checkpoint(segment)
            values |= zip(outputs, segment(*[values[var] for var in inputs]), strict=True)
        results = [var.val if isinstance(var, Literal) else values[var] for var in jaxpr.outvars]
        return jax.tree.unflatten(jax.tree.structure(shapes), results)

    return computed


def _segments(jaxpr, x) -> Iterator[list]:
    """Yield lists of equations, cut before every k-th product.

    Equations that depend on parameters alone are repeated in each segment that uses them.
    """
    depends_on_x, data_equations = {x}, []
    parameter_equations: dict[Any, Any] = {}
    for equation in jaxpr.eqns:
        if depends_on_x.isdisjoint(_inputs([equation])):
            parameter_equations |= dict.fromkeys(equation.outvars, equation)
        else:
            depends_on_x.update(equation.outvars)
            data_equations.append(equation)
    products = [i for i, equation in enumerate(data_equations) if equation.primitive.name in PRODUCTS]
    per_segment = ceil(len(products) / max(1, round(sqrt(len(products)))))
    cuts = [0, *products[per_segment::per_segment], len(data_equations)]
    for start, stop in pairwise(cuts):
        segment = data_equations[start:stop]
        yield [*_ancestors(_inputs(segment), parameter_equations), *segment]


def _ancestors(variables, parameter_equations) -> list:
    """Return the equations of parameters that these variables depend on, in order."""
    visited, stack = set(), list(variables)
    while stack:
        variable = stack.pop()
        if variable in parameter_equations and variable not in visited:
            visited.add(variable)
            stack += _inputs([parameter_equations[variable]])
    return list(dict.fromkeys(equation for variable, equation in parameter_equations.items() if variable in visited))


def _inputs(equations) -> list:
    """Return the variables that equations read, each once."""
    return list(dict.fromkeys(v for e in equations for v in e.invars if not isinstance(v, Literal)))
