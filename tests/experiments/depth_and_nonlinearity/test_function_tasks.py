"""The tent map written as a net: no piece is missing with the rectifier, all but one without."""

import pytest

from experiments.depth_and_nonlinearity.function_tasks import constructed_tent


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
def test_the_rectifier_misses_no_piece_and_the_identity_all_but_one(depth):
    missing = {row["nonlinearity"]: row["value"] for row in constructed_tent(depth)}
    assert missing == {"relu": 0.0, "identity": 1 - 2.0**-depth}


def test_it_is_a_fact_without_a_seed():
    for row in constructed_tent(3):
        assert set(row) == {"task", "depth", "nonlinearity", "metric", "value"}
        assert (row["task"], row["metric"], row["depth"]) == ("constructed", "missing_pieces", 3)
