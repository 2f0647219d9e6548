"""Random phases: amplitudes stay and images change."""

import jax
import numpy as np
import pytest

from dl_jax.data.dataset import Examples, Splits
from experiments.feature_hierarchy.random_phase import random_phase

pytestmark = pytest.mark.usefixtures("quick_to_compile")

X = np.asarray(jax.random.normal(jax.random.key(0), (6, 8, 8, 3)), np.float32)
SPLITS = Splits(*(Examples(X[at : at + 2], np.arange(2)) for at in (0, 2, 4)))


def test_amplitudes_colours_and_means_stay_and_phases_do_not():
    for was, now in zip(SPLITS, random_phase(SPLITS), strict=True):
        spectra = [np.fft.fft2(x, axes=(1, 2)) for x in (was.x, now.x)]
        np.testing.assert_allclose(np.abs(spectra[1]), np.abs(spectra[0]), atol=1e-3)
        rotation = spectra[1] / spectra[0]
        np.testing.assert_allclose(rotation[..., 0], rotation[..., 2], atol=1e-2)
        assert np.abs(now.x - was.x).max() > 0.5
        np.testing.assert_array_equal(was.y, now.y)


def test_each_image_has_phases_of_its_own_given_by_the_seed():
    one, again, other = random_phase(SPLITS), random_phase(SPLITS), random_phase(SPLITS, seed=1)
    np.testing.assert_array_equal(one.train.x, again.train.x)
    assert np.abs(one.train.x - other.train.x).max() > 0.1
    same = Splits(*(Examples(np.repeat(X[:1], 2, 0), np.arange(2)) for _ in range(3)))
    assert np.abs(np.diff(random_phase(same).train.x, axis=0)).max() > 0.1
