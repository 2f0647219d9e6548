"""Radial units on blobs: they separate them, are equally many for each class, and validation data choose the width."""

import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from dl_jax.measures.radial_units import fit_radial_units
from dl_jax.training.context import local_context


def blobs(seed, count):
    generator = np.random.default_rng(seed)
    y_N = np.arange(count) % 3
    return Examples((4.0 * np.eye(3)[y_N] + generator.normal(size=(count, 3))).astype(np.float32), y_N)


SPLITS = Splits(blobs(0, 90), blobs(1, 60), blobs(2, 60))


def test_they_separate_blobs_with_the_best_width():
    options = {"seeds": (0, 1), "context": local_context(1), "method": "radial units"}
    records = fit_radial_units(SPLITS, 3, 12, (0.001, 0.5), **options)
    assert records.axis("centres") == (12,)
    tested = records.where(metric="test_error", method="radial units").rows
    assert [(row["seed"], row["width"]) for row in tested] == [(0, 0.5), (1, 0.5)]
    assert max(row["value"] for row in tested) < 0.1
    assert min(records.values("validation_error", width=0.001)) > 0.3


@pytest.mark.parametrize(("wanted", "found"), [(1, 3), (13, 12), (10**6, 90)])
def test_units_are_equally_many_for_each_class_and_no_more_than_there_are_examples(wanted, found):
    records = fit_radial_units(SPLITS, 3, wanted, (0.5,), seeds=(0,), context=local_context(1))
    assert records.axis("centres") == (found,)
