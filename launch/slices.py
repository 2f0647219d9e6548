"""TPU slices: what Kubernetes calls them, and of how many hosts they are.

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
"""The label that Kubernetes nodes with each TPU bear."""


def hosts_of(accelerator: str, topology: str) -> tuple[int, int]:
    """(hosts, chips of each) of a slice. FlagError if there is no such slice."""
    chip = CHIPS[accelerator]
    sides = tuple(int(side) if side.isdecimal() else 0 for side in topology.split("x"))
    if not is_slice(chip, sides) or "x".join(map(str, sides)) != topology:
        raise FlagError(f"--topology={topology}: {accelerator} comes as {slice_shapes(chip)}")
    chips = prod(sides)
    each = 8 if topology == "2x4" else min(chips, 4)  # those eight share a host; larger slices have four to a host
    return chips // each, each
