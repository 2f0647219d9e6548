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


def positions_as_pixels(monkeypatch):
    """Photographs whose every pixel holds its own number."""
    number = np.arange(2 * patches.HEIGHT * patches.WIDTH, dtype=np.float32)
    monkeypatch.setattr(patches, "photographs", lambda: number.reshape(2, patches.HEIGHT, patches.WIDTH, 1))


def test_splits_are_disjoint_and_labels_are_regions(monkeypatch):
    positions_as_pixels(monkeypatch)
    drawn = []

    def keep(examples):
        drawn.append(examples)
        return examples

    of_split = patches._patches
    monkeypatch.setattr(patches, "_patches", lambda *given: keep(of_split(*given)))
    patches.natural_patches(KEY, 13, train=480, validation=96, test=96)
    pixels = [np.asarray(examples.x).astype(int) for examples in drawn]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not np.intersect1d(pixels[first], pixels[second]).size
    photo, row, column = np.unravel_index(pixels[0][:, 0, 0, 0], (2, patches.HEIGHT, patches.WIDTH))
    region = photo * 12 + row // 140 * 4 + column // 160
    np.testing.assert_array_equal(region, drawn[0].y)
    np.testing.assert_array_equal(np.diff(pixels[0], axis=2), 1)
    np.testing.assert_array_equal(np.diff(pixels[0], axis=1), patches.WIDTH)


def test_patches_are_standardised_and_balanced_and_drawn_by_the_key():
    one, again, other = (patches.natural_patches(key, 13, 960, 48, 96) for key in (KEY, KEY, jax.random.key(1)))
    assert one.train.x.shape == (960, 13, 13, 1)
    assert abs(float(one.train.x.mean())) < 1e-4
    assert float(one.train.x.std()) == pytest.approx(1, abs=1e-4)
    assert set(np.bincount(one.test.y)) == {96 // patches.REGIONS}
    np.testing.assert_array_equal(one.train.x, again.train.x)
    for mine, theirs in zip(one, other, strict=True):
        assert not np.any(np.all(np.asarray(mine.x) == np.asarray(theirs.x), axis=(1, 2, 3)))


def test_patches_in_colour_and_of_too_many_pixels():
    assert patches.natural_patches(KEY, 8, 48, 24, 24, colour=True).test.x.shape == (24, 8, 8, 3)
    with pytest.raises(ValueError, match="a patch of 36 pixels is larger than a block of 35"):
        patches.natural_patches(KEY, 36)


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
