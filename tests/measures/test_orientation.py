"""Orientation: a Gabor passes at its own orientation, frequency and colour; a blob, rings and noise do not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.orientation import FREQUENCIES, grating, tuning

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SIDE = 7
AT = np.arange(SIDE) - 3.0
SQUARE = AT[None] ** 2 + AT[:, None] ** 2


def filters(*planes):
    """w_KxKx1xM."""
    return jnp.asarray(np.stack(planes, -1)[:, :, None], jnp.float32)


def gabor(angle, frequency=0.2, size=1.6, phase=0.4):
    wave = grating(SIDE, frequency, angle).reshape(SIDE, SIDE) * np.exp(1j * phase)
    envelope = np.exp(-SQUARE / (2 * size**2))
    return envelope * (wave.real - (envelope * wave.real).sum() / envelope.sum())


BLOB = np.exp(-SQUARE / 8)
RINGS = np.exp(-SQUARE / 2) - 0.45 * np.exp(-SQUARE / 6)


@pytest.mark.parametrize("angle", [0.0, 0.6, np.pi / 2, 2.0])
def test_a_gabor_is_oriented_whatever_its_angle_and_sign(angle):
    found = tuning(filters(gabor(angle), -3 * gabor(angle)))
    assert np.all(found.oriented)
    np.testing.assert_allclose(found.gabor, 1.0, atol=0.05)
    np.testing.assert_allclose(found.weakest[0], found.weakest[1], rtol=1e-4)
    np.testing.assert_allclose(found.frequency, 0.2, atol=0.08)
    np.testing.assert_allclose(found.selectivity[0], found.selectivity[1], rtol=1e-5)


def test_a_blob_is_no_gabor_and_rings_have_no_orientation():
    found = tuning(filters(BLOB, RINGS))
    assert not np.any(found.oriented)
    assert found.gabor[0] < 0.3
    assert np.all(found.selectivity < 0.1)
    assert np.all(found.rings > 0.95)


def test_a_ramp_that_is_all_edge_and_no_wave_has_half_of_all_selectivity_at_least():
    """Of an amplitude |cos(theta - angle)| the selectivity is 1/3; a narrower tuning has more."""
    found = tuning(filters(np.broadcast_to(np.sign(AT), (SIDE, SIDE))))
    assert found.selectivity[0] > 1 / 3


def test_noise_is_not_oriented():
    w = jax.random.normal(jax.random.key(0), (SIDE, SIDE, 1, 200))
    assert np.mean(tuning(w).oriented) < 0.03


def test_colours_add_their_energies():
    both = jnp.concatenate([filters(gabor(0.5)), -filters(gabor(0.5))], 2)
    one, two = tuning(filters(gabor(0.5))), tuning(both)
    np.testing.assert_allclose(one.selectivity, two.selectivity, rtol=1e-4)
    np.testing.assert_allclose(one.gabor, two.gabor, rtol=1e-4)
    assert len(FREQUENCIES) == 13
