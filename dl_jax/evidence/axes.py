"""Axes and their values as a phrase, for messages that people read."""

from collections.abc import Iterable, Mapping
from typing import Any


def describe_axes(axes: Mapping[str, Any]) -> str:
    """Return axes and their values as one phrase: "depth 5 to 20, nonlinearity relu or tanh"; "" without axes.

    A tuple, list, set or range means any of its values. Three or more consecutive whole numbers become "first to last".
    """
    return ", ".join(f"{name.replace('_', ' ')} {_describe_value(value)}" for name, value in axes.items())


def _describe_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, set | frozenset):
        return _describe_any_of(sorted(value))
    if isinstance(value, tuple | list | range):
        return _describe_any_of(value)
    return str(value)


def _describe_any_of(values: Iterable[Any]) -> str:
    values = list(values)
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if whole:
        values = sorted(values)
    if whole and len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    *others, last = map(_describe_value, values) if values else ("nothing",)
    return f"{', '.join(others)} or {last}" if others else last
