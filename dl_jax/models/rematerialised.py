"""Less memory for the way back: what the layers between a few places said is computed once more instead of kept."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil, sqrt
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from dl_jax.models.model import Model

PRODUCTS = ("dot_general", "conv_general_dilated")


def rematerialised(model: Model) -> Model:
    """The same numbers, with memory for about 2 sqrt(L) layers' outputs instead of L, at a third more work.

    The L products of the forward pass are cut into about sqrt(L) sections; only what passes from one to the next is
    kept, and on the way back one section at a time is computed again (Chen, Xu, Zhang & Guestrin 2016). `apply` alone
    is changed: `layers` is asked for everything anyway. XLA's compiler for CPUs undoes this in part, those for TPUs
    and GPUs do not.
    """
    return model._replace(apply=in_sections(model.apply))


def in_sections(function: Callable[[Any, jax.Array], jax.Array]) -> Callable[[Any, jax.Array], jax.Array]:
    """(params, x) -> y as before, section after section."""

    def computed(params, x):
        closed, shapes = jax.make_jaxpr(function, return_shape=True)(params, x)
        jaxpr, leaves = closed.jaxpr, jax.tree.leaves((params, x))
        values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*closed.consts, *leaves], strict=True))
        sections = list(_sections(jaxpr, jaxpr.invars[-1]))
        for number, equations in enumerate(sections):
            later = [each for section in sections[number + 1 :] for each in section]
            wanted = {*_read(later), *(each for each in jaxpr.outvars if not isinstance(each, Literal))}
            made = [each for equation in equations for each in equation.outvars if each in wanted]
            needed = [each for each in _read(equations) if each in values]
            part = jaxpr.replace(constvars=[], invars=needed, outvars=made, eqns=equations)
            section = jaxpr_as_fun(ClosedJaxpr(part, []))
            if number < len(sections) - 1:  # the last is the first on the way back: what it keeps is used at once
                section = jax.checkpoint(section)
            values |= zip(made, section(*[values[each] for each in needed]), strict=True)
        found = [each.val if isinstance(each, Literal) else values[each] for each in jaxpr.outvars]
        return jax.tree.unflatten(jax.tree.structure(shapes), found)

    return computed


def _sections(jaxpr, x) -> Iterator[list]:
    """The equations, cut before every so many products; what hangs on weights alone stands in each that needs it."""
    alive, of_weights, rest = {x}, {}, []
    for equation in jaxpr.eqns:
        if alive.isdisjoint(_read([equation])):
            of_weights |= dict.fromkeys(equation.outvars, equation)
        else:
            alive.update(equation.outvars)
            rest.append(equation)
    products = [at for at, equation in enumerate(rest) if equation.primitive.name in PRODUCTS]
    each = ceil(len(products) / max(1, round(sqrt(len(products)))))
    cuts = [0, *products[each::each], len(rest)]
    for first, stop in pairwise(cuts):
        section = rest[first:stop]
        yield [*_leading_to(_read(section), of_weights), *section]


def _leading_to(wanted, of_weights) -> list:
    """The equations of weights alone that these variables hang on, in order."""
    found, open_ends = set(), list(wanted)
    while open_ends:
        variable = open_ends.pop()
        if variable in of_weights and variable not in found:
            found.add(variable)
            open_ends += _read([of_weights[variable]])
    return list(dict.fromkeys(equation for variable, equation in of_weights.items() if variable in found))


def _read(equations) -> list:
    """The variables that equations read, each once."""
    return list(dict.fromkeys(v for e in equations for v in e.invars if not isinstance(v, Literal)))
