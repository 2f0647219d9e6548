"""Rows of what is computed without training: one for every entry, seed and precision."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest

from dl_jax.measures.old_by_seed import at, at_once, rows_by_seed


def compute(key):
    """A scalar, a vector along one axis, and an array along two."""
    return {
        at("scalar"): jax.random.normal(key),
        at("vector", dx=(0.1, 0.2)): jnp.array([1.0, 2.0]) / 3,
        at("table", a=("p", "q"), b=(1, 2, 3)): jnp.arange(6.0).reshape(2, 3),
    }


def test_every_entry_is_a_row_with_its_axes():
    rows = rows_by_seed(compute, range(4, 6), "float32", unit="m")
    assert {row["seed"] for row in rows} == {4, 5}
    assert {(row["trial"], row["seed"]) for row in rows} == {(0, 4), (1, 5)}
    table = {(row["a"], row["b"]): row["value"] for row in rows if row["metric"] == "table" and row["seed"] == 5}
    assert table["q", 1] == 3.0
    assert [row["value"] for row in rows if row.get("dx") == 0.2] == pytest.approx([2 / 3] * 2)


def test_double_precision_does_not_leak():
    parts = [partial(rows_by_seed, compute, (0,), precision) for precision in ("float32", "float64", "float32")]
    thirds = [row["value"] for row in at_once(parts) if row.get("dx") == 0.1]
    assert [abs(third - 1 / 3) < 1e-12 for third in thirds] == [False, True, False]
    assert (jnp.ones(()) / 3).dtype == jnp.float32


def test_values_of_a_seed_do_not_depend_on_the_other_seeds():
    single = rows_by_seed(compute, (7,), "float32")[0]["value"]
    assert single == rows_by_seed(compute, (3, 7), "float32")[1]["value"]
