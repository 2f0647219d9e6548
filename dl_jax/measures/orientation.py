"""Do filters mark edges of one orientation? Statistics of first-layer kernels that a plain blob cannot pass."""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

ORIENTATIONS = 24
FREQUENCIES = np.linspace(0.05, 0.5, 13)
"""Of gratings, in cycles a pixel, up to the highest that pixels can show."""
OSI, BAND, GABOR, ADVANTAGE = 0.4, 2.0, 0.6, 0.1
"""A filter is oriented and band-pass where all four are exceeded."""
FLAT = 0.15
"""Least cycles in one standard deviation of a Gabor's envelope: with fewer it is a blob or a ramp."""


class Tuning(NamedTuple):
    """Of each filter, M of them.

    selectivity: |sum A e^(2i theta)| / sum A over orientations at the best frequency, 1 for one orientation alone.
                 Noise has some too, the more the smaller the kernel: compare with the same net untrained.
    frequency:   the best, in cycles a pixel. band: A there over A at frequency 0.
    gabor, rings: share of the kernel's energy in its best zero-mean Gabor pair, and in its best concentric pair of
                 Gaussians: both have two free amplitudes and are tried at the same places and sizes.
    """

    selectivity: jax.Array
    frequency: jax.Array
    band: jax.Array
    gabor: jax.Array
    rings: jax.Array

    @property
    def weakest(self) -> jax.Array:
        """The least of the four figures that make a filter oriented and band-pass, and a Gabor far rather than rings;
        each in units of what it must exceed, so that beyond 1 all four do."""
        four = (self.selectivity / OSI, self.band / BAND, self.gabor / GABOR, (self.gabor - self.rings) / ADVANTAGE)
        return jnp.min(jnp.stack(four), 0)

    @property
    def oriented(self) -> jax.Array:
        """Whether each filter is oriented and band-pass."""
        return self.weakest > 1


def tuning(w_KxKxCxM: jax.Array) -> Tuning:
    """How the filters answer to gratings, and what they look like. Grey and colour: energies are summed over C."""
    side = w_KxKxCxM.shape[0]
    w_PxCxM = w_KxKxCxM.reshape(side**2, *w_KxKxCxM.shape[2:])
    energy_M = jnp.sum(w_PxCxM**2, (0, 1)) + 1e-30
    amplitude_FxTxM = _amplitude(_gratings(side), w_PxCxM)
    best_M = jnp.argmax(jnp.max(amplitude_FxTxM, 1), 0)
    a_TxM = jnp.take_along_axis(amplitude_FxTxM, best_M[None, None], 0)[0]
    twice_T = 2j * jnp.pi * jnp.arange(ORIENTATIONS) / ORIENTATIONS
    total_M = jnp.sum(a_TxM, 0) + 1e-30
    selectivity_M = jnp.abs(jnp.sum(a_TxM * jnp.exp(twice_T)[:, None], 0)) / total_M
    at_zero_M = jnp.sqrt(jnp.sum(jnp.sum(w_PxCxM, 0) ** 2, 0))
    band_M = jnp.max(a_TxM, 0) / (at_zero_M + 1e-30)
    gabor_M, rings_M = (_explained(bank, w_PxCxM) / energy_M for bank in (_gabors(side), _rings(side)))
    return Tuning(selectivity_M, jnp.asarray(FREQUENCIES, jnp.float32)[best_M], band_M, gabor_M, rings_M)


def grating(side: int, frequency: float, orientation: float) -> np.ndarray:
    """wave_P, complex: cosine and sine along `orientation` (radians) over the places of a square, row after row."""
    place_Px2 = _places(side)
    return np.exp(2j * np.pi * frequency * place_Px2 @ [np.cos(orientation), np.sin(orientation)])


def _places(side):
    at = np.arange(side) - (side - 1) / 2
    return np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)


def _gratings(side):
    """wave_FxTxP."""
    angles = np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    return np.stack([[grating(side, f, angle) for angle in angles] for f in FREQUENCIES])


def _amplitude(wave_FxTxP, w_PxCxM):
    """Peak over phase of the response to each grating, in the colours that drive the filter most."""

    def along(wave):
        return jnp.einsum("ftp,pcm->ftcm", jnp.asarray(wave, jnp.float32), w_PxCxM)

    return jnp.sqrt(jnp.sum(along(wave_FxTxP.real) ** 2 + along(wave_FxTxP.imag) ** 2, 2))


def _explained(pair_Gx2xP, w_PxCxM):
    """Energy of each filter in that orthonormal pair of the bank which holds most of it."""
    inside_GxM = jnp.sum(jnp.einsum("gjp,pcm->gjcm", jnp.asarray(pair_Gx2xP), w_PxCxM) ** 2, (1, 2))
    return jnp.max(inside_GxM, 0)


def _grid(side):
    """Centres and standard deviations at which shapes are tried."""
    reach = np.arange(-(side // 4) - 1, side // 4 + 2)
    centres = np.stack(np.meshgrid(reach, reach), -1).reshape(-1, 2)
    return centres, np.linspace(0.12, 0.36, 4) * side


@cache
def _gabors(side):
    """pair_Gx2xP: cosine and sine under a Gaussian, each with mean zero, made orthonormal."""
    place_Px2, (centres, sizes), bank = _places(side), _grid(side), []
    for angle in np.pi * np.arange(12) / 12:
        turned_Px2 = place_Px2 @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centres_Gx2 = centres @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        along_GxP, across_GxP = (turned_Px2[None, :, axis] - centres_Gx2[:, None, axis] for axis in (0, 1))
        for size in sizes:
            for aspect in (1.0, 1.6):
                envelope_GxP = np.exp(-(along_GxP**2 + (across_GxP / aspect) ** 2) / (2 * size**2))
                for frequency in FREQUENCIES[(FREQUENCIES * size >= FLAT) & (FREQUENCIES < 0.45)]:
                    wave_GxP = envelope_GxP * np.exp(2j * np.pi * frequency * along_GxP)
                    mean_Gx1 = wave_GxP.sum(1, keepdims=True) / envelope_GxP.sum(1, keepdims=True)
                    bank.append(_orthonormal(wave_GxP - mean_Gx1 * envelope_GxP))
    return np.concatenate(bank).astype(np.float32)


@cache
def _rings(side):
    """pair_Gx2xP: what a narrow and a wide Gaussian about one centre span, made orthonormal."""
    place_Px2, (centres, sizes), bank = _places(side), _grid(side), []
    square_GxP = np.sum((place_Px2[None] - centres[:, None]) ** 2, -1)
    for narrow in sizes:
        for wide in narrow * np.array([1.3, 1.6, 2.2]):
            two = np.exp(-square_GxP / (2 * narrow**2)) + 1j * np.exp(-square_GxP / (2 * wide**2))
            bank.append(_orthonormal(two))
    return np.concatenate(bank).astype(np.float32)


def _orthonormal(pair_GxP):
    """pair_Gx2xP that spans the same as the real and the imaginary part."""
    first, second = pair_GxP.real, pair_GxP.imag
    first = first / (np.linalg.norm(first, axis=1, keepdims=True) + 1e-12)
    second = second - np.sum(first * second, 1, keepdims=True) * first
    return np.stack([first, second / (np.linalg.norm(second, axis=1, keepdims=True) + 1e-12)], 1)
