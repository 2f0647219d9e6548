"""Pieces of functions whose number of pieces is known."""

import numpy as np
import pytest

from experiments.depth_and_nonlinearity.functions import folded
from experiments.depth_and_nonlinearity.pieces import pieces, tent_pieces


def test_pieces_by_hand():
    assert pieces([0, 1, 2, 3]) == 1
    assert pieces([0, 1, 2, 1, 0]) == 2
    assert pieces([0, 1, 3, 4, 4]) == 4
    assert pieces([5, 5, 5, 5]) == 1
    assert pieces(1e-9 * np.array([0, 1, 0, 1])) == 3, "what counts is the change of slope relative to the steepest"


@pytest.mark.parametrize("seed", range(3))
def test_kinks_put_in_are_kinks_counted(seed):
    generator = np.random.default_rng(seed)
    x_N = np.linspace(0, 1, 101)
    kinks = x_N[1 + generator.choice(99, size=seed + 4, replace=False)]
    y_N = sum(
        size * np.maximum(0, x_N - kink) for kink, size in zip(kinks, generator.uniform(1, 2, seed + 4), strict=True)
    )
    assert pieces(2 * x_N + y_N) == seed + 5


def test_rounding_is_no_kink():
    x_N = np.linspace(0, 1, 65, dtype=np.float32) * np.float32(0.3) + np.float32(0.1)
    assert pieces(x_N, tolerance=1e-4) == 1


@pytest.mark.parametrize("folds", range(1, 13))
def test_every_fold_doubles_the_pieces_of_the_net_as_of_the_map(folds):
    assert tent_pieces(folds, "relu") == 2**folds
    assert pieces(np.asarray(folded(np.arange(2 ** (folds + 1) + 1) / 2.0 ** (folds + 1), folds))) == 2**folds


@pytest.mark.parametrize("folds", [1, 4, 12])
def test_the_same_net_of_identities_is_one_straight_line(folds):
    assert tent_pieces(folds, "identity") == 1
