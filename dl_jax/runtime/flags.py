"""Flags from a frozen dataclass: the fields are the flags, their metadata the help and the limits."""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_origin, get_type_hints

from absl import flags as absl_flags

from dl_jax.errors import FlagError


def flag(
    default: Any,
    help: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A field of a `Flags` dataclass: its default, what it does, and which values it may take.

    For tuples the limits hold for every entry.
    """
    limits = {"at_least": at_least, "at_most": at_most, "above": above, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata={"help": help, **limits})


@dataclass(frozen=True)
class Checked:
    """A dataclass of flags whose values are checked against their limits as it is made."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))


@dataclass(frozen=True)
class Flags(Checked):
    """What every experiment has: how many seeds, and where they start."""

    seeds: int = flag(5, "how many times to repeat everything, each time from other first weights", at_least=1)
    first_seed: int = flag(0, "the first of these seeds; another one judges on fresh draws", at_least=0, at_most=10**9)

    @property
    def all_seeds(self) -> range:
        """The seeds of the run."""
        return range(self.first_seed, self.first_seed + self.seeds)


def _check(field, value):
    limits, name = field.metadata, field.name
    if value is None:
        return
    if isinstance(value, tuple) and not value and field.default != ():
        raise FlagError(f"--{name} is empty; for instance --{name}={text(field.default)}")
    for each in value if isinstance(value, tuple) else (value,):
        if limits["choices"] and each not in limits["choices"]:
            raise FlagError(f"--{name}: there is no {each!r}; there are {', '.join(limits['choices'])}")
        if limits["at_least"] is not None and not each >= limits["at_least"]:
            raise FlagError(f"--{name} must be at least {limits['at_least']:g}, not {each:g}")
        if limits["at_most"] is not None and not each <= limits["at_most"]:
            raise FlagError(f"--{name} must be at most {limits['at_most']}, not {each}")
        if limits["above"] is not None and not limits["above"] < each < float("inf"):
            raise FlagError(f"--{name} must be a number above {limits['above']:g}, not {each:g}")
    if isinstance(value, tuple) and name != "hidden" and len(set(value)) < len(value):
        raise FlagError(f"--{name}={text(value)} names a value twice")


def text(value: Any) -> str:
    """A value as it is typed on the command line."""
    if isinstance(value, tuple):
        return ",".join(text(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "" if value is None else str(value)


def parse(arguments: Sequence[str], *groups: type) -> list[dict[str, Any]]:
    """The values that the command line names, a dict for each dataclass of `groups`. FlagError on anything else.

    Each flag belongs to one of the dataclasses; what is not typed is not in the dicts.
    """
    values = absl_flags.FlagValues()
    for group in groups:
        for field in dataclasses.fields(group):
            if _type_of(group, field)[0] is bool:
                absl_flags.DEFINE_boolean(field.name, None, field.metadata["help"], flag_values=values)
            else:
                absl_flags.DEFINE_string(field.name, None, field.metadata["help"], flag_values=values)
    try:
        stray = values(["", *arguments])[1:]
    except absl_flags.UnrecognizedFlagError as error:
        near = get_close_matches(error.flagname, values, n=1)
        raise FlagError(
            f"there is no flag --{error.flagname}; " + (f"did you mean --{near[0]}?" if near else "--help lists them")
        ) from None
    except absl_flags.Error as error:
        raise FlagError(f"{' '.join(str(error).split())}; --help tells what the flags take") from None
    if stray:
        raise FlagError(f"{stray[0]!r} is not a flag; flags are typed --name=value, and --help lists them")
    typed = values.flag_values_dict()
    return [
        {f.name: _read(group, f, typed[f.name]) for f in dataclasses.fields(group) if typed[f.name] is not None}
        for group in groups
    ]


def _type_of(group, field):
    """(type of one entry, whether it is a tuple of them)."""
    hint = get_type_hints(group)[field.name]
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    return next((kind for kind in get_args(hint) if kind is not type(None)), hint), False


def _read(group, field, typed):
    kind, many = _type_of(group, field)
    words = {int: "a whole number", float: "a number"}

    def one(word):
        try:
            return kind(word)
        except ValueError:
            raise FlagError(
                f"--{field.name} takes {words[kind]}{' or several, with commas' if many else ''}, not {word!r}"
            ) from None

    if many:
        return tuple(one(word.strip()) for word in re.split(",", typed)) if typed.strip() else ()
    return one(typed)


def describe(group: type) -> list[tuple[str, str]]:
    """(flag with its default, help) for each field, for a help page."""

    def line(field):
        limits = field.metadata
        help = limits["help"] + (f" ({', '.join(limits['choices'])})" if limits["choices"] else "")
        return f"--{field.name}={text(field.default)}", help

    return [line(field) for field in dataclasses.fields(group)]
