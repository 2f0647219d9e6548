"""Records: rows and arrays, facts, and what is read of them."""

import json
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Missing, Records, measured


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


def test_by_seed_reduces_within_each_seed():
    np.testing.assert_array_equal(DEPTHS.by_seed("test_accuracy", np.max), [0.9, 0.8])
    np.testing.assert_allclose(DEPTHS.by_seed("test_accuracy", np.mean), [0.8, 0.7])


def test_an_axis_left_open_is_refused():
    with pytest.raises(ValueError, match="left open"):
        DEPTHS.by_seed("test_accuracy")


def test_absent_rows_are_missing_and_never_an_average_of_the_rest():
    for metric, axes in (("test_loss", {}), ("test_accuracy", {"depth": 3}), ("test_accuracy", {"width": 1})):
        with pytest.raises(Missing, match=f"no {metric} at"):
            DEPTHS.by_seed(metric, **axes)
        with pytest.raises(Missing, match=f"no {metric} at"):
            DEPTHS.values(metric, **axes)
    with pytest.raises(Missing, match="for seed 1"):
        DEPTHS.by_seed("gradient_norm", np.mean)
    np.testing.assert_array_equal(DEPTHS.values("gradient_norm"), [3.0, 4.0])


def test_a_line_is_one_plain_json_object(tmp_path):
    Records((row(0, "test_loss", math.inf, name="数字"),)).write(tmp_path / "records.jsonl")
    text = (tmp_path / "records.jsonl").read_text(encoding="utf-8")
    assert text == '{"trial": 0, "seed": 0, "name": "数字", "metric": "test_loss", "value": 1e999}\n'
    assert json.loads(text)["value"] == math.inf


AXES = st.dictionaries(
    st.text(min_size=1).filter(lambda k: k not in ("value", "seed")), st.integers() | st.text() | st.booleans()
)
VALUES = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(AXES, VALUES, st.integers(0, 9))))
def test_what_is_written_is_read(tmp_path_factory, rows):
    records = Records(tuple({**axes, "seed": seed, "value": value} for axes, value, seed in rows))
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    records.write(path)
    read = Records.read(path)
    for mine, theirs in zip(records.rows, read.rows, strict=True):
        assert {**mine, "value": None} == {**theirs, "value": None}
        assert mine["value"] == theirs["value"] or (math.isnan(mine["value"]) and math.isnan(theirs["value"]))


def test_measured_values_become_rows_and_arrays_with_their_axes():
    records = measured(
        {
            "loss": 0.5,
            "norm": named(np.array([1.0, 2.0]), "layer"),
            "error": [named(np.array([3.0, 4.0]), dx=(0.1, 0.2), chain=name) for name in ("product", "sum")],
            "maps": array(np.arange(6.0).reshape(1, 2, 3), "map", "row", "column"),
        },
        seed=7,
        depth=2,
    )
    assert records.rows[0] == {"seed": 7, "depth": 2, "metric": "loss", "value": 0.5}
    assert [row["layer"] for row in records.where(metric="norm")] == [1, 2]
    np.testing.assert_array_equal(records.values("error", chain="sum", dx=0.2), [4.0])
    maps = records.array("maps", seed=7)
    assert maps.axes == {"map": (1,), "row": (1, 2), "column": (1, 2, 3)}
    np.testing.assert_array_equal(maps.values[0, 1], [3.0, 4.0, 5.0])
    assert records.where(metric="maps").rows == ()


def test_a_fact_has_no_seed_and_is_one_value():
    fact = measured({"weights": 100.0}, net="a")
    both = Records.gather([fact, DEPTHS])
    np.testing.assert_array_equal(both.by_seed("weights", net="a"), [100.0])
    np.testing.assert_allclose(both.by_seed("test_accuracy", depth=1) - both.by_seed("weights"), [-99.3, -99.2])
    mixed = Records.gather([fact, measured({"weights": 1.0}, net="a", seed=0)])
    with pytest.raises(ValueError, match="a fact in some rows"):
        mixed.by_seed("weights", np.mean)


def test_an_array_must_be_the_only_one():
    two = Records.gather(measured({"w": array(np.ones(2), "unit")}, seed=seed) for seed in (0, 1))
    assert two.array("w", seed=1).at == {"seed": 1}
    with pytest.raises(ValueError, match="2 arrays w"):
        two.array("w")
    with pytest.raises(Missing, match="no array w at seed 5"):
        two.array("w", seed=5)


def test_arrays_are_written_beside_the_rows_and_read_back(tmp_path):
    values = np.array([[1.5, np.nan], [np.inf, -2.0]], np.float32)
    records = measured({"w": array(values, "input", unit=("a", "b"))}, seed=3, name="数字")
    records.write(tmp_path / "records.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays.npz", "records.jsonl"]
    (found,) = Records.read(tmp_path / "records.jsonl").arrays
    assert (found.at, found.axes) == ({"seed": 3, "name": "数字"}, {"input": (1, 2), "unit": ("a", "b")})
    np.testing.assert_array_equal(found.values, values)
    assert found.values.dtype == np.float32
    first = (tmp_path / "arrays.npz").read_bytes()
    records.write(tmp_path / "records.jsonl")
    assert (tmp_path / "arrays.npz").read_bytes() == first, "equal arrays are equal to the byte"


def test_rows_alone_write_no_file_of_arrays(tmp_path):
    DEPTHS.write(tmp_path / "part.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["part.jsonl"]


def test_columns_are_added_to_rows_and_arrays():
    records = measured({"w": array(np.ones(1), "unit"), "loss": 1.0}, seed=0).with_axes(experiment="mine")
    assert records.rows == ({"seed": 0, "experiment": "mine", "metric": "loss", "value": 1.0},)
    assert records.arrays[0].at == {"seed": 0, "experiment": "mine"}


def test_a_data_frame_has_a_column_for_each_axis():
    pandas = pytest.importorskip("pandas")
    frame = DEPTHS.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.groupby("metric")["value"].count().to_dict() == {"gradient_norm": 2, "test_accuracy": 4}
    assert set(frame.columns) == {"trial", "seed", "depth", "layer", "metric", "value"}


def test_without_pandas_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        DEPTHS.to_pandas()


def test_a_notebook_shows_a_summary_and_not_every_row():
    assert repr(DEPTHS) == "<Records: 6 rows, 0 arrays; metrics test_accuracy, gradient_norm>"
    assert "<td>gradient_norm</td><td>2 rows</td>" in DEPTHS._repr_html_()
