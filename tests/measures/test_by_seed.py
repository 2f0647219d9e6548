"""Measurements without training: axes of the rows, precision, independence of the seeds, and caching."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.evidence.named import array, named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.by_seed import by_seed, for_each_seed, normals, part
from dl_jax.training.context import local_context


@pytest.fixture(scope="module")
def context():
    return local_context(1)


def evaluate(key):
    """A scalar, a vector along one axis, a matrix along two, and an array that is kept whole."""
    return {
        "scalar": jax.random.normal(key),
        "thirds": named(jnp.array([1.0, 2.0]) / 3, dx=(0.1, 0.2), chain="product"),
        "matrix": named(jnp.arange(6.0).reshape(2, 3), "layer", unit=("p", "q", "r")),
        "map": array(jax.random.normal(key, (2, 2)), "row", "column"),
    }


def test_every_number_is_a_row_with_its_axes(context):
    records = by_seed([part(evaluate, nonlinearity="relu")], range(4, 6), context)
    assert {(row["trial"], row["seed"]) for row in records} == {(0, 4), (1, 5)}
    assert all((row["precision"], row["nonlinearity"]) == ("float32", "relu") for row in records)
    assert records.by_seed("matrix", layer=2, unit="p").tolist() == [3, 3]
    assert records.by_seed("thirds", dx=0.2, chain="product") == pytest.approx([2 / 3] * 2)
    assert records.array("map", seed=5, nonlinearity="relu").values.shape == (2, 2)


def test_double_precision_is_used_in_its_own_part_only(context):
    parts = [part(evaluate, precision, number=n) for n, precision in enumerate(("float32", "float64", "float32"))]
    records = by_seed(parts, (0,), context)
    thirds = [records.values("thirds", dx=0.1, number=number)[0] for number in range(3)]
    assert [abs(third - 1 / 3) < 1e-12 for third in thirds] == [False, True, False]
    assert (jnp.ones(()) / 3).dtype == jnp.float32


def test_numbers_of_a_seed_do_not_depend_on_the_other_seeds(context):
    one, two = (by_seed([part(evaluate)], seeds, context) for seeds in ((7,), (3, 7)))
    assert one.values("scalar", seed=7) == two.values("scalar", seed=7)
    np.testing.assert_array_equal(one.array("map").values, two.array("map", seed=7).values)


def test_matrix_products_are_exact_to_rounding(context):
    """On accelerators the default shortens the factors; the setting is visible in the program."""
    precision = []

    def product(key):
        del key
        precision.append(jax.config.jax_default_matmul_precision)
        return {"product": jnp.ones((2, 2)) @ jnp.ones(2) @ jnp.ones(2)}

    by_seed([part(product)], (0,), context)
    assert set(precision) == {"highest"}


def test_the_records_are_cached_under_the_axes_and_the_seeds(context):
    keys = []

    def cached(key, *computes):
        keys.append(key)
        return Records.gather(compute() for compute in computes)

    here = context.with_events(cached=cached)
    by_seed([part(evaluate, number=1), part(evaluate, "float64")], (3, 7), here)
    for_each_seed(lambda seed: measured({"twice": 2 * seed}, seed=seed), (3, 7), here, label="doubling", rate=0.1)
    assert keys == [
        {"by seed": [{"precision": "float32", "number": 1}, {"precision": "float64"}], "seeds": [3, 7]},
        {"for each seed": "doubling", "rate": 0.1, "seeds": [3, 7]},
    ]


def test_for_each_seed_computes_seed_by_seed_and_reports_progress(context):
    reported = []
    here = context.with_events(progress=lambda *each: reported.append(each))
    records = for_each_seed(lambda seed: measured({"twice": 2 * seed}, seed=seed), (3, 7), here, label="doubling")
    assert records.by_seed("twice").tolist() == [6, 14]
    assert reported == [("doubling", 1, 2), ("doubling", 2, 2)]


def test_normals_are_one_draw_in_several_shapes():
    key = jax.random.key(0)
    first, second = normals(key, (2, 3), (4,))
    assert (first.shape, second.shape) == ((2, 3), (4,))
    np.testing.assert_array_equal(jnp.concatenate([first.ravel(), second]), jax.random.normal(key, (10,)))
