"""The folded tent map: the deep net gets every point right, and the bound holds for the best of shallow ones."""

import numpy as np
import pytest

from dl_jax.training.context import local_context
from experiments.depth_5_to_20.tent_bound import NOISE, shallow_error_bound, tent_errors, tent_net_error_rate


@pytest.mark.parametrize("folds", [1, 2, 5, 10, 20])
def test_the_deep_net_is_right_everywhere(folds):
    assert tent_net_error_rate(folds) == 0


@pytest.mark.parametrize(("folds", "share"), [(1, 0), (2, 0), (3, 1 / 18), (5, 21 / 66), (8, 239 / 514)])
def test_the_bound_is_the_share_counted_by_hand(folds, share):
    assert shallow_error_bound(folds) == pytest.approx(share)


@pytest.mark.parametrize("folds", [3, 4, 6])
def test_no_function_of_as_many_pieces_beats_the_bound(folds):
    """A function of q pieces gives labels that change at most q times: find the best of all such labellings."""
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
    least = 1 - right.max() / points
    assert shallow_error_bound(folds) <= least + 1e-12
    assert least < shallow_error_bound(folds) + 2 / points  # and it is nearly reached


def test_a_small_change_of_the_weights_spoils_many_folds_and_not_few():
    assert tent_net_error_rate(2, NOISE) == 0
    assert np.mean([tent_net_error_rate(12, NOISE, seed) for seed in range(5)]) > 0.1


def test_the_proof_has_no_seed_and_the_noise_has():
    records = tent_errors([2, 3], [0, 1], local_context(1))
    facts = [row for row in records.rows if "seed" not in row]
    assert {(row["metric"], row["depth"]) for row in facts} == {
        (metric, depth) for metric in ("shallow_error_bound", "error_rate") for depth in (2, 3)
    }
    assert records.by_seed("error_rate", depth=3, noise=0.0).tolist() == [0.0]
    assert records.by_seed("error_rate", depth=3, noise=NOISE).shape == (2,)
