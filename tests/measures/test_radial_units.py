"""Radial units on blobs: they tell them apart, are equally many for each class, and the width is chosen unseen."""

import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.radial_units import radial_unit_rows
from dl_jax.training.context import local_context


def blobs(seed, count):
    generator = np.random.default_rng(seed)
    y_N = np.arange(count) % 3
    return Examples((4.0 * np.eye(3)[y_N] + generator.normal(size=(count, 3))).astype(np.float32), y_N)


SPLITS = Splits(blobs(0, 90), blobs(1, 60), blobs(2, 60))


def test_it_tells_blobs_apart_and_takes_the_best_width():
    rows = radial_unit_rows(SPLITS, 3, 12, (0.001, 0.5), (0, 1), local_context(1), machine="radial units")
    assert {row["centres"] for row in rows} == {12}
    tested = [row for row in rows if row["metric"] == "test_error"]
    assert [(row["seed"], row["width"]) for row in tested] == [(0, 0.5), (1, 0.5)]
    assert max(row["value"] for row in tested) < 0.1
    narrow = [row["value"] for row in rows if row["metric"] == "validation_error" and row["width"] == 0.001]
    assert min(narrow) > 0.3


@pytest.mark.parametrize(("asked", "given"), [(1, 3), (13, 12), (10**6, 90)])
def test_units_are_equally_many_for_each_class_and_no_more_than_there_are_examples(asked, given):
    rows = radial_unit_rows(SPLITS, 3, asked, (0.5,), (0,), local_context(1))
    assert {row["centres"] for row in rows} == {given}
