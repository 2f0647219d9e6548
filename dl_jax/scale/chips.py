"""The TPUs that there are: what one JAX device has of them, and the shapes that their slices come in.

Read from Google Cloud's pages (docs.cloud.google.com/tpu/docs/v4, v5e, v5p, v6e, tpu7x) in November 2026, except:
the memory is what libtpu's compiler gives out, a little less than what is sold, and a test asks the compiler for it;
Google's page on v4 says nothing of its links, whose rate is from jax-ml.github.io/scaling-book (part 2, TPUs).
v5e's page gave 819 GB/s of memory bandwidth at one time and 800 GiB/s at another; we take the smaller.
"""

from math import prod
from typing import NamedTuple

GIB = 2**30


class Chip(NamedTuple):
    """One JAX device of a kind of TPU.

    v4 and v5p have two cores that work as one device ("megacore"); tpu7x has two halves, each a device of its own,
    with half of the chip's memory, products and links.

    flops:     bf16 FLOP/s at most; float32 products at JAX's default precision run as bf16 too.
    hbm:       bytes of memory that a program may use.
    bandwidth: bytes/s between that memory and the cores.
    links:     bytes/s that all links to other chips send together, in one direction: half of the printed two-way rate.
    devices:   JAX devices a chip.
    flat:      whether slices are rectangles, and not boxes.
    largest:   chips of the largest slice.
    options:   what libtpu must be told beside the shape.
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

RECTANGLES = ((1, 1), (2, 2), (2, 4), (4, 4), (4, 8), (8, 8), (8, 16), (16, 16))
SMALL_BOXES = ((2, 2, 1), (2, 2, 2), (2, 2, 4), (2, 4, 4))


def exists(chip: Chip, shape: tuple[int, ...]) -> bool:
    """Whether slices come in this shape."""
    if chip.flat:
        return shape in RECTANGLES
    whole_cubes = len(shape) == 3 and all(side and side % 4 == 0 for side in shape) and list(shape) == sorted(shape)
    return shape in SMALL_BOXES or (whole_cubes and prod(shape) <= chip.largest)


def shapes(chip: Chip) -> str:
    """The shapes that there are, in words."""
    if chip.flat:
        return ", ".join("x".join(map(str, shape)) for shape in RECTANGLES)
    small = ", ".join("x".join(map(str, shape)) for shape in SMALL_BOXES)
    return f"{small}, and AxBxC with A <= B <= C in multiples of 4, up to {chip.largest} chips (4x4x4, 4x4x8, ...)"
