"""Radial units on blobs: they separate them, are equally many for each class, and validation data choose the width."""

import jax
import numpy as np
import pytest

from dl_jax.data.by_seed import as_by_seed
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


def test_validation_examples_choose_the_width_and_are_not_learned_from():
    """With validation labels that are all wrong, units that learned from them would fail on test examples as well."""
    wrong = SPLITS._replace(validation=SPLITS.validation._replace(y=(SPLITS.validation.y + 1) % 3))
    options = {"seeds": (0,), "context": local_context(1)}
    one, two = (fit_radial_units(splits, 3, 12, (0.5,), **options) for splits in (SPLITS, wrong))
    np.testing.assert_array_equal(one.values("test_error"), two.values("test_error"))
    assert two.values("validation_error") > 0.9


def test_each_seed_has_its_own_examples():
    def blurred(key, splits):
        noise_NxD = 3.0 * jax.random.normal(key, splits.test.x.shape)
        return splits._replace(test=splits.test._replace(x=splits.test.x + noise_NxD))

    data, options = as_by_seed(SPLITS).map_with_key(blurred), {"context": local_context(1)}
    both = fit_radial_units(data, 3, 12, (0.5,), seeds=(0, 1), **options)
    assert len(set(both.values("test_error"))) == 2
    for seed in (0, 1):
        alone = fit_radial_units(data.of(seed), 3, 12, (0.5,), seeds=(seed,), **options)
        np.testing.assert_array_equal(both.values("test_error", seed=seed), alone.values("test_error"))
