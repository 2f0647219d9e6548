"""The axes of a sweep: static ones make a program each, all others are columns of one program."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import numpy as np

from dl_jax.training.choices import choose

Trial = SimpleNamespace
"""One trial inside a program, an attribute for each axis: static values and the things that were chosen, as they are;
numbers as traced scalars."""


class Static(NamedTuple):
    """Values of an axis that make another program each: a depth, a width, a method."""

    values: tuple[Any, ...]


class Choice(NamedTuple):
    """Names of an axis, and the thing that each stands for inside the program."""

    options: Mapping[str, Any]


def static(values: Iterable[Any]) -> Static:
    """An axis whose values change shapes or code, so that each compiles a program of its own."""
    return Static(tuple(values))


def choice(options: Mapping[str, Any], names: Iterable[str] | None = None) -> Choice:
    """An axis of names; the trial has `options[name]` itself. One program serves all names: see `choices.choose`.

    names: the options to run (None: all), in this order.
    """
    return Choice({name: options[name] for name in (options if names is None else names)})


class Grid(NamedTuple):
    """The trials of a sweep, and of its axes those that are static or choices."""

    trials: tuple[dict[str, Any], ...]
    statics: frozenset[str]
    choices: Mapping[str, Mapping[str, Any]]

    def __add__(self, other: "Grid") -> "Grid":  # type: ignore[override]
        """The trials of both. ValueError if their axes differ."""
        if self.statics != other.statics or set(self.trials[0]) != set(other.trials[0]):
            raise ValueError(f"axes differ: {sorted(self.trials[0])} and {sorted(other.trials[0])}")
        merged = {name: {**options, **other.choices[name]} for name, options in self.choices.items()}
        return Grid(self.trials + other.trials, self.statics, merged)

    def programs(self) -> list["Program"]:
        """The trials, those of one program together."""
        found: dict[tuple, list[int]] = {}
        for number, trial in enumerate(self.trials):
            found.setdefault(tuple((name, trial[name]) for name in trial if name in self.statics), []).append(number)
        return [Program(self, dict(values), tuple(numbers)) for values, numbers in found.items()]


class Program(NamedTuple):
    """The trials of a grid that one program serves. static: their values on the static axes."""

    grid: Grid
    static: dict[str, Any]
    numbers: tuple[int, ...]

    def names(self, axis: str) -> tuple[str, ...]:
        """The names along an axis, in the order in which they come."""
        return tuple(dict.fromkeys(self.grid.trials[number][axis] for number in self.numbers))

    def columns(self) -> dict[str, np.ndarray]:
        """The traced axes as arrays with one entry for each trial; a name has become its index."""
        trials = [self.grid.trials[number] for number in self.numbers]

        def column(axis):
            values = [trial[axis] for trial in trials]
            if axis in self.grid.choices:
                return np.asarray([self.names(axis).index(value) for value in values], np.int32)
            whole = all(isinstance(value, int | np.integer) for value in values)
            return np.asarray(values, np.int32 if whole else np.float32)

        return {axis: column(axis) for axis in trials[0] if axis not in self.grid.statics}

    def trial(self, columns: dict[str, jax.Array]) -> Trial:
        """The trial that a program sees, from its entry in each column."""

        def value(axis, entry):
            options = self.grid.choices.get(axis)
            return entry if options is None else choose(entry, [options[name] for name in self.names(axis)])

        return Trial(**self.static, **{axis: value(axis, entry) for axis, entry in columns.items()})


def grid(**axes: Static | Choice | Sequence[Any]) -> Grid:
    """The trials of a sweep: `combinations` of axes of which one is `seed`. ValueError without it."""
    if "seed" not in axes:
        raise ValueError("a grid needs the axis seed, for instance seed=range(5)")
    return combinations(**axes)


def combinations(**axes: Static | Choice | Sequence[Any]) -> Grid:
    """Every combination of the axes' values, the last axis fastest.

    An axis is `static(values)`, `choice(options, names)`, or a sequence of numbers.
    ValueError on an axis without values, and on names that are not a choice.
    """

    def values(axis):
        return tuple(axis.values if isinstance(axis, Static) else axis.options if isinstance(axis, Choice) else axis)

    for name, axis in axes.items():
        if not values(axis):
            raise ValueError(f"the axis {name!r} has no values")
        if not isinstance(axis, Static | Choice) and isinstance(values(axis)[0], str):
            raise ValueError(f"the axis {name!r} has names: write choice({{name: thing}}) or static(names)")
    trials = tuple(dict(zip(axes, point, strict=True)) for point in product(*map(values, axes.values())))
    statics = frozenset(name for name, axis in axes.items() if isinstance(axis, Static))
    return Grid(trials, statics, {name: axis.options for name, axis in axes.items() if isinstance(axis, Choice)})


class PerProgram(NamedTuple):
    """An argument of a sweep that differs between its programs: `of(trial)` sees the static axes only."""

    of: Any


def per_program(of) -> PerProgram:
    """Wrap a function of the static axes, for an argument that is another one for each program: data, steps, ..."""
    return PerProgram(of)


def resolve(argument: Any, static: dict[str, Any]) -> Any:
    """The argument of one program."""
    return argument.of(Trial(**static)) if isinstance(argument, PerProgram) else argument
