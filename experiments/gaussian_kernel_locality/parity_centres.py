"""How many Gaussian centres it takes to separate the corners of a cube (Bengio, Delalleau & Le Roux 2005)."""

from collections.abc import Iterable

import numpy as np

from dl_jax.evidence.records import Row
from dl_jax.measures.half_spaces import separable
from dl_jax.training.context import Context

TRIES = 8
RULES = ("parity", "first_bit")


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


def one_too_few(generator: np.random.Generator, bits: int, rule: str, width: float, tries: int) -> float:
    """Share of tries where 2^(bits-1) - 1 of the corners are enough.

    Half of them are random corners, half are one class without one corner, which comes as near as can be.
    """
    corner_NxD, count = cube(bits), 2 ** (bits - 1) - 1
    label_N = labels(corner_NxD, rule)
    found = []
    for number in range(tries):
        of = np.flatnonzero(label_N == number // 2 % 2) if number % 2 else np.arange(len(corner_NxD))
        found.append(separated_by(corner_NxD[generator.permutation(of)[:count]], bits, rule, width))
    return float(np.mean(found))


def one_class_fails(bits: int, width: float) -> float:
    """1 if the 2^(bits-1) odd corners are not centres enough for parity, 0 if they are."""
    corner_NxD = cube(bits)
    return float(not separated_by(corner_NxD[labels(corner_NxD, "parity") == 1], bits, "parity", width))


def half_cube_fails(bits: int, width: float) -> float:
    """The same for as many corners that all have the same first bit: the other half is too far to be bent."""
    corner_NxD = cube(bits)
    return float(not separated_by(corner_NxD[corner_NxD[:, 0] == 1], bits, "parity", width))


def parity_rows(bits: Iterable[int], seeds: Iterable[int], context: Context) -> list[Row]:
    """Rows of shares that one corner too few is enough (`one_too_few`), for parity and for the first bit; and of
    whether 2^(bits-1) corners fail for parity (`fails`), of one class and of half the cube. Each seed draws a width.
    """
    bits, seeds = list(bits), list(seeds)

    def compute():
        rows = []
        for trial, seed in enumerate(seeds):
            generator = np.random.default_rng(seed)
            width = float(np.exp(generator.uniform(np.log(0.25), np.log(1.0))))
            for each in bits:
                at = {"trial": trial, "seed": seed, "task": "cube", "bits": each, "width": width}
                for rule in RULES:
                    share = one_too_few(generator, each, rule, width, TRIES)
                    rows.append({**at, "rule": rule, "metric": "one_too_few", "value": share})
                for centres, fails in (("one class", one_class_fails), ("half cube", half_cube_fails)):
                    rows.append({**at, "of": centres, "metric": "fails", "value": fails(each, width)})
            context.events.progress("centres of parity", trial + 1, len(seeds))
        return rows

    return context.events.cached({"parity": bits, "seeds": seeds}, compute)
