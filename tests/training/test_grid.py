"""Axes of a sweep: static ones, choices and numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.training.grid import choice, grid, per_program, resolve, static

TABLE = {"a": 1.0, "b": 2.0, "c": 4.0}


def test_every_combination_the_last_axis_fastest():
    trials = grid(rate=(0.1, 0.2), seed=(3, 4)).trials
    assert trials == (
        {"rate": 0.1, "seed": 3},
        {"rate": 0.1, "seed": 4},
        {"rate": 0.2, "seed": 3},
        {"rate": 0.2, "seed": 4},
    )


def test_static_axes_make_programs_whose_trials_keep_their_numbers():
    programs = grid(seed=(0, 1), depth=static([2, 5])).programs()
    assert [(program.static, program.numbers) for program in programs] == [
        ({"depth": 2}, (0, 2)),
        ({"depth": 5}, (1, 3)),
    ]
    assert "depth" not in programs[0].columns()


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "a", "b"), ("b",)])
def test_a_choice_is_decoded_whatever_the_order_of_names(names):
    """The name in the records and the thing in the program are the same, in any order of names and of the table."""
    (program,) = grid(thing=choice(TABLE, names), seed=(0, 1)).programs()
    columns = program.columns()
    for at, number in enumerate(program.numbers):
        trial = program.trial({axis: jnp.asarray(column_R[at]) for axis, column_R in columns.items()})
        assert trial.thing == TABLE[program.grid.trials[number]["thing"]]


def test_a_traced_choice_is_decoded_in_the_program():
    (program,) = grid(thing=choice(TABLE, ("c", "a")), seed=(0,)).programs()
    values = jax.jit(jax.vmap(lambda columns: program.trial(columns).thing))(program.columns())
    np.testing.assert_array_equal(values, [4.0, 1.0])


def test_whole_numbers_among_fractions_stay_fractions():
    (program,) = grid(scale=(1, 0.5), seed=(0,)).programs()
    np.testing.assert_array_equal(program.columns()["scale"], np.float32([1.0, 0.5]))
    assert program.columns()["seed"].dtype == np.int32


def test_grids_of_equal_axes_are_joined_and_others_are_refused():
    both = grid(thing=choice(TABLE, ("a",)), seed=(0,)) + grid(thing=choice(TABLE, ("b",)), seed=(7,))
    (program,) = both.programs()
    assert program.names("thing") == ("a", "b")
    with pytest.raises(ValueError, match="axes differ"):
        grid(seed=(0,)) + grid(rate=(1.0,), seed=(0,))


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"rate": (0.1,)}, "needs the axis seed"),
        ({"rate": (), "seed": (0,)}, "'rate' has no values"),
        ({"name": ("a", "b"), "seed": (0,)}, "write choice"),
    ],
)
def test_axes_that_cannot_be_used_are_refused(axes, message):
    with pytest.raises(ValueError, match=message):
        grid(**axes)


def test_an_argument_per_program_sees_the_static_values():
    assert resolve(per_program(lambda trial: trial.depth + 1), {"depth": 4}) == 5
    assert resolve(7, {"depth": 4}) == 7
