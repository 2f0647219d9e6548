"""Orientation tuning of filters made by hand: Gabors have a known orientation and frequency; blobs have neither."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_jax.measures.orientation import FREQUENCIES, ORIENTATIONS, Tuning, grating, tuning

pytestmark = pytest.mark.usefixtures("quick_to_compile")

SIDE = 7
OFFSET = np.arange(SIDE) - 3.0
SQUARED_RADIUS = OFFSET[None] ** 2 + OFFSET[:, None] ** 2


def filters(*planes):
    """w_KxKx1xM."""
    return jnp.asarray(np.stack(planes, -1)[:, :, None], jnp.float32)


def gabor(angle, frequency=0.2, size=1.6, phase=0.4):
    """A zero-mean Gabor, written out without the library's gratings."""
    x, y = np.meshgrid(OFFSET, OFFSET)
    wave = np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    envelope = np.exp(-SQUARED_RADIUS / (2 * size**2))
    return envelope * (wave - (envelope * wave).sum() / envelope.sum())


BLOB = np.exp(-SQUARED_RADIUS / 8)
RINGS = np.exp(-SQUARED_RADIUS / 2) - 0.45 * np.exp(-SQUARED_RADIUS / 6)


def test_grating_is_a_plane_wave():
    """Along x at a quarter of a cycle per pixel: phases -90, 0 and 90 degrees in every row of a 3x3 square."""
    np.testing.assert_allclose(grating(3, 0.25, 0.0), [-1j, 1, 1j] * 3, atol=1e-12)
    np.testing.assert_allclose(grating(3, 0.25, np.pi / 2), np.repeat([-1j, 1, 1j], 3), atol=1e-12)
    np.testing.assert_allclose(grating(4, 0.0, 1.0), np.ones(16))


@pytest.mark.parametrize("angle", [0.0, 0.6, np.pi / 2, 2.0])
def test_a_gabor_is_oriented_at_any_angle_and_sign(angle):
    result = tuning(filters(gabor(angle), -3 * gabor(angle)))
    assert np.all(result.oriented)
    np.testing.assert_allclose(result.gabor, 1.0, atol=0.05)
    np.testing.assert_allclose(result.frequency, 0.2, atol=0.08)


def test_sign_and_contrast_do_not_matter():
    result = tuning(filters(gabor(0.6), -3 * gabor(0.6)))
    np.testing.assert_allclose(result.least_ratio[0], result.least_ratio[1], rtol=1e-4)
    np.testing.assert_allclose(result.selectivity[0], result.selectivity[1], rtol=1e-5)


@pytest.mark.parametrize("frequency", [FREQUENCIES[3], FREQUENCIES[6], FREQUENCIES[9]])
@pytest.mark.parametrize("angle", [0.0, 1.0])
def test_the_frequency_of_a_grating_is_found(frequency, angle):
    """A grating under a wide envelope responds most to itself, within one step of the 13 frequencies."""
    result = tuning(filters(gabor(angle, frequency, size=3.0)))
    step = FREQUENCIES[1] - FREQUENCIES[0]
    assert abs(float(result.frequency[0]) - frequency) < 1.01 * step
    assert result.oriented[0]


def test_selectivity_agrees_with_its_definition():
    """|sum A e^(2i theta)| / sum A, with A from a double loop over gratings at the best frequency."""
    w = gabor(0.6)
    angles = np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    amplitude_FxT = np.abs([[grating(SIDE, f, angle) @ w.ravel() for angle in angles] for f in FREQUENCIES])
    best_T = amplitude_FxT[amplitude_FxT.max(1).argmax()]
    result = tuning(filters(w))
    assert float(result.selectivity[0]) == pytest.approx(
        np.abs(np.sum(best_T * np.exp(2j * angles))) / best_T.sum(), rel=1e-4
    )
    assert float(result.frequency[0]) == pytest.approx(FREQUENCIES[amplitude_FxT.max(1).argmax()])


def test_a_single_pixel_has_no_orientation_and_no_band():
    """A delta responds to every grating with amplitude 1: selectivity is 0 and band is 1."""
    delta = np.zeros((SIDE, SIDE))
    delta[2, 4] = 1.0
    result = tuning(filters(delta))
    assert float(result.selectivity[0]) == pytest.approx(0.0, abs=1e-5)
    assert float(result.band[0]) == pytest.approx(1.0, rel=1e-5)
    assert not result.oriented[0]


def test_the_sum_of_two_orthogonal_gabors_is_not_selective():
    """A plaid responds equally to two orientations 90 degrees apart, whose double angles cancel."""
    result = tuning(filters(gabor(0.0) + gabor(np.pi / 2)))
    assert float(result.selectivity[0]) < 0.05
    assert not result.oriented[0]


def test_blobs_and_rings_are_not_oriented():
    result = tuning(filters(BLOB, RINGS))
    assert not np.any(result.oriented)
    assert result.gabor[0] < 0.3
    assert np.all(result.selectivity < 0.1)
    assert np.all(result.rings > 0.95)


def test_an_offset_that_turns_a_gabor_into_a_low_pass_filter_is_detected():
    """With a mean as large as its wave, a filter responds to frequency 0 most."""
    result = tuning(filters(gabor(0.6) + 0.5))
    assert result.band[0] < 1
    assert not result.oriented[0]


def test_a_step_edge_is_selective():
    """An amplitude of |cos(theta)| has a selectivity of 1/3, and the tuning of an edge is narrower."""
    result = tuning(filters(np.broadcast_to(np.sign(OFFSET), (SIDE, SIDE))))
    assert result.selectivity[0] > 1 / 3


def test_noise_is_not_oriented():
    w = jax.random.normal(jax.random.key(0), (SIDE, SIDE, 1, 200))
    assert np.mean(tuning(w).oriented) < 0.03


def test_energies_of_colours_add():
    opponent = jnp.concatenate([filters(gabor(0.5)), -filters(gabor(0.5))], 2)
    one, two = tuning(filters(gabor(0.5))), tuning(opponent)
    np.testing.assert_allclose(one.selectivity, two.selectivity, rtol=1e-4)
    np.testing.assert_allclose(one.gabor, two.gabor, rtol=1e-4)


@pytest.mark.parametrize(
    "below", [{"selectivity": 0.29}, {"band": 1.9}, {"gabor": 0.59, "rings": 0.4}, {"rings": 0.52}]
)
def test_each_of_the_four_thresholds_decides(below):
    """Thresholds: selectivity 0.3, band 2, gabor 0.6, gabor - rings 0.1."""
    above = {"selectivity": 0.31, "frequency": 0.2, "band": 2.1, "gabor": 0.61, "rings": 0.5}

    def oriented(values):
        return bool(Tuning(**{name: jnp.full(1, value) for name, value in values.items()}).oriented[0])

    assert oriented(above)
    assert not oriented(above | below)


def textbook_edge_detectors(side):
    """Filters that detect edges by definition: Sobel's, Prewitt's, a step, and derivatives of Gaussians."""
    offset = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(offset, offset, indexing="ij")
    small = np.pad([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], (side - 3) // 2), np.pad([[-1, 0, 1]] * 3, (side - 3) // 2)
    filters = [*small, np.sign(x)]
    for angle in (0.0, 0.5, 1.1):
        across = x * np.cos(angle) + y * np.sin(angle)
        filters += [np.sign(across), *(across * np.exp(-(x**2 + y**2) / (2 * size**2)) for size in (1.0, 1.5, 2.0))]
    return jnp.asarray(np.stack(filters, -1)[:, :, None], jnp.float32)


@pytest.mark.parametrize("side", [5, 7, 9])
def test_the_textbooks_edge_detectors_are_oriented(side):
    assert np.all(tuning(textbook_edge_detectors(side)).oriented)


@pytest.mark.parametrize("side", [5, 7, 9])
def test_noise_and_centre_surround_are_not(side):
    noise = jax.random.normal(jax.random.key(0), (side, side, 1, 500))
    assert np.mean(tuning(noise).oriented) < 0.02
    offset = np.arange(side) - (side - 1) / 2
    square = offset[:, None] ** 2 + offset**2
    centre_surround = np.exp(-square / 2) - np.exp(-square / 8) / 4
    assert not tuning(jnp.asarray(centre_surround[:, :, None, None], jnp.float32)).oriented[0]
