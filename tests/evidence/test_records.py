"""Rows and what is asked of them."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.evidence.records import Missing, Records


def row(seed, metric, value, **axes):
    return {"trial": seed, "seed": seed, **axes, "metric": metric, "value": value}


DEPTHS = Records(
    (
        row(1, "test_accuracy", 0.8, depth=1),
        row(0, "test_accuracy", 0.7, depth=1),
        row(0, "test_accuracy", 0.9, depth=5),
        row(1, "test_accuracy", 0.6, depth=5),
        row(0, "gradient_norm", 3.0, depth=5, layer=1),
        row(0, "gradient_norm", 4.0, depth=5, layer=2),
    )
)


def test_where_keeps_the_rows_whose_axes_fit():
    assert len(DEPTHS.where(depth=5).rows) == 4
    assert DEPTHS.where(depth=(1, 5)).rows == DEPTHS.rows
    assert [found["value"] for found in DEPTHS.where(depth=range(2, 9), layer=2).rows] == [4.0]
    assert DEPTHS.where(metric="test_accuracy", seed=1, depth=5).rows == (DEPTHS.rows[3],)
    assert DEPTHS.where(width=3).rows == ()
    assert DEPTHS.axis("layer") == (1, 2)
    assert DEPTHS.axis("width") == ()


def test_gather_keeps_the_order():
    assert Records.gather([DEPTHS.rows[:2], iter(DEPTHS.rows[2:])]) == DEPTHS


def test_by_seed_is_in_the_order_of_the_seeds():
    np.testing.assert_array_equal(DEPTHS.by_seed("test_accuracy", depth=1), [0.7, 0.8])
    np.testing.assert_array_equal(DEPTHS.by_seed("test_accuracy", depth=5), [0.9, 0.6])


def test_by_seed_reduces_within_each_seed_when_told_how():
    np.testing.assert_array_equal(DEPTHS.by_seed("test_accuracy", np.max), [0.9, 0.8])
    np.testing.assert_allclose(DEPTHS.by_seed("test_accuracy", np.mean), [0.8, 0.7])


def test_an_axis_left_open_is_refused():
    with pytest.raises(ValueError, match="left open"):
        DEPTHS.by_seed("test_accuracy")


def test_what_is_not_there_is_missing_and_never_an_average_of_the_rest():
    for metric, axes in (("test_loss", {}), ("test_accuracy", {"depth": 3}), ("test_accuracy", {"width": 1})):
        with pytest.raises(Missing, match=f"no {metric} at"):
            DEPTHS.by_seed(metric, **axes)
        with pytest.raises(Missing, match=f"no {metric} at"):
            DEPTHS.values(metric, **axes)
    with pytest.raises(Missing, match="for seed 1"):
        DEPTHS.by_seed("gradient_norm", np.mean)
    np.testing.assert_array_equal(DEPTHS.values("gradient_norm"), [3.0, 4.0])


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


def test_best_chooses_by_the_mean_over_seeds_on_validation_data():
    best = RATES.best("learning_rate", by="validation_accuracy", of=("depth",))
    np.testing.assert_array_equal(best.by_seed("test_accuracy", depth=1), [0.50, 0.51])
    np.testing.assert_array_equal(best.by_seed("test_accuracy", depth=5), [0.80, 0.81])
    np.testing.assert_array_equal(best.by_seed("test_accuracy", depth=0), [0.3, 0.4])  # had nothing to choose
    assert best.where(depth=5).axis("learning_rate") == (0.2,)


def test_best_over_everything_at_once():
    assert RATES.best("learning_rate", by="validation_accuracy", of=()).axis("learning_rate") == (0.1,)


def test_best_leaves_rows_without_the_axis_alone():
    baseline = row(0, "validation_accuracy", 0.99, depth=0)
    both = Records((*RATES.rows, baseline))
    assert baseline in both.best("learning_rate", by="validation_accuracy", of=("depth",)).rows


def test_a_choice_in_which_all_diverged_is_made_all_the_same():
    lost = Records(tuple(row(0, "validation_accuracy", math.nan, learning_rate=rate) for rate in (0.1, 0.2)))
    assert len(lost.best("learning_rate", by="validation_accuracy", of=()).rows) == 1


def test_a_line_is_one_plain_json_object(tmp_path):
    Records((row(0, "test_loss", math.inf, name="数字"),)).write(tmp_path / "records.jsonl")
    text = (tmp_path / "records.jsonl").read_text(encoding="utf-8")
    assert text == '{"trial": 0, "seed": 0, "name": "数字", "metric": "test_loss", "value": null}\n'
    assert json.loads(text)["value"] is None


AXES = st.dictionaries(
    st.text(min_size=1).filter(lambda k: k not in ("value", "seed")), st.integers() | st.text() | st.booleans()
)
VALUES = st.floats(allow_nan=True, allow_infinity=False)


@given(st.lists(st.tuples(AXES, VALUES, st.integers(0, 9))))
def test_what_is_written_is_read(tmp_path_factory, rows):
    records = Records(tuple({**axes, "seed": seed, "value": value} for axes, value, seed in rows))
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    records.write(path)
    read = Records.read(path)
    for mine, theirs in zip(records.rows, read.rows, strict=True):
        assert {**mine, "value": None} == {**theirs, "value": None}
        assert mine["value"] == theirs["value"] or (math.isnan(mine["value"]) and math.isnan(theirs["value"]))
