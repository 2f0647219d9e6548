"""Natural patches: no two splits or seeds share a pixel; permuted pixels and random phases keep what they should."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.data import natural_patches as patches
from dl_jax.data.dataset import Examples, Splits

pytestmark = pytest.mark.usefixtures("quick_to_compile")

KEY = jax.random.key(0)
X = np.asarray(jax.random.normal(jax.random.key(0), (6, 8, 8, 3)), np.float32)
SPLITS = Splits(*(Examples(X[at : at + 2], np.arange(2)) for at in (0, 2, 4)))
SAME = Splits(*(Examples(np.repeat(X[:1], 2, 0), np.arange(2)) for _ in range(3)))


def plain(monkeypatch):
    """Patches in equal light."""
    monkeypatch.setattr(patches, "CONTRAST", 0.0)
    monkeypatch.setattr(patches, "BRIGHTNESS", 0.0)


def test_patches_of_a_spot_lie_within_half_a_side_of_each_other_in_one_photograph(monkeypatch):
    """In photographs whose every pixel holds its own number, the first pixel of a patch says where it lies."""
    plain(monkeypatch)
    height, width = 64, 80
    number_2xHxWx1 = np.arange(2 * height * width, dtype=np.float32).reshape(2, height, width, 1)
    monkeypatch.setattr(patches, "photographs", lambda: number_2xHxWx1)
    for x, y in patches.natural_patches(KEY, 12, 5, 200, 50, 50):
        pixels = np.round(np.float64(x[..., 0]) * number_2xHxWx1.std() + number_2xHxWx1.mean()).astype(int)
        np.testing.assert_array_equal(np.diff(pixels, axis=2), 1)
        np.testing.assert_array_equal(np.diff(pixels, axis=1), width)
        corner_Nx3 = np.stack(np.unravel_index(pixels[:, 0, 0], (2, height, width)), 1)
        for label in range(5):
            spread = np.ptp(corner_Nx3[y == label], axis=0)
            assert spread[0] == 0
            assert np.all(spread[1:] <= 5)
            assert np.any(spread[1:] > 0)


def test_spots_have_more_contrast_than_the_photographs_on_the_whole(monkeypatch):
    plain(monkeypatch)
    x = np.asarray(patches.natural_patches(KEY, 13, 32, 640, 32, 32).train.x)
    monkeypatch.setattr(patches, "CANDIDATES", 1)
    anywhere = np.asarray(patches.natural_patches(KEY, 13, 32, 640, 32, 32).train.x)
    assert np.median(x.std((1, 2))) > 1.5 * np.median(anywhere.std((1, 2)))


def test_contrast_and_brightness_change_from_patch_to_patch():
    x = np.asarray(patches.natural_patches(KEY, 12, 1, 2048, 1, 1).train.x)
    assert np.std(np.log(x.std((1, 2, 3)))) == pytest.approx(patches.CONTRAST, rel=0.3)
    assert np.std(x.mean((1, 2, 3))) > patches.BRIGHTNESS


def test_patches_are_balanced_and_drawn_by_the_key():
    one, again, other = (patches.natural_patches(key, 13, 24, 960, 48, 96) for key in (KEY, KEY, jax.random.key(1)))
    assert one.train.x.shape == (960, 13, 13, 1)
    assert set(np.bincount(one.test.y)) == {4}
    np.testing.assert_array_equal(one.train.x, again.train.x)
    for mine, theirs in zip(one, other, strict=True):
        assert not np.any(np.all(np.asarray(mine.x) == np.asarray(theirs.x), axis=(1, 2, 3)))
    assert not np.any(np.all(np.asarray(one.train.x[:96]) == np.asarray(one.test.x), axis=(1, 2, 3)))
    assert patches.natural_patches(KEY, 8, 4, 48, 24, 24, colour=True).test.x.shape == (24, 8, 8, 3)


def test_all_images_have_their_pixels_in_the_same_other_order():
    number_8x8 = jnp.arange(64.0).reshape(8, 8)
    x = jnp.stack([number_8x8, number_8x8 + 100])[..., None]
    order = patches.permuted_pixels(KEY, Splits(*(Examples(x, jnp.arange(2)) for _ in range(3))))
    for examples in order:
        np.testing.assert_array_equal(np.sort(examples.x[0].ravel()), np.arange(64))
        np.testing.assert_array_equal(examples.x[1], examples.x[0] + 100)
        np.testing.assert_array_equal(examples.x, order.train.x)
    assert np.mean(np.asarray(order.train.x[0, ..., 0]) == np.asarray(number_8x8)) < 0.2


def test_amplitudes_colours_and_means_stay_and_phases_do_not():
    for was, now in zip(SPLITS, patches.random_phase(KEY, SPLITS), strict=True):
        spectra = [np.fft.fft2(x, axes=(1, 2)) for x in (was.x, now.x)]
        np.testing.assert_allclose(np.abs(spectra[1]), np.abs(spectra[0]), atol=1e-3)
        rotation = spectra[1] / spectra[0]
        np.testing.assert_allclose(rotation[..., 0], rotation[..., 2], atol=1e-2)
        assert np.abs(now.x - was.x).max() > 0.5
        np.testing.assert_array_equal(was.y, now.y)


def test_each_image_has_phases_of_its_own_given_by_the_key():
    one, again, other = (patches.random_phase(key, SPLITS) for key in (KEY, KEY, jax.random.key(1)))
    np.testing.assert_array_equal(one.train.x, again.train.x)
    assert np.abs(one.train.x - other.train.x).max() > 0.1
    assert np.abs(np.diff(patches.random_phase(KEY, SAME).train.x, axis=0)).max() > 0.1


def test_isotropic_phases_keep_the_power_of_each_ring_and_no_orientation():
    """A grating has all its power at one orientation; on the ring it is spread over all of them."""
    wave_16x16 = np.cos(2 * np.pi * 3 * np.arange(16) / 16)[:, None] * np.ones(16)
    x = np.broadcast_to(wave_16x16[None, :, :, None], (64, 16, 16, 1)).astype(np.float32) + 2.0
    splits = Splits(*(Examples(x, np.zeros(64, np.int32)) for _ in range(3)))
    power = {
        name: np.abs(np.fft.fft2(made[..., 0])) ** 2
        for name, made in (
            ("as it is", np.asarray(patches.random_phase(KEY, splits).train.x)),
            ("isotropic", np.asarray(patches.random_phase(KEY, splits, isotropic=True).train.x)),
        )
    }
    for spectrum in power.values():
        np.testing.assert_allclose(spectrum.sum((1, 2)), (np.abs(np.fft.fft2(x[0, ..., 0])) ** 2).sum(), rtol=1e-3)
        np.testing.assert_allclose(spectrum[:, 0, 0], 512.0**2, rtol=1e-4)
    assert power["as it is"][:, 0, 3].max() < 1e-3
    np.testing.assert_allclose(power["isotropic"][:, 0, 3], power["isotropic"][:, 3, 0], rtol=1e-3)


def test_random_phases_leave_no_edge():
    """The step of an edge makes a histogram of two peaks, and random phases make it a normal one."""
    step = np.where(np.arange(16) < 8, -1.0, 1.0)[None, :, None, None] * np.ones((256, 1, 16, 1))
    made = patches.random_phase(KEY, Splits(*(Examples(np.float32(step), np.zeros(256, np.int32)) for _ in range(3))))
    x = np.asarray(made.train.x)
    assert np.mean(x**4) / np.mean(x**2) ** 2 > 1.4
