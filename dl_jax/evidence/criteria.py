"""Criteria: what the records must show for a statement to hold. They are data, fixed before the run."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import numpy as np

from dl_jax.evidence.records import Estimand, Records
from dl_jax.evidence.statistics import Interval, Region, exact_value, mean_interval, range_interval, share_interval

Role = Literal["core", "support", "limit", "contradicts"]
"""What a criterion is to its statement."""


class Comparison(NamedTuple):
    """An estimand, the region that the statement allows, and the interval that estimates it."""

    estimand: Estimand
    region: Region
    interval: Callable[[np.ndarray, Region], Interval]
    seeds: int
    """With fewer seeds than this the verdict is INCONCLUSIVE."""


class Criterion(NamedTuple):
    """One way in which a statement can hold or fail.

    key:              the statement's number and a name that stays: "71.net_beats_half_space".
    title:            what is tested and in which unit, in plain words.
    test:             the comparison that supports or refutes the statement.
    control:          the same estimand in a setting where the statement must fail; a criterion that supports its
                      control cannot discriminate, and its verdict is ERROR.
    scope:            what the verdict is about ("digits, depth 1 to 20").
    role:             what it is to the statement: "core" decides it, "support" stands beside that, "limit" says where
                      the statement stops holding, "contradicts" is its direct negation. Roles follow from the sentence,
                      not from the outcome.
    """

    key: str
    title: str
    test: Comparison
    control: Estimand
    scope: str | Callable[[Records], str] = ""
    role: Role = "core"

    @property
    def statement(self) -> int:
        """The number of the statement."""
        return int(str(self.key).partition(".")[0])


SEEDS = 5


def exceeds(estimand: Estimand, margin: float) -> Comparison:
    """The mean over seeds lies above the margin."""
    return Comparison(estimand, Region(margin, np.inf), mean_interval, SEEDS)


def below(estimand: Estimand, margin: float) -> Comparison:
    """The mean over seeds lies below the margin."""
    return Comparison(estimand, Region(-np.inf, margin), mean_interval, SEEDS)


def equals(estimand: Estimand, target: float, within: float) -> Comparison:
    """The mean over seeds is equivalent to the target: two one-sided tests at +- within."""
    return Comparison(estimand, Region(target - within, target + within), mean_interval, SEEDS)


def mostly(estimand: Estimand, share: float) -> Comparison:
    """More than `share` of the seeds succeed; the estimand is 1 for a success and 0 for a failure."""
    return Comparison(estimand, Region(share, np.inf), share_interval, SEEDS)


def identity(estimand: Estimand, within: float) -> Comparison:
    """At every seed the residual is below `within`, which leaves room for rounding alone."""
    return Comparison(estimand, Region(-within, within), range_interval, 1)


def exact(estimand: Estimand, *, above: float = -np.inf, below: float = np.inf) -> Comparison:
    """A fact (a proof, a count, a constant: a row without a seed) lies between these; nothing is estimated."""
    return Comparison(estimand, Region(above, below), exact_value, 0)


def fingerprint(criteria: Iterable[Criterion]) -> str:
    """Twelve hexadecimal digits that change whenever a criterion does, down to its estimands and what they use."""
    return sha256(repr([_substance(part) for criterion in criteria for part in criterion]).encode()).hexdigest()[:12]


def _substance(thing: Any, within: tuple = (), home: str | None = None) -> Any:
    """What a part of a criterion amounts to, the same in every process: values, and what functions do.

    within: the functions whose substance this is a part of. home: follow functions of this module
    only; what a function finds in its own module is the experiment's, what it imports is not.
    """
    if inspect.isfunction(thing):
        if thing in within or home not in (None, thing.__module__):
            return thing.__qualname__
        inner = (*within, thing)
        cells = zip(thing.__code__.co_freevars, [cell.cell_contents for cell in thing.__closure__ or ()], strict=True)
        closed = [(name, _substance(value, inner)) for name, value in cells]
        names = sorted(_names(thing.__code__) & set(thing.__globals__))
        used = [(name, _substance(thing.__globals__[name], inner, thing.__module__)) for name in names]
        return (_source(thing), _substance((thing.__defaults__, thing.__kwdefaults__), inner), closed, used)
    if isinstance(thing, partial):
        return [_substance(part, within, home) for part in (thing.func, thing.args, thing.keywords)]
    if isinstance(thing, dict):
        return [_substance(item, within, home) for item in thing.items()]
    if isinstance(thing, set | frozenset):
        return sorted(repr(_substance(part, within, home)) for part in thing)
    if isinstance(thing, tuple | list):
        return [_substance(part, within, home) for part in thing]
    if isinstance(thing, np.ndarray):
        return thing.tolist()
    return getattr(thing, "__qualname__", None) or re.sub(r" at 0x\w+|from '.*'", "", repr(thing))


def _names(code) -> set[str]:
    """The global names that a function uses, also in the functions inside it."""
    return set(code.co_names).union(*(_names(const) for const in code.co_consts if inspect.iscode(const)))


def _source(function) -> list[str]:
    """The function without comments and layout; of several that begin on one line, all."""
    lines, _ = inspect.findsource(function)
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse("".join(lines)))
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        and min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        == function.__code__.co_firstlineno
    ]
