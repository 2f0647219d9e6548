"""Motifs: without noise, they stand in the allowed positions, and the label is the motif."""

import jax
import numpy as np
import pytest

from experiments.gaussian_kernel_locality import motifs
from experiments.gaussian_kernel_locality.motifs import MOTIF, POSITIONS, REST, SIDE, somewhere

KEY = jax.random.key(0)


@pytest.fixture
def noiseless(monkeypatch):
    monkeypatch.setattr(motifs, "NOISE", 0.0)


def test_positions_are_all_different_and_inside():
    assert len(set(motifs.CORNERS)) == POSITIONS
    assert {0 <= at <= SIDE - MOTIF for corner in motifs.CORNERS for at in corner} == {True}


@pytest.mark.parametrize("positions", [1, 7, POSITIONS])
def test_there_is_one_image_for_each_motif_and_position(noiseless, positions):
    splits = somewhere(KEY, positions, 1000, 1000)
    x_NxD, y_N = np.asarray(splits.train.x).reshape(1000, -1), np.asarray(splits.train.y)
    assert len(np.unique(x_NxD, axis=0)) == 2 * positions
    assert len(np.unique(np.column_stack([x_NxD, y_N]), axis=0)) == 2 * positions  # an image has one label
    np.testing.assert_array_equal(np.abs(x_NxD).sum(1), MOTIF**2)
    assert 0.4 < y_N.mean() < 0.6


def test_few_examples_are_repeated_and_there_are_no_others():
    few, most = somewhere(KEY, 7, 16, 64), somewhere(KEY, 7, 64, 64)
    np.testing.assert_array_equal(few.train.x, np.tile(most.train.x[:16], (4, 1, 1)))
    np.testing.assert_array_equal(few.train.y, np.tile(most.train.y[:16], 4))
    np.testing.assert_array_equal(few.test.x, most.test.x)
    assert few.test.x.shape == few.validation.x.shape == (REST, SIDE, SIDE)


def test_permuted_images_have_the_same_pixels_in_one_other_order():
    plain, permuted = somewhere(KEY, 7, 64, 64), somewhere(KEY, 7, 64, 64, True)
    for before, after in zip(plain, permuted, strict=True):
        rows = np.asarray(before.x).reshape(len(before.x), -1)
        np.testing.assert_array_equal(rows[:, motifs.PERMUTATION], np.asarray(after.x).reshape(len(after.x), -1))
        np.testing.assert_array_equal(before.y, after.y)
    assert sorted(motifs.PERMUTATION) == list(range(SIDE**2))
    assert (np.arange(SIDE**2) != motifs.PERMUTATION).mean() > 0.9
