"""Flags: a command line becomes values, and an unusable one an error that says what to type instead."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.errors import FlagError
from dl_jax.runtime.flags import Checked, Flags, describe, flag, from_values, parse, text


@dataclass(frozen=True)
class Config(Flags):
    width: int = flag(64, "units of the hidden layer", at_least=1)
    learning_rate: float = flag(0.01, "learning rate of Adam", above=0)
    shape: str = flag("ring", "the task", choices=("ring", "xor"))
    depths: tuple[int, ...] = flag((1, 2), "numbers of hidden layers", at_least=0)
    tasks: tuple[str, ...] = flag(("a", "b"), "the tasks", choices=("a", "b", "c"))
    rates: tuple[float, ...] = flag((), "learning rates", above=0)
    most: int | None = flag(None, "upper bound", at_least=1)


@dataclass(frozen=True)
class Runner(Checked):
    folder: str = flag("results", "output folder")
    quiet: bool = flag(False, "print nothing")


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
def test_values_are_parsed(arguments, name, value):
    (given,) = parse(arguments, Config)
    assert given == {name: value}
    assert type(given[name]) is type(value)
    assert getattr(Config(**given), name) == value


def test_each_group_gets_only_its_own_flags_that_were_given():
    assert parse([], Config, Runner) == [{}, {}]
    assert parse(["--folder=there", "--width=3"], Config, Runner) == [{"width": 3}, {"folder": "there"}]


@pytest.mark.parametrize(
    ("argument", "value"), [("--quiet", True), ("--noquiet", False), ("--quiet=true", True), ("--quiet=False", False)]
)
def test_a_boolean_flag_needs_no_value(argument, value):
    assert parse([argument], Runner) == [{"quiet": value}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--widht=3"], "no flag --widht; did you mean --width?"),
        (["--learning_rat", "3"], "did you mean --learning_rate?"),
        (["--zzz=3"], "no flag --zzz; --help lists them"),
        (["--width=many"], "--width takes a whole number, not 'many'"),
        (["--width=1.5"], "--width takes a whole number, not '1.5'"),
        (["--width="], "--width takes a whole number, not ''"),
        (["--width"], "--help"),
        (["--learning_rate=fast"], "--learning_rate takes a number, not 'fast'"),
        (["--depths=1,x"], "--depths takes a whole number or several, separated by commas, not 'x'"),
        (["--depths=1,"], "not ''"),
        (["7"], "'7' is not a flag; write flags as --name=value"),
        (["--width=3", "xor", "--seeds=2"], "'xor' is not a flag"),
        (["--quiet=perhaps"], "--help"),
    ],
)
def test_unreadable_arguments_are_errors_of_one_line(arguments, message):
    with pytest.raises(FlagError) as raised:
        parse(arguments, Config, Runner)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("argument", "message"),
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
        ("--depths=", "--depths is empty; give at least one value, such as --depths=1,2"),
        ("--depths=2,1,2", "--depths=2,1,2 contains a value twice"),
        ("--shape=cube", "--shape: unknown value 'cube'; the choices are ring, xor"),
        ("--tasks=a,d", "--tasks: unknown value 'd'; the choices are a, b, c"),
    ],
)
def test_values_out_of_range_are_errors_that_name_the_range(argument, message):
    with pytest.raises(FlagError) as raised:
        config(argument)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, {}),
        ({"width": np.int64(7), "learning_rate": 1}, {"width": 7, "learning_rate": 1.0}),
        ({"depths": [1, 2]}, {"depths": (1, 2)}),
        ({"depths": range(1, 4)}, {"depths": (1, 2, 3)}),
        ({"depths": np.array([1, 20])}, {"depths": (1, 20)}),
        ({"depths": 20, "tasks": "a"}, {"depths": (20,), "tasks": ("a",)}),
        ({"rates": ()}, {"rates": ()}),
        ({"most": None}, {"most": None}),
        ({"shape": Path("ring")}, {"shape": "ring"}),
    ],
)
def test_python_values_become_fields(values, fields):
    found = from_values(Config, values)
    assert found == fields
    assert [type(value) for value in found.values()] == [type(value) for value in fields.values()]
    assert Config(**found) == Config(**fields)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"widht": 3}, "there is no flag --widht; did you mean --width?"),
        ({"width": 3.0}, "--width takes a whole number, not 3.0"),
        ({"width": True}, "--width takes a whole number, not True"),
        ({"width": None}, "--width takes a whole number, not None"),
        ({"learning_rate": "0.1"}, "--learning_rate takes a number, not '0.1'"),
        ({"depths": (1, "x")}, "--depths takes a whole number or a sequence of them, not 'x'"),
        ({"tasks": (1,)}, "--tasks takes a text or a sequence of them, not 1"),
    ],
)
def test_python_values_of_another_type_are_errors(values, message):
    with pytest.raises(FlagError) as raised:
        from_values(Config, values)
    assert message in str(raised.value)


def test_seeds_start_at_the_first():
    assert list(config("--seeds=3", "--first_seed=11").all_seeds) == [11, 12, 13]


@given(st.floats(0, exclude_min=True, allow_infinity=False), st.lists(st.integers(0, 10**9), min_size=1, unique=True))
def test_a_value_written_as_text_is_parsed_to_the_same_value(rate, depths):
    parsed = config(f"--learning_rate={text(rate)}", f"--depths={text(tuple(depths))}")
    assert (parsed.learning_rate, parsed.depths) == (rate, tuple(depths))


def test_the_help_lists_each_flag_with_its_default_and_choices():
    lines = dict(describe(Config))
    assert lines["--width=64"] == "units of the hidden layer"
    assert lines["--shape=ring"] == "the task (ring, xor)"
    assert lines["--depths=1,2"] == "numbers of hidden layers"
    assert {"--seeds=13", "--first_seed=0", "--learning_rate=0.01", "--tasks=a,b", "--rates=", "--most="} <= set(lines)
