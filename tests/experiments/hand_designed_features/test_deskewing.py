"""Deskewing of slanted blobs with a known slope, and of images that have no slope."""

import numpy as np
import pytest

from experiments.hand_designed_features.deskewing import deskewed

ROW, COLUMN = np.mgrid[:28, :28].astype(np.float32)


def blob(slope):
    """Return an elongated Gaussian blob that is slanted by `slope` columns per row."""
    y, x = ROW - 13.5, COLUMN - 13.5
    return np.exp(-(((x - slope * y) / 1.5) ** 2) - (y / 5.0) ** 2).astype(np.float32)


def slope_of(ink_HxW):
    """Return the slope of the regression of columns on rows, weighted by the ink."""
    mass = ink_HxW.sum()
    row, column = (ink_HxW * ROW).sum() / mass, (ink_HxW * COLUMN).sum() / mass
    return (ink_HxW * (ROW - row) * (COLUMN - column)).sum() / (ink_HxW * (ROW - row) ** 2).sum()


@pytest.mark.parametrize("slope", [-0.6, 0.3, 0.9])
def test_a_slanted_blob_becomes_upright(slope):
    assert slope_of(blob(slope)) == pytest.approx(slope, abs=1e-2)
    upright = np.asarray(deskewed(blob(slope)))
    assert slope_of(upright) == pytest.approx(0.0, abs=1e-2)
    np.testing.assert_allclose(upright, blob(0.0), atol=0.08)  # ink is interpolated between pixels


def test_upright_blank_and_single_line_images_are_unchanged():
    line = np.zeros((28, 28), np.float32)
    line[7, 3:20] = 1.0
    for image in (blob(0.0), np.zeros((28, 28), np.float32), line):
        np.testing.assert_allclose(deskewed(image), image, atol=1e-4)
