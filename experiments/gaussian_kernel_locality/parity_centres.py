"""How many Gaussian centres it takes to separate the corners of a cube (Bengio, Delalleau & Le Roux 2005).

N corners, D bits, M centres.
"""

from collections.abc import Iterable

import numpy as np

from dl_jax.evidence.named import named
from dl_jax.evidence.records import Records, measured
from dl_jax.measures.half_spaces import separable

TRIES = 8
"""Choices of centres, for every number of bits, rule and width."""
RULES = ("parity", "first_bit")
WIDTHS = (0.25, 0.5, 1.0)
"""Widths of the Gaussians, in units of the cube's side."""


def cube(bits: int) -> np.ndarray:
    """corner_NxD, the 2^bits strings of bits 0 and 1."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits)) & 1


def labels(corner_NxD: np.ndarray, rule: str) -> np.ndarray:
    """label_N: whether the number of ones is odd, or whether the first bit is one."""
    return corner_NxD.sum(1) % 2 if rule == "parity" else corner_NxD[:, 0]


def separated_by(centre_MxD: np.ndarray, bits: int, rule: str, width: float) -> bool:
    """Whether some weights and some constant on these centres' Gaussians give every corner the right sign. Exact.

    width: in units of the cube's side; double precision, by linear programming.
    """
    corner_NxD = cube(bits)
    flips_NxM = (corner_NxD[:, None] != centre_MxD[None]).sum(2)
    return separable(np.exp(-flips_NxM / (2 * width**2)), labels(corner_NxD, rule))


def one_too_few_separate(generator: np.random.Generator, bits: int, rule: str, width: float, tries: int) -> float:
    """Share of tries in which 2^(bits-1) - 1 corners are centres enough.

    Half of them are random corners, half are one class without one corner, which comes as near as can be.
    """
    corner_NxD, count = cube(bits), 2 ** (bits - 1) - 1
    label_N = labels(corner_NxD, rule)
    separated = []
    for number in range(tries):
        of = np.flatnonzero(label_N == number // 2 % 2) if number % 2 else np.arange(len(corner_NxD))
        separated.append(separated_by(corner_NxD[generator.permutation(of)[:count]], bits, rule, width))
    return float(np.mean(separated))


def one_class_fails(bits: int, width: float) -> float:
    """1 if the 2^(bits-1) odd corners are not centres enough for parity, 0 if they are."""
    corner_NxD = cube(bits)
    return float(not separated_by(corner_NxD[labels(corner_NxD, "parity") == 1], bits, "parity", width))


def half_cube_fails(bits: int, width: float) -> float:
    """The same for as many corners that all have the same first bit: the other half is too far away."""
    corner_NxD = cube(bits)
    return float(not separated_by(corner_NxD[corner_NxD[:, 0] == 1], bits, "parity", width))


CORNERS = {"one class": one_class_fails, "half cube": half_cube_fails}
"""Choices of 2^(bits-1) corners as centres."""


def parity_centres(bits: Iterable[int]) -> Records:
    """Compute facts: whether these corners are centres enough, for every number of bits and every width.

    `one_too_few_separate`: share of choices of 2^(bits-1) - 1 corners that separate the cube by parity, or by the
    first bit. `enough_fail`: 1 if 2^(bits-1) corners do not separate it by parity, 0 if they do. No number of centres
    below 2^(bits-1) can be enough, whichever the width; what is computed are examples of the theorem.
    """
    bits, generator = tuple(bits), np.random.default_rng(0)

    def of_width(width):
        share_DxR = [[one_too_few_separate(generator, each, rule, width, TRIES) for rule in RULES] for each in bits]
        fail_DxC = [[fails(each, width) for fails in CORNERS.values()] for each in bits]
        metrics = {
            "one_too_few_separate": named(np.asarray(share_DxR), bits=bits, rule=RULES),
            "enough_fail": named(np.asarray(fail_DxC), bits=bits, corners=tuple(CORNERS)),
        }
        return measured(metrics, task="cube", width=width)

    return Records.gather(map(of_width, WIDTHS))
