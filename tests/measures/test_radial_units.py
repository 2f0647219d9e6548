"""Radial units on blobs: they separate them, are equally many for each class, and validation data choose the width."""

import jax
import numpy as np
import pytest

from dl_jax.data.by_seed import precomputed
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
    """Other validation examples, the same choice of width: the same test error."""
    other = SPLITS._replace(validation=blobs(3, 60))
    options = {"seeds": (0,), "context": local_context(1)}
    one, two = (fit_radial_units(splits, 3, 12, (0.5,), **options) for splits in (SPLITS, other))
    np.testing.assert_array_equal(one.values("test_error"), two.values("test_error"))
    assert one.values("validation_error") != two.values("validation_error")


def test_each_seed_has_its_own_examples():
    def drawn(key):
        seed = int(jax.random.bits(key) % 1000)
        return Splits(blobs(seed, 90), blobs(seed + 1, 60), blobs(seed + 2, 60))

    by_seed = precomputed(drawn, (0, 1))
    options = {"context": local_context(1), "method": "radial units"}
    both = fit_radial_units(by_seed, 3, 12, (0.5,), seeds=(0, 1), **options)
    for seed in (0, 1):
        alone = fit_radial_units(by_seed.of(seed), 3, 12, (0.5,), seeds=(seed,), **options)
        np.testing.assert_array_equal(both.values("test_error", seed=seed), alone.values("test_error"))
