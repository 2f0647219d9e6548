"""Labelled images by number: image i is a function of (seed, i), so that any number of them needs no memory.

An image shows the binary pattern of its class, one of CLASSES, shifted cyclically by up to SHIFTS // 2 pixels along
each axis; then every pixel is flipped with probability FLIPPED. The posterior of the label given the pixels has a
closed form, see `log_posterior`.
"""

import numpy as np

CLASSES, SIDE, SHIFTS = 10, 16, 3
FLIPPED = 96 / 256
"""A multiple of 1/256, so that one random byte decides each pixel exactly."""
RECORD = np.dtype([("y", "<u2"), ("x", "u1", (SIDE, SIDE, 1))])
"""One example as bytes: its label, then its pixels, 0 or 255."""
PERIODS = 2
"""The patterns are sums of waves of at most this many periods per side."""

STEP, FIRST, SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def examples(seed: int, number_N: np.ndarray) -> np.ndarray:
    """Return record_N, of dtype RECORD: the examples with these numbers (0 or more)."""
    bits_NxM = random_bits(seed, number_N, 1 + SIDE * SIDE // 8)
    label_N, row_N, column_N = (
        _below(bits_NxM[:, 0] >> np.uint64(shift), count) for shift, count in ((0, CLASSES), (21, SHIFTS), (42, SHIFTS))
    )
    flips_NxP = np.ascontiguousarray(bits_NxM[:, 1:]).view(np.uint8) < round(256 * FLIPPED)
    record_N = np.empty(len(number_N), RECORD)
    record_N["y"] = label_N
    bright_NxP = shifted_patterns(seed)[label_N, row_N * SHIFTS + column_N] ^ flips_NxP
    record_N["x"] = np.where(bright_NxP, np.uint8(255), np.uint8(0)).reshape(-1, SIDE, SIDE, 1)
    return record_N


def random_bits(seed: int, number_N: np.ndarray, words: int) -> np.ndarray:
    """Return bits_NxM: `words` random 64-bit numbers for each example, by SplitMix64 (Steele, Lea & Flood 2014).

    Every example has a generator of its own. Its initial state is the output of the seed's generator at the example's
    number.
    """
    start = _mixed(np.array([seed], np.uint64) * STEP + STEP)
    state_N = _mixed(start + (np.asarray(number_N).astype(np.uint64) + np.uint64(1)) * STEP)
    return _mixed(state_N[:, None] + np.arange(1, words + 1, dtype=np.uint64)[None] * STEP)


def _mixed(state):
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


def _below(bits, count):
    """Return uniform integers from 0 to count - 1, from the lowest 21 bits."""
    return ((bits & np.uint64(0x1FFFFF)) * np.uint64(count) >> np.uint64(21)).astype(np.intp)


def shifted_patterns(seed: int) -> np.ndarray:
    """Return bright_CxSxP: the pattern of each class at each of the SHIFTS x SHIFTS shifts, True where it is bright."""
    noise_CxHxW = np.random.default_rng(seed).normal(size=(CLASSES, SIDE, SIDE))
    periods_H = np.abs(np.fft.fftfreq(SIDE, 1 / SIDE))
    low_HxW = np.maximum(periods_H[:, None], periods_H[None]) <= PERIODS
    smooth_CxHxW = np.fft.ifft2(np.fft.fft2(noise_CxHxW) * low_HxW[None]).real
    bright_CxHxW = smooth_CxHxW > np.median(smooth_CxHxW, axis=(1, 2), keepdims=True)
    by = range(-(SHIFTS // 2), SHIFTS // 2 + 1)
    shifted = [np.roll(bright_CxHxW, (row, column), (1, 2)) for row in by for column in by]
    return np.stack(shifted, 1).reshape(CLASSES, SHIFTS * SHIFTS, SIDE * SIDE)


def log_posterior(seed: int, x_NxHxWx1: np.ndarray) -> np.ndarray:
    """Return log p(label | image)_NxC in nats, exact: a sum over all shifts of each pattern.

    The class with the largest posterior is the prediction with the lowest possible error rate.
    """
    bright_SxP = shifted_patterns(seed).reshape(-1, SIDE * SIDE)
    signs_SxP, signs_NxP = 2.0 * bright_SxP - 1, np.where(x_NxHxWx1.reshape(-1, SIDE * SIDE) > 127, 1.0, -1.0)
    differing_NxCxS = (SIDE * SIDE - signs_NxP @ signs_SxP.T).reshape(len(signs_NxP), CLASSES, -1) / 2
    log_likelihood_NxCxS = -differing_NxCxS * np.log((1 - FLIPPED) / FLIPPED)
    log_likelihood_NxC = np.logaddexp.reduce(log_likelihood_NxCxS, 2)
    return log_likelihood_NxC - np.logaddexp.reduce(log_likelihood_NxC, 1)[:, None]
