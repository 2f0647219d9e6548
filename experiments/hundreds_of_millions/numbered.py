"""Labelled pictures by number: picture i is a function of (seed, i) alone, so hundreds of millions are one short rule.

A picture shows one of CLASSES patterns of dark and bright patches, moved by up to MOVES // 2 pixels either way along
each axis (round the edges), and every pixel is then turned to its opposite with chance FLIPPED. Its label is known
because it was drawn first; and what can be known of it from the pixels alone is known exactly too: `log_chances`.
"""

import numpy as np

CLASSES, SIDE, MOVES = 10, 16, 3
FLIPPED = 96 / 256
"""A multiple of 1/256, so that one byte of chance decides each pixel exactly."""
RECORD = np.dtype([("y", "<u2"), ("x", "u1", (SIDE, SIDE, 1))])
"""One example as bytes: its label, then its pixels, 0 or 255."""
SMOOTH = 2
"""The patterns hold waves of up to so many periods a side."""

STEP, FIRST, SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def examples(seed: int, number_N: np.ndarray) -> np.ndarray:
    """record_N, of dtype RECORD, of the examples with these numbers (0 or more)."""
    bits_NxM = random_bits(seed, number_N, 1 + SIDE * SIDE // 8)
    label_N, row_N, column_N = (
        _below(bits_NxM[:, 0] >> np.uint64(shift), many) for shift, many in ((0, CLASSES), (21, MOVES), (42, MOVES))
    )
    flips_NxP = np.ascontiguousarray(bits_NxM[:, 1:]).view(np.uint8) < round(256 * FLIPPED)
    record_N = np.empty(len(number_N), RECORD)
    record_N["y"] = label_N
    shown_NxP = moved_patterns(seed)[label_N, row_N * MOVES + column_N] ^ flips_NxP
    record_N["x"] = np.where(shown_NxP, np.uint8(255), np.uint8(0)).reshape(-1, SIDE, SIDE, 1)
    return record_N


def random_bits(seed: int, number_N: np.ndarray, words: int) -> np.ndarray:
    """bits_NxM: `words` random 64-bit numbers for each example, the outputs of SplitMix64 (Steele, Lea & Flood 2014).

    Every example has a generator of its own, whose first state is what the one of the seed says at its number.
    """
    start = _mixed(np.array([seed], np.uint64) * STEP + STEP)
    own_N = _mixed(start + (np.asarray(number_N).astype(np.uint64) + np.uint64(1)) * STEP)
    return _mixed(own_N[:, None] + np.arange(1, words + 1, dtype=np.uint64)[None] * STEP)


def _mixed(state):
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


def _below(bits, many):
    """Even whole numbers from 0 to many - 1, out of the lowest 21 bits."""
    return ((bits & np.uint64(0x1FFFFF)) * np.uint64(many) >> np.uint64(21)).astype(np.intp)


def moved_patterns(seed: int) -> np.ndarray:
    """shown_CxSxP: the pattern of each class at each of MOVES x MOVES places, True where it is bright."""
    noise_CxHxW = np.random.default_rng(seed).normal(size=(CLASSES, SIDE, SIDE))
    waves_H = np.abs(np.fft.fftfreq(SIDE, 1 / SIDE))
    low_HxW = np.maximum(waves_H[:, None], waves_H[None]) <= SMOOTH
    smooth_CxHxW = np.fft.ifft2(np.fft.fft2(noise_CxHxW) * low_HxW[None]).real
    bright_CxHxW = smooth_CxHxW > np.median(smooth_CxHxW, axis=(1, 2), keepdims=True)
    by = range(-(MOVES // 2), MOVES // 2 + 1)
    places = [np.roll(bright_CxHxW, (row, column), (1, 2)) for row in by for column in by]
    return np.stack(places, 1).reshape(CLASSES, MOVES * MOVES, SIDE * SIDE)


def log_chances(seed: int, x_NxHxWx1: np.ndarray) -> np.ndarray:
    """log p(label | picture)_NxC in nats, exact: the sum over all places where each pattern may have been.

    Whoever answers with its largest makes the fewest errors that can be made.
    """
    shown_SxP = moved_patterns(seed).reshape(-1, SIDE * SIDE)
    signs_SxP, signs_NxP = 2.0 * shown_SxP - 1, np.where(x_NxHxWx1.reshape(-1, SIDE * SIDE) > 127, 1.0, -1.0)
    unlike_NxCxS = (SIDE * SIDE - signs_NxP @ signs_SxP.T).reshape(len(signs_NxP), CLASSES, -1) / 2
    likely_NxCxS = -unlike_NxCxS * np.log((1 - FLIPPED) / FLIPPED)
    likely_NxC = np.logaddexp.reduce(likely_NxCxS, 2)
    return likely_NxC - np.logaddexp.reduce(likely_NxC, 1)[:, None]
