"""Orientation tuning of first-layer filters: which are oriented and band-pass, and neither blobs nor rings.

M filters, C colours, P pixels of a kernel, F spatial frequencies, T orientations, G shapes of a bank.
"""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

ORIENTATIONS = 24
"""Orientations of gratings, evenly spaced over 180 degrees."""
FREQUENCIES = np.linspace(0.05, 0.5, 13)
"""Spatial frequencies of gratings, in cycles per pixel, up to the Nyquist frequency."""
MIN_SELECTIVITY, MIN_BAND, MIN_GABOR, MIN_GABOR_OVER_RINGS = 0.3, 2.0, 0.6, 0.1
"""A filter is oriented and band-pass where selectivity, band, gabor and gabor - rings exceed these.

The textbook's edge detectors do: the selectivity of a derivative of a Gaussian (Canny 1986) is 1/3, that of a response
|cos(theta)|, and Sobel's filter has 0.37. White noise of 7 x 7 pixels has a median of 0.2 and fails by gabor, 0.24.
"""
MIN_CYCLES = 0.15
"""Least cycles per standard deviation of a Gabor's envelope: below, it is a blob or a ramp."""


class Tuning(NamedTuple):
    """Orientation tuning of M filters, one value each.

    selectivity: |sum A e^(2i theta)| / sum A over the amplitudes A at the orientations theta and the best frequency:
                 1 for a response to one orientation only. Noise has some, the more the smaller the kernel: compare
                 with the untrained filters.
    frequency:   the frequency of the largest amplitude, in cycles per pixel.
    band:        the largest amplitude over that at frequency 0.
    gabor:       share of the kernel's energy in the best zero-mean Gabor pair (cosine and sine).
    rings:       the same for the best concentric pair of Gaussians, with as many free amplitudes and the same centres
                 and sizes.
    """

    selectivity: jax.Array
    frequency: jax.Array
    band: jax.Array
    gabor: jax.Array
    rings: jax.Array

    @property
    def least_ratio(self) -> jax.Array:
        """ratio_M: the least of selectivity, band, gabor and gabor - rings, each over its threshold."""
        ratios = (
            self.selectivity / MIN_SELECTIVITY,
            self.band / MIN_BAND,
            self.gabor / MIN_GABOR,
            (self.gabor - self.rings) / MIN_GABOR_OVER_RINGS,
        )
        return jnp.min(jnp.stack(ratios), 0)

    @property
    def oriented(self) -> jax.Array:
        """bool_M: whether each filter is oriented and band-pass: all four thresholds are exceeded."""
        return self.least_ratio > 1


def tuning(w_KxKxCxM: jax.Array) -> Tuning:
    """Measure the responses of filters to gratings, and their fit by Gabors and rings; energies are summed over C."""
    side = w_KxKxCxM.shape[0]
    w_PxCxM = w_KxKxCxM.reshape(side**2, *w_KxKxCxM.shape[2:])
    energy_M = jnp.sum(w_PxCxM**2, (0, 1)) + 1e-30
    amplitude_FxTxM = _amplitude(_gratings(side), w_PxCxM)
    best_M = jnp.argmax(jnp.max(amplitude_FxTxM, 1), 0)
    a_TxM = jnp.take_along_axis(amplitude_FxTxM, best_M[None, None], 0)[0]
    double_angle_T = 2j * jnp.pi * jnp.arange(ORIENTATIONS) / ORIENTATIONS
    total_M = jnp.sum(a_TxM, 0) + 1e-30
    selectivity_M = jnp.abs(jnp.sum(a_TxM * jnp.exp(double_angle_T)[:, None], 0)) / total_M
    at_zero_M = jnp.sqrt(jnp.sum(jnp.sum(w_PxCxM, 0) ** 2, 0))
    band_M = jnp.max(a_TxM, 0) / (at_zero_M + 1e-30)
    gabor_M, rings_M = (_energy_in_best(bank, w_PxCxM) / energy_M for bank in (_gabors(side), _rings(side)))
    return Tuning(selectivity_M, jnp.asarray(FREQUENCIES, jnp.float32)[best_M], band_M, gabor_M, rings_M)


def grating(side: int, frequency: float, orientation: float) -> np.ndarray:
    """wave_P, complex: cosine (real) and sine (imaginary) of a plane wave over a square of pixels, row by row.

    frequency: in cycles per pixel. orientation: of the wave vector, in radians from the x axis. The phase is 0 in the
    middle of the square.
    """
    pixel_Px2 = _pixels(side)
    return np.exp(2j * np.pi * frequency * pixel_Px2 @ [np.cos(orientation), np.sin(orientation)])


def _pixels(side):
    """pixel_Px2: x and y from the middle of a square."""
    offset = np.arange(side) - (side - 1) / 2
    return np.stack(np.meshgrid(offset, offset), -1).reshape(-1, 2)


def _gratings(side):
    """wave_FxTxP."""
    angles = np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    return np.stack([[grating(side, f, angle) for angle in angles] for f in FREQUENCIES])


def _amplitude(wave_FxTxP, w_PxCxM):
    """amplitude_FxTxM: root of the squared responses to each grating, summed over both phases and all colours."""

    def response(wave):
        return jnp.einsum("ftp,pcm->ftcm", jnp.asarray(wave, jnp.float32), w_PxCxM)

    return jnp.sqrt(jnp.sum(response(wave_FxTxP.real) ** 2 + response(wave_FxTxP.imag) ** 2, 2))


def _energy_in_best(pair_Gx2xP, w_PxCxM):
    """energy_M of each filter in the orthonormal pair of the bank that contains most of it."""
    energy_GxM = jnp.sum(jnp.einsum("gjp,pcm->gjcm", jnp.asarray(pair_Gx2xP), w_PxCxM) ** 2, (1, 2))
    return jnp.max(energy_GxM, 0)


def _grid(side):
    """Centres and standard deviations of the shapes of a bank."""
    offsets = np.arange(-(side // 4) - 1, side // 4 + 2)
    centres = np.stack(np.meshgrid(offsets, offsets), -1).reshape(-1, 2)
    return centres, np.linspace(0.12, 0.36, 4) * side


@cache
def _gabors(side):
    """pair_Gx2xP: zero-mean cosine and sine Gabors, made orthonormal."""
    pixel_Px2, (centres, sizes), bank = _pixels(side), _grid(side), []
    for angle in np.pi * np.arange(12) / 12:
        rotated_Px2 = pixel_Px2 @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centres_Gx2 = centres @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        along_GxP, across_GxP = (rotated_Px2[None, :, axis] - centres_Gx2[:, None, axis] for axis in (0, 1))
        for size in sizes:
            for aspect in (1.0, 1.6):
                envelope_GxP = np.exp(-(along_GxP**2 + (across_GxP / aspect) ** 2) / (2 * size**2))
                for frequency in FREQUENCIES[(FREQUENCIES * size >= MIN_CYCLES) & (FREQUENCIES < 0.45)]:
                    wave_GxP = envelope_GxP * np.exp(2j * np.pi * frequency * along_GxP)
                    mean_Gx1 = wave_GxP.sum(1, keepdims=True) / envelope_GxP.sum(1, keepdims=True)
                    bank.append(_orthonormal(wave_GxP - mean_Gx1 * envelope_GxP))
    return np.concatenate(bank).astype(np.float32)


@cache
def _rings(side):
    """pair_Gx2xP: a narrow and a wide Gaussian with a common centre, made orthonormal."""
    pixel_Px2, (centres, sizes), bank = _pixels(side), _grid(side), []
    square_GxP = np.sum((pixel_Px2[None] - centres[:, None]) ** 2, -1)
    for narrow in sizes:
        for wide in narrow * np.array([1.3, 1.6, 2.2]):
            pair_GxP = np.exp(-square_GxP / (2 * narrow**2)) + 1j * np.exp(-square_GxP / (2 * wide**2))
            bank.append(_orthonormal(pair_GxP))
    return np.concatenate(bank).astype(np.float32)


def _orthonormal(pair_GxP):
    """pair_Gx2xP with the span of the real and the imaginary part."""
    first, second = pair_GxP.real, pair_GxP.imag
    first = first / (np.linalg.norm(first, axis=1, keepdims=True) + 1e-12)
    second = second - np.sum(first * second, 1, keepdims=True) * first
    return np.stack([first, second / (np.linalg.norm(second, axis=1, keepdims=True) + 1e-12)], 1)
