"""Where training happens and who is told: all that belongs to the machine or the person, as one argument."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.sharding import AxisType, Mesh

Row = dict[str, Any]
"""One record: trial, seed, a key for each axis, metric, value."""


class Cost(NamedTuple):
    """What a sweep cost: programs compiled, seconds of compiling and of running, useful FLOPs (matrix products)."""

    programs: int
    compile_s: float
    run_s: float
    flops: float


class Place(NamedTuple):
    """The devices, the ear that hears of progress, the memory of what is finished, and the account of the cost.

    mesh:  devices along the axis "trial".
    tell:  (what, done, of) -> None, called after every call of a program.
    keep:  (name, compute) -> rows; may answer from an earlier run that was interrupted.
    spend: (cost) -> None.
    """

    mesh: Mesh
    tell: Callable[[str, int, int], None] = lambda what, done, of: None
    keep: Callable[[dict, Callable[[], list[Row]]], list[Row]] = lambda name, compute: compute()
    spend: Callable[[Cost], None] = lambda cost: None

    @property
    def kind(self) -> str:
        """cpu, gpu or tpu."""
        return self.mesh.devices.flat[0].platform


def here(devices: int | None = None) -> Place:
    """A silent, forgetful place on the first `devices` devices (all of them unless told)."""
    chosen = jax.devices()[:devices]
    mesh = jax.make_mesh((len(chosen),), ("trial",), axis_types=(AxisType.Auto,), devices=chosen)
    return Place(mesh)
