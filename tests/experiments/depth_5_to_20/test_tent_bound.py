"""The folded tent map: the deep net gets every point right, and the bound holds for the best of shallow ones."""

import numpy as np
import pytest

from experiments.depth_5_to_20.tent_bound import bound_rows, missed, must_miss


@pytest.mark.parametrize("folds", [1, 2, 5, 10, 20])
def test_the_deep_net_is_right_everywhere(folds):
    assert missed(folds) == 0


@pytest.mark.parametrize(("folds", "share"), [(1, 0), (2, 0), (3, 1 / 18), (5, 21 / 66), (8, 239 / 514)])
def test_the_bound_is_that_of_the_table(folds, share):
    assert must_miss(folds) == pytest.approx(share)


@pytest.mark.parametrize("folds", [3, 4, 6])
def test_no_function_of_as_many_pieces_beats_the_bound(folds):
    """Every function of q pieces is right on a run of labels that changes at most q times: try the best of them."""
    points, changes = 2**folds + 1, 2 * folds + 1
    label_N = np.arange(points) % 2
    # right[c]: the most points that are right so far with c changes, ending in 0 and ending in 1.
    right = np.full((changes + 1, 2), -np.inf)
    right[0] = 0
    for label in label_N:
        stay = right + (np.arange(2) == label)[None]
        change = np.full_like(right, -np.inf)
        change[1:] = right[:-1, ::-1] + (np.arange(2) == label)[None]
        right = np.maximum(stay, change)
    assert must_miss(folds) <= 1 - right.max() / points + 1e-12
    assert 1 - right.max() / points < must_miss(folds) + 2 / points  # and it is nearly reached


def test_weights_that_are_a_little_off_spoil_many_folds_and_not_few():
    assert missed(2, 1e-3) == 0
    assert np.mean([missed(12, 1e-3, seed) for seed in range(5)]) > 0.1


def test_rows_have_every_depth_and_seed():
    rows = bound_rows([2, 3], [0, 1])
    assert len(rows) == 2 * 2 * 3
    assert {row["value"] for row in rows if row["metric"] == "missed"} == {0.0}
