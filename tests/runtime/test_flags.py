"""Flags: what is typed comes back as values, and whatever cannot be used is told with what to type instead."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import Checked, Flags, describe, flag, parse, text


@dataclass(frozen=True)
class Config(Flags):
    width: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rate: float = flag(0.01, "of Adam", above=0)
    shape: str = flag("ring", "what to separate", choices=("ring", "xor"))
    depths: tuple[int, ...] = flag((1, 2), "hidden layers", at_least=0)
    tasks: tuple[str, ...] = flag(("a", "b"), "which tasks", choices=("a", "b", "c"))
    rates: tuple[float, ...] = flag((), "rates, or none", above=0)
    most: int | None = flag(None, "at most so many", at_least=1)


@dataclass(frozen=True)
class Runner(Checked):
    folder: str = flag("results", "where it goes")
    quiet: bool = flag(False, "say nothing")


def config(*arguments):
    return Config(**parse(arguments, Config)[0])


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--width=7"], "width", 7),
        (["--width", "7"], "width", 7),
        (["--width=7", "--width=8"], "width", 8),
        (["--learning_rate=1e-3"], "learning_rate", 1e-3),
        (["--learning_rate", "2"], "learning_rate", 2.0),
        (["--shape=xor"], "shape", "xor"),
        (["--depths=3"], "depths", (3,)),
        (["--depths=3, 1,20"], "depths", (3, 1, 20)),
        (["--tasks=c,a"], "tasks", ("c", "a")),
        (["--rates="], "rates", ()),
        (["--rates=0.1,1"], "rates", (0.1, 1.0)),
        (["--most=3"], "most", 3),
    ],
)
def test_what_is_typed_is_read(arguments, name, value):
    (typed,) = parse(arguments, Config)
    assert typed == {name: value}
    assert type(typed[name]) is type(value)
    assert getattr(Config(**typed), name) == value


def test_each_group_gets_its_own_flags_and_nothing_that_was_not_typed():
    assert parse([], Config, Runner) == [{}, {}]
    assert parse(["--folder=there", "--width=3"], Config, Runner) == [{"width": 3}, {"folder": "there"}]


@pytest.mark.parametrize(
    ("typed", "value"), [("--quiet", True), ("--noquiet", False), ("--quiet=true", True), ("--quiet=False", False)]
)
def test_a_switch_needs_no_value(typed, value):
    assert parse([typed], Runner) == [{"quiet": value}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--widht=3"], "no flag --widht; did you mean --width?"),
        (["--learning_rat", "3"], "did you mean --learning_rate?"),
        (["--zzz=3"], "no flag --zzz; --help lists them"),
        (["--width=many"], "--width takes a whole number, not 'many'"),
        (["--width=1.5"], "--width takes a whole number, not '1.5'"),
        (["--width="], "--width takes a whole number, not ''"),
        (["--width"], "--help"),
        (["--learning_rate=fast"], "--learning_rate takes a number, not 'fast'"),
        (["--depths=1,x"], "--depths takes a whole number or several, with commas, not 'x'"),
        (["--depths=1,"], "not ''"),
        (["7"], "'7' is not a flag; flags are typed --name=value"),
        (["--width=3", "xor", "--seeds=2"], "'xor' is not a flag"),
        (["--quiet=perhaps"], "--help"),
    ],
)
def test_what_cannot_be_read_is_told(arguments, says):
    with pytest.raises(FlagError) as told:
        parse(arguments, Config, Runner)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("--width=0", "--width must be at least 1, not 0"),
        ("--most=0", "--most must be at least 1, not 0"),
        ("--seeds=0", "--seeds must be at least 1"),
        ("--first_seed=-1", "--first_seed must be at least 0, not -1"),
        ("--first_seed=3000000000", "--first_seed must be at most 1000000000, not 3000000000"),
        ("--learning_rate=0", "--learning_rate must be a number above 0, not 0"),
        ("--learning_rate=nan", "must be a number above 0, not nan"),
        ("--learning_rate=inf", "must be a number above 0, not inf"),
        ("--depths=3,-1", "--depths must be at least 0, not -1"),
        ("--depths=", "--depths is empty; for instance --depths=1,2"),
        ("--depths=2,1,2", "--depths=2,1,2 names a value twice"),
        ("--shape=cube", "--shape: there is no 'cube'; there are ring, xor"),
        ("--tasks=a,d", "--tasks: there is no 'd'; there are a, b, c"),
    ],
)
def test_values_out_of_range_are_told_with_the_range(typed, says):
    with pytest.raises(FlagError) as told:
        config(typed)
    assert says in str(told.value)


def test_seeds_start_at_the_first():
    assert list(config("--seeds=3", "--first_seed=11").all_seeds) == [11, 12, 13]


@given(st.floats(0, exclude_min=True, allow_infinity=False), st.lists(st.integers(0, 10**9), min_size=1, unique=True))
def test_what_is_written_is_read_back(rate, depths):
    found = config(f"--learning_rate={text(rate)}", f"--depths={text(tuple(depths))}")
    assert (found.learning_rate, found.depths) == (rate, tuple(depths))


def test_the_help_names_each_flag_with_its_default_and_choices():
    lines = dict(describe(Config))
    assert lines["--width=64"] == "units of the hidden layer"
    assert lines["--shape=ring"] == "what to separate (ring, xor)"
    assert lines["--depths=1,2"] == "hidden layers"
    assert {"--seeds=5", "--first_seed=0", "--learning_rate=0.01", "--tasks=a,b", "--rates=", "--most="} <= set(lines)
