"""Command-line flags from a frozen dataclass: each field is a flag, its metadata holds the help text and the limits."""

import dataclasses
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_origin, get_type_hints

from absl import flags as absl_flags

from dl_jax.errors import FlagError

WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "True or False"}
ABSTRACT = {int: numbers.Integral, float: numbers.Real}
"""Types whose values are converted: NumPy's numbers too."""


def flag(
    default: Any,
    help: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """Return a field of a `Flags` dataclass with a default, a help text and limits.

    at_least, at_most, above: bounds of a number; `above` is exclusive and also excludes infinity and NaN.
    choices: the permitted values.

    For a tuple the limits apply to each entry.
    """
    limits = {"at_least": at_least, "at_most": at_most, "above": above, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata={"help": help, **limits})


@dataclass(frozen=True)
class Checked:
    """Base class of a dataclass of flags. Raises FlagError on construction if a value violates its limits."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))


@dataclass(frozen=True)
class Flags(Checked):
    """The flags that every experiment has: the number of seeds, and the first one."""

    seeds: int = flag(13, "repetitions, each with its own data, initial weights and samples", at_least=1)
    rounds: int = flag(2, "2: what these seeds leave undecided is decided by as many more", at_least=1, at_most=2)
    first_seed: int = flag(
        0, "the first seed; by default one that the ledger fixed, which alone confirms", at_least=0, at_most=10**9
    )

    @property
    def all_seeds(self) -> range:
        """The seeds of the run: first_seed, first_seed + 1, ..."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def data_sources(self) -> tuple[tuple[str, str], ...]:
        """Return (name, manual_dir) of every data set that a run reads; () if it generates all its data.

        By default these are the flags --dataset and --manual_dir. Override this where other flags name data sets.
        """
        name = getattr(self, "dataset", "")
        return ((name, getattr(self, "manual_dir", "")),) if name else ()


def _check(field, value):
    limits, name = field.metadata, field.name
    if value is None:
        return
    if isinstance(value, tuple) and not value and field.default != ():
        raise FlagError(f"--{name} is empty; give at least one value, such as --{name}={text(field.default)}")
    for each in value if isinstance(value, tuple) else (value,):
        if limits["choices"] and each not in limits["choices"]:
            raise FlagError(f"--{name}: unknown value {each!r}; the choices are {', '.join(limits['choices'])}")
        if limits["at_least"] is not None and not each >= limits["at_least"]:
            raise FlagError(f"--{name} must be at least {limits['at_least']:g}, not {each:g}")
        if limits["at_most"] is not None and not each <= limits["at_most"]:
            raise FlagError(f"--{name} must be at most {limits['at_most']}, not {each}")
        if limits["above"] is not None and not limits["above"] < each < float("inf"):
            raise FlagError(f"--{name} must be a number above {limits['above']:g}, not {each:g}")
    if isinstance(value, tuple) and name != "hidden" and len(set(value)) < len(value):
        raise FlagError(f"--{name}={text(value)} contains a value twice")


def text(value: Any) -> str:
    """Return a value as it is written on the command line."""
    if isinstance(value, tuple):
        return ",".join(text(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "" if value is None else str(value)


def parse(arguments: Sequence[str], *groups: type) -> list[dict[str, Any]]:
    """Parse a command line into one dict of values per dataclass in `groups`.

    Flags that are not on the command line are not in the dicts. Raises FlagError for an unknown flag, a value that
    cannot be read, or an argument that is not a flag.
    """
    values = absl_flags.FlagValues()
    for group in groups:
        for field in dataclasses.fields(group):
            if _type_of(group, field)[0] is bool:
                absl_flags.DEFINE_boolean(field.name, None, field.metadata["help"], flag_values=values)
            else:
                absl_flags.DEFINE_string(field.name, None, field.metadata["help"], flag_values=values)
    try:
        extra = values(["", *arguments])[1:]
    except absl_flags.UnrecognizedFlagError as error:
        raise _unknown_flag(error.flagname, values) from None
    except absl_flags.Error as error:
        raise FlagError(f"{' '.join(str(error).split())}; --help lists the flags and their values") from None
    if extra:
        raise FlagError(f"{extra[0]!r} is not a flag; write flags as --name=value, --help lists them")
    given = values.flag_values_dict()
    return [
        {f.name: _read(group, f, given[f.name]) for f in dataclasses.fields(group) if given[f.name] is not None}
        for group in groups
    ]


def from_values(group: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return Python values as the fields of a dataclass of flags: any sequence as a tuple, a path as text.

    Raises FlagError for an unknown flag, or a value of another type.
    """
    known = {field.name: field for field in dataclasses.fields(group)}
    for name in values:
        if name not in known:
            raise _unknown_flag(name, known)
    return {name: _convert(group, known[name], value) for name, value in values.items()}


def _unknown_flag(name, known):
    near = get_close_matches(name, known, n=1)
    return FlagError(f"there is no flag --{name}; " + (f"did you mean --{near[0]}?" if near else "--help lists them"))


def _convert(group, field, value):
    kind, many = _type_of(group, field)

    def one(value):
        value = os.fspath(value) if kind is str and isinstance(value, os.PathLike) else value
        if not isinstance(value, ABSTRACT.get(kind, kind)) or (kind is not bool and isinstance(value, bool)):
            raise FlagError(
                f"--{field.name} takes {WORDS[kind]}{' or a sequence of them' if many else ''}, not {value!r}"
            )
        return kind(value)

    if many:
        return tuple(map(one, value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)))
    return None if value is None and field.default is None else one(value)


def _type_of(group, field):
    """Return (type of a value or of an entry, whether the field is a tuple)."""
    hint = get_type_hints(group)[field.name]
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    return next((kind for kind in get_args(hint) if kind is not type(None)), hint), False


def _read(group, field, given):
    kind, many = _type_of(group, field)

    def one(word):
        try:
            return kind(word)
        except ValueError:
            raise FlagError(
                f"--{field.name} takes {WORDS[kind]}{' or several, separated by commas' if many else ''}, not {word!r}"
            ) from None

    if many:
        return tuple(one(word.strip()) for word in given.split(",")) if given.strip() else ()
    return one(given)


def describe(group: type) -> list[tuple[str, str]]:
    """Return (flag with its default, help text) for each field, for a help page."""

    def line(field):
        limits = field.metadata
        help = limits["help"] + (f" ({', '.join(limits['choices'])})" if limits["choices"] else "")
        return f"--{field.name}={text(field.default)}", help

    return [line(field) for field in dataclasses.fields(group)]
