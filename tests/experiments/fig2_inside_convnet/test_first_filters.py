"""The pictures from which first filters are learned: one draw for each seed, and the controls of the same patches."""

import numpy as np
import pytest

from dl_jax.errors import DataError
from experiments.fig2_inside_convnet import first_filters
from experiments.fig2_inside_convnet.first_filters import CONTROLS, NATURAL, PICTURES, sources

pytestmark = pytest.mark.usefixtures("quick_to_compile")


@pytest.fixture(scope="module")
def drawn():
    """The first 64 training patches of two seeds, of each kind."""
    of_kind, classes = sources("", "")
    assert classes == first_filters.SPOTS
    return {seed: {kind: of_kind[kind].of(seed).train for kind in PICTURES} for seed in (3, 4)}


def test_controls_are_made_of_the_same_patches_with_the_same_labels(drawn):
    for of_kind in drawn.values():
        natural = of_kind[NATURAL]
        for kind in CONTROLS:
            np.testing.assert_array_equal(of_kind[kind].y, natural.y)
            assert not np.allclose(of_kind[kind].x[:64], natural.x[:64], atol=0.1)
        np.testing.assert_allclose(
            np.sort(of_kind["permuted pixels"].x[:64].reshape(64, -1)),
            np.sort(natural.x[:64].reshape(64, -1)),
            rtol=1e-5,
        )
        for kind in ("isotropic random phase", "random phase"):
            power = [np.sum(examples.x[:64] ** 2, (1, 2, 3)) for examples in (of_kind[kind], natural)]
            np.testing.assert_allclose(*power, rtol=0.05)


def test_no_two_seeds_share_a_patch(drawn):
    for kind in PICTURES:
        ours, theirs = (drawn[seed][kind].x[:256].reshape(256, -1) for seed in (3, 4))
        assert np.min(np.linalg.norm(ours[:, None] - theirs, axis=2)) > 1e-3


def test_pictures_smaller_than_a_patch_are_refused():
    with pytest.raises(DataError, match="digits must hold pictures of 13 x 13 pixels or more"):
        sources("digits", "")
