"""The kinds of TPU: rates and memory of one JAX device, and the shapes of slices.

Source: Google Cloud's pages (docs.cloud.google.com/tpu/docs/v4, v5e, v5p, v6e, tpu7x), November 2026, except: the
memory is what libtpu's compiler allows, slightly below the advertised memory (a test compares the two); the page on v4
does not state the rate of its links, which is from jax-ml.github.io/scaling-book (part 2, TPUs). The page on v5e has
stated 819 GB/s and 800 GiB/s of memory bandwidth at different times; the smaller is used.
"""

from math import prod
from typing import NamedTuple

GIB = 2**30


class Chip(NamedTuple):
    """One JAX device of a kind of TPU.

    v4 and v5p have two cores that work as one device ("megacore"); tpu7x has two halves, each a device of its own,
    with half of the chip's memory, FLOP/s and links.

    flops:     peak bf16 FLOP/s; float32 products at JAX's default precision run as bf16 too.
    hbm:       bytes of HBM that a program may use.
    bandwidth: bytes/s between HBM and the cores.
    links:     bytes/s that all links to other chips send together, in one direction: half of the stated two-way rate.
    devices:   JAX devices per chip.
    flat:      whether slices are two-dimensional; three-dimensional otherwise.
    largest:   chips of the largest slice.
    options:   options that libtpu needs besides the shape.
    """

    flops: float
    hbm: float
    bandwidth: float
    links: float
    devices: int
    flat: bool
    largest: int
    options: dict[str, str] = {}  # noqa: RUF012 (never changed)


CHIPS = {
    "v4": Chip(275e12, 30.75 * GIB, 1200e9, 6 * 45e9, 1, False, 4096, {"chip_config_name": "megacore"}),
    "v5e": Chip(197e12, 15.75 * GIB, 819e9, 400e9 / 2, 1, True, 256),
    "v5p": Chip(459e12, 95.74 * GIB, 2765e9, 1200e9 / 2, 1, False, 6144),
    "v6e": Chip(918e12, 31.25 * GIB, 1638e9, 800e9 / 2, 1, True, 256),
    "tpu7x": Chip(2307e12 / 2, 94.75 * GIB, 7380e9 / 2, 1200e9 / 2 / 2, 2, False, 9216),
}

FLAT_SHAPES = ((1, 1), (2, 2), (2, 4), (4, 4), (4, 8), (8, 8), (8, 16), (16, 16))
SMALL_BOXES = ((2, 2, 1), (2, 2, 2), (2, 2, 4), (2, 4, 4))


def is_slice(chip: Chip, shape: tuple[int, ...]) -> bool:
    """Return whether slices of this shape exist."""
    if chip.flat:
        return shape in FLAT_SHAPES
    whole_cubes = len(shape) == 3 and all(side and side % 4 == 0 for side in shape) and list(shape) == sorted(shape)
    return shape in SMALL_BOXES or (whole_cubes and prod(shape) <= chip.largest)


def slice_shapes(chip: Chip) -> str:
    """Return the shapes of slices as text, for messages."""
    if chip.flat:
        return ", ".join("x".join(map(str, shape)) for shape in FLAT_SHAPES)
    small = ", ".join("x".join(map(str, shape)) for shape in SMALL_BOXES)
    return f"{small}, and AxBxC with A <= B <= C in multiples of 4, up to {chip.largest} chips (4x4x4, 4x4x8, ...)"
