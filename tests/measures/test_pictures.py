import numpy as np
import pytest

from dl_jax.evidence.records import Missing, Records
from dl_jax.measures.pictures import as_pictures, picture_rows
from dl_jax.report.packed import pictures

AT = {"trial": 0, "seed": 4, "metric": "maps"}


def rows(values, **at):
    return [{**AT, **at, "layer": place, "value": float(v)} for place, v in enumerate(values, 1)]


def test_pictures_go_into_one_row_each_and_come_out_again():
    picture_MxHxW = np.random.default_rng(0).random((3, 5, 4)) * np.array([1.0, 0.0, 200.0])[:, None, None]
    other = [{**AT, "metric": "accuracy", "value": 0.5}]
    packed = as_pictures([*rows(picture_MxHxW.ravel()), *other], {"maps": (3, 5, 4)}, seed=4)
    assert len(packed) == 4
    assert other[0] in packed
    found = pictures(Records(tuple(packed)), "maps")
    np.testing.assert_allclose(found, picture_MxHxW, atol=200 / 255)
    np.testing.assert_allclose(found[0], picture_MxHxW[0], atol=1 / 255)
    np.testing.assert_array_equal(found[1], 0)


def test_only_one_seed_keeps_its_pictures_and_settings_stay_apart():
    all_rows = rows([1, 2], seed=4) + rows([3, 4], seed=5) + rows([5, 6], seed=4, net="other")
    packed = as_pictures(all_rows, {"maps": (1, 1, 2)}, seed=4)
    assert [row["value"] for row in packed] == [2.0, 6.0]
    assert {row["seed"] for row in packed} == {4}


def test_a_diverged_net_is_drawn_as_nothing():
    row = picture_rows(AT, np.array([[[np.nan, np.inf]]]))[0]
    assert row["value"] == 0.0
    assert row["levels"] == "0000"


def test_missing_pictures_are_missing():
    with pytest.raises(Missing):
        pictures(Records(()), "maps")
