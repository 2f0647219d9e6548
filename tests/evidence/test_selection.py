"""A hyperparameter is chosen on validation data, as a column; nothing is dropped."""

import math

import numpy as np
import pytest

from dl_jax.evidence.records import Records
from dl_jax.evidence.selection import select


def row(seed, metric, value, **axes):
    return {"trial": seed, "seed": seed, **axes, "metric": metric, "value": value}


MEASURED = [  # depth, learning rate, validation accuracy of two seeds, test accuracy of both
    (1, 0.1, (0.6, 0.8), (0.50, 0.51)),
    (1, 0.2, (0.9, 0.4), (0.60, 0.61)),  # mean 0.65 loses to 0.7, though the best seed is here
    (5, 0.1, (0.1, 0.2), (0.70, 0.71)),
    (5, 0.2, (0.2, 0.2), (0.80, 0.81)),
    (5, 0.3, (0.9, math.nan), (0.90, 0.91)),  # a seed diverged
]
RATES = Records(
    (
        *(
            row(seed, metric, values[seed], depth=depth, learning_rate=rate)
            for depth, rate, validation, test in MEASURED
            for seed in (0, 1)
            for metric, values in (("validation_accuracy", validation), ("test_accuracy", test))
        ),
        row(0, "test_accuracy", 0.3, depth=0),
        row(1, "test_accuracy", 0.4, depth=0),
    )
)
BY = {"over": "learning_rate", "by": "validation_accuracy"}


def test_the_choice_is_by_the_mean_over_seeds_at_each_point():
    chosen = select(RATES, **BY, within=("depth",))
    np.testing.assert_array_equal(chosen.by_seed("test_accuracy", depth=1), [0.50, 0.51])
    np.testing.assert_array_equal(chosen.by_seed("test_accuracy", depth=5), [0.80, 0.81])
    np.testing.assert_array_equal(chosen.by_seed("test_accuracy", depth=0), [0.3, 0.4])  # had nothing to choose
    assert chosen.where(depth=5).axis("learning_rate") == (0.2,)


def test_nothing_is_dropped_and_what_was_not_selected_is_read_by_name_only():
    chosen = select(RATES, **BY, within=("depth",))
    assert len(chosen.rows) == len(RATES.rows)
    np.testing.assert_array_equal(chosen.values("test_accuracy", depth=1), [0.50, 0.51])
    every = chosen.values("test_accuracy", depth=1, selected=(True, False))
    np.testing.assert_array_equal(every, [0.50, 0.51, 0.60, 0.61])
    with pytest.raises(ValueError, match="left open"):
        chosen.by_seed("test_accuracy", depth=1, selected=(True, False))


def test_one_choice_for_everything():
    """0.1 and 0.2 have the same mean over all, and 0.2 is not at the edge."""
    assert select(RATES, **BY, within=()).where(metric="test_accuracy", depth=(1, 5)).axis("learning_rate") == (0.2,)


def test_rows_without_the_axis_stay_as_they_are():
    baseline = row(0, "validation_accuracy", 0.99, depth=0)
    assert baseline in select(Records((*RATES.rows, baseline)), **BY, within=("depth",)).rows


def test_a_choice_among_diverged_values_is_still_made():
    lost = Records(tuple(row(0, "validation_accuracy", math.nan, learning_rate=rate) for rate in (0.1, 0.2)))
    assert [row["selected"] for row in select(lost, **BY, within=()).rows] == [True, False]


def test_the_last_step_decides():
    curves = {1: (0.9, 0.2), 2: (0.1, 0.8)}
    rows = [
        {**row(0, "validation_accuracy", value, learning_rate=rate), "step": step}
        for rate, values in curves.items()
        for step, value in zip((10, 20), values, strict=True)
    ]
    assert select(Records(tuple(rows)), **BY, within=()).where().axis("learning_rate") == (2,)


def test_sweeps_of_different_lengths_are_each_judged_at_their_own_last_step():
    records = Records(
        tuple(
            {**row(0, "validation_accuracy", value, learning_rate=rate, size=size), "step": step}
            for size, last in ((100, 20), (1000, 200))
            for rate, values in ((0.1, (0.9, 0.5)), (0.2, (0.1, 0.7)))
            for step, value in zip((last // 2, last), values, strict=True)
        )
    )
    chosen = select(records, **BY, within=("size",))
    assert [chosen.where(size=size).axis("learning_rate") for size in (100, 1000)] == [(0.2,), (0.2,)]


def chosen(accuracy_of):
    """The rows of every rate by the accuracy of its seeds."""
    rows = [
        row(seed, "validation_accuracy", value, depth=1, learning_rate=rate)
        for rate, values in accuracy_of.items()
        for seed, value in enumerate(values)
    ]
    return select(Records(tuple(rows)), **BY, within=("depth",)).where(depth=1)


def test_a_choice_at_the_edge_of_the_grid_is_marked():
    at_edge = chosen({0.1: (0.5, 0.52), 0.2: (0.6, 0.62), 0.3: (0.9, 0.92)})
    assert {(each["learning_rate"], each.get("at_edge")) for each in at_edge} == {(0.3, True)}
    inside = chosen({0.1: (0.5, 0.52), 0.2: (0.9, 0.92), 0.3: (0.6, 0.62)})
    assert {(each["learning_rate"], each.get("at_edge")) for each in inside} == {(0.2, None)}


def test_where_no_value_helps_the_choice_is_not_at_the_edge():
    equal = chosen({0.1: (0.1, 0.1), 0.2: (0.1, 0.1), 0.3: (0.1, 0.1)})
    noise = chosen({0.1: (0.1, 0.1), 0.2: (0.10, 0.11), 0.3: (0.12, 0.10)})
    for found in (equal, noise):
        assert {(each["learning_rate"], each.get("at_edge")) for each in found} == {(0.2, None)}


def test_names_have_no_edge():
    named = chosen({"adam": (0.9, 0.9), "sgd": (0.1, 0.1), "rmsprop": (0.5, 0.5)})
    assert not any("at_edge" in each for each in named)
