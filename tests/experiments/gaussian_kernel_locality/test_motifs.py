"""Motifs: seen without noise, they stand where they may, and their label says which."""

import jax
import numpy as np
import pytest

from experiments.gaussian_kernel_locality import motifs
from experiments.gaussian_kernel_locality.motifs import MOTIF, PLACES, REST, SIDE, somewhere

KEY = jax.random.key(0)


@pytest.fixture
def noiseless(monkeypatch):
    monkeypatch.setattr(motifs, "NOISE", 0.0)


def test_places_are_all_different_and_inside():
    assert len(set(motifs.CORNERS)) == PLACES
    assert {0 <= at <= SIDE - MOTIF for corner in motifs.CORNERS for at in corner} == {True}


@pytest.mark.parametrize("places", [1, 7, PLACES])
def test_one_image_a_motif_and_place(noiseless, places):
    splits = somewhere(KEY, places, 1000, 1000)
    x_NxD, y_N = np.asarray(splits.train.x).reshape(1000, -1), np.asarray(splits.train.y)
    assert len(np.unique(x_NxD, axis=0)) == 2 * places
    assert len(np.unique(np.column_stack([x_NxD, y_N]), axis=0)) == 2 * places  # an image has one label
    np.testing.assert_array_equal(np.abs(x_NxD).sum(1), MOTIF**2)
    assert 0.4 < y_N.mean() < 0.6


def test_few_examples_are_shown_over_and_over_and_no_other_is():
    few, most = somewhere(KEY, 7, 16, 64), somewhere(KEY, 7, 64, 64)
    np.testing.assert_array_equal(few.train.x, np.tile(most.train.x[:16], (4, 1, 1)))
    np.testing.assert_array_equal(few.train.y, np.tile(most.train.y[:16], 4))
    np.testing.assert_array_equal(few.test.x, most.test.x)
    assert few.test.x.shape == few.validation.x.shape == (REST, SIDE, SIDE)


def test_scrambled_images_hold_the_same_pixels_in_one_other_order():
    plain, scrambled = somewhere(KEY, 7, 64, 64), somewhere(KEY, 7, 64, 64, True)
    for before, after in zip(plain, scrambled, strict=True):
        rows = np.asarray(before.x).reshape(len(before.x), -1)
        np.testing.assert_array_equal(rows[:, motifs.SCRAMBLE], np.asarray(after.x).reshape(len(after.x), -1))
        np.testing.assert_array_equal(before.y, after.y)
    assert sorted(motifs.SCRAMBLE) == list(range(SIDE**2))
    assert (np.arange(SIDE**2) != motifs.SCRAMBLE).mean() > 0.9
