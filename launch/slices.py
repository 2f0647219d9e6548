"""TPU slices: which there are, and of how many hosts. Source: Google's pages "Plan TPUs in GKE" and "TPU v6e"."""

from math import prod

from dl_jax.runtime.flags import FlagError

ACCELERATORS = {
    "v4": "tpu-v4-podslice",
    "v5e": "tpu-v5-lite-podslice",
    "v5p": "tpu-v5p-slice",
    "v6e": "tpu-v6e-slice",
    "tpu7x": "tpu7x",
}
"""The label that Kubernetes nodes with each TPU bear."""

FLAT = ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
"""All topologies of v5e and v6e."""

SOLID = ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4")
"""The topologies of the others, up to 64 chips."""


def hosts_of(accelerator: str, topology: str) -> tuple[int, int]:
    """(hosts, chips of each) of a slice. FlagError if there is no such slice."""
    sides = [int(side) if side.isdecimal() else 0 for side in topology.split("x")]
    if accelerator in ("v5e", "v6e"):
        if topology not in FLAT:
            raise FlagError(f"--topology={topology}: {accelerator} comes as {', '.join(FLAT)}")
    elif topology not in SOLID and not (
        len(sides) == 3 and sides == sorted(sides) and prod(sides) > 64 and all(side % 4 == 0 for side in sides)
    ):
        raise FlagError(
            f"--topology={topology}: {accelerator} comes as {', '.join(SOLID)}, and above that in multiples of 4, the "
            "smallest first, for instance 4x4x8"
        )
    chips = prod(sides)
    each = 8 if topology == "2x4" else min(chips, 4)  # those eight share a host; larger slices have four to a host
    return chips // each, each
