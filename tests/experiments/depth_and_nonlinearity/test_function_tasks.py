"""What is recorded of the tent map written as a net: no piece is missing with the rectifier, nearly all without."""

import pytest

from experiments.depth_and_nonlinearity.function_tasks import constructed_tent

SEEDS = (3, 0, 8)


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
def test_the_rectifier_misses_no_piece_and_the_identity_all_but_one(depth):
    missing = {(row["nonlinearity"], row["seed"]): row["value"] for row in constructed_tent(depth, SEEDS)}
    assert missing == {("relu", seed): 0.0 for seed in SEEDS} | {("identity", seed): 1 - 2.0**-depth for seed in SEEDS}


def test_rows_carry_the_axes_of_a_sweep():
    rows = list(constructed_tent(3, SEEDS))
    assert len(rows) == 2 * len(SEEDS)
    assert [row["seed"] for row in rows] == [*SEEDS, *SEEDS]
    for row in rows:
        assert set(row) == {"trial", "task", "depth", "hidden", "nonlinearity", "seed", "metric", "value"}
        assert (row["task"], row["metric"], row["depth"], row["hidden"]) == (
            "constructed",
            "missing_pieces",
            3,
            "2,2,2",
        )
        assert type(row["value"]) is float


def test_no_seeds_no_rows():
    assert list(constructed_tent(2, ())) == []
