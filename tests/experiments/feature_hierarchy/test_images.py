"""Images for first filters: each seed draws its own, and all kinds of a seed are made of the same."""

import numpy as np
import pytest

from experiments.feature_hierarchy.images import SIDE, SPOTS, TRANSFORMS, load_images, transformed

pytestmark = pytest.mark.usefixtures("quick_to_compile")


@pytest.fixture(scope="module")
def images():
    return load_images("", "", 128)


def test_no_two_seeds_share_a_patch(images):
    data, classes = images
    one, other = (data.of(seed).train for seed in (0, 1))
    assert classes == SPOTS
    assert one.x.shape == (128, SIDE, SIDE, 1)
    every = np.concatenate([one.x, other.x]).reshape(256, -1)
    assert len(np.unique(every, axis=0)) == 256


def test_kinds_keep_what_they_say(images):
    data, _ = images
    x = {kind: transformed(data, kind).of(0).train.x for kind in TRANSFORMS}
    np.testing.assert_array_equal(x["natural"], data.of(0).train.x)
    np.testing.assert_allclose(np.sort(x["permuted pixels"].reshape(128, -1)), np.sort(x["natural"].reshape(128, -1)))
    amplitude = {kind: np.abs(np.fft.fft2(values, axes=(1, 2))) for kind, values in x.items()}
    np.testing.assert_allclose(amplitude["random phase"], amplitude["natural"], atol=1e-3)
    isotropic = amplitude["isotropic random phase"][:, :, :, 0]
    np.testing.assert_allclose(isotropic, np.swapaxes(isotropic, 1, 2), atol=1e-3)


def test_a_dataset_gives_at_most_so_few_training_examples(tmp_path):
    x = np.random.default_rng(0).integers(0, 255, (90, 14, 14), dtype=np.uint8)
    np.savez(tmp_path / "some.npz", x=x, y=np.arange(90) % 3)
    data, classes = load_images(str(tmp_path / "some.npz"), "", 20)
    one, other = (transformed(data, "natural").of(seed).train for seed in (0, 1))
    assert classes == 3
    assert one.x.shape == (20, 14, 14, 1)
    assert np.abs(one.x - other.x).max() > 0.1
