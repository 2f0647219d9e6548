"""TPU slices in Kubernetes: their labels and their hosts.

Source: Google's pages "Plan TPUs in GKE" and "TPU v6e".
"""

from math import prod

from dl_jax.errors import FlagError
from dl_jax.scale.chips import CHIPS, is_slice, slice_shapes

ACCELERATORS = {
    "v4": "tpu-v4-podslice",
    "v5e": "tpu-v5-lite-podslice",
    "v5p": "tpu-v5p-slice",
    "v6e": "tpu-v6e-slice",
    "tpu7x": "tpu7x",
}
"""The value of the label cloud.google.com/gke-tpu-accelerator, by kind of TPU."""


def hosts_of(accelerator: str, topology: str) -> tuple[int, int]:
    """Return (hosts, chips per host) of a slice. Raises FlagError if the slice does not exist."""
    chip = CHIPS[accelerator]
    sides = tuple(int(side) if side.isdecimal() else 0 for side in topology.split("x"))
    if not is_slice(chip, sides) or "x".join(map(str, sides)) != topology:
        raise FlagError(f"--topology={topology}: slices of {accelerator} are {slice_shapes(chip)}")
    chips = prod(sides)
    per_host = 8 if topology == "2x4" else min(chips, 4)  # one host has all eight; larger slices have four per host
    return chips // per_host, per_host
