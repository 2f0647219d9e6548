"""Where training happens and who is told: all that belongs to the machine or the person, as one argument."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from jax.sharding import AxisType, Mesh

Row = dict[str, Any]
"""One record: trial, seed, a key for each axis, metric, value."""
AXES = ("trial", "data", "model")
"""Of a mesh: trials of a sweep, parts of a batch, and parts of a layer."""


class Cost(NamedTuple):
    """What a sweep cost: programs compiled, seconds of compiling and of running, useful FLOPs (matrix products)."""

    programs: int
    compile_s: float
    run_s: float
    flops: float


class Saved(Protocol):
    """Where the states of one training are saved."""

    def newest(self, like: Any) -> tuple[int, Any] | None:
        """(step, state) of the newest that is whole, shaped and placed as `like`; None if there is none."""

    def after(self, step: int, tree: Any) -> None:
        """So many steps are taken: save the state if it is time to. It must be whole until the next call."""

    def done(self) -> None:
        """The training is over."""


class NotSaved:
    """Remembers nothing."""

    def newest(self, like: Any) -> tuple[int, Any] | None:
        """Nothing."""

    def after(self, step: int, tree: Any) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""


def remember_nothing(name: dict, *computes: Callable[[], list[Row]]) -> list[Row]:
    """The rows of all computes, in order."""
    return [row for compute in computes for row in compute()]


class Place(NamedTuple):
    """The devices, the ear that hears of progress, the memory of what is finished, and the account of the cost.

    mesh:   devices along AXES.
    tell:   (what, done, of) -> None, called after every call of a program.
    keep:   (name, *computes) -> their rows; each may come from an earlier run, or from another process.
    spend:  (cost) -> None.
    shards: how many parts the trials of a sweep are cut into, each of them kept on its own.
    saved:  (name) -> where the states of one long training are saved.
    plan:   (what, program, arguments, useful FLOPs) -> None. Where it is set, the devices are not there: programs are
            handed to it with the shapes of their arguments, and nothing is trained.
    """

    mesh: Mesh
    tell: Callable[[str, int, int], None] = lambda what, done, of: None
    keep: Callable[..., list[Row]] = remember_nothing
    spend: Callable[[Cost], None] = lambda cost: None
    shards: int = 1
    saved: Callable[[dict[str, Any]], Saved] = lambda name: NotSaved()
    plan: Callable[[str, Any, Any, float], None] | None = None

    @property
    def kind(self) -> str:
        """cpu, gpu or tpu. A mesh without devices stands for GPUs, whose compiler is not everywhere at hand."""
        return self.mesh.devices.flat[0].platform if isinstance(self.mesh, Mesh) else "gpu"

    def alone(self) -> "Place":
        """On one device: for a training that is too small to be shared out. Of several processes each has its own."""
        if not isinstance(self.mesh, Mesh):
            return self._replace(mesh=self.mesh.update(axis_sizes=(1, 1, 1)))
        own = next(each for each in self.mesh.devices.flat if each.process_index == jax.process_index())
        return self._replace(mesh=mesh_of([own]))


def mesh_of(devices: list[jax.Device], data: int = 1, model: int = 1) -> Mesh:
    """The devices along AXES: `data` x `model` of them for each trial. Their number must be a multiple of that."""
    shape = (len(devices) // (data * model), data, model)
    if shape[0] * data * model != len(devices):
        raise ValueError(f"{len(devices)} devices do not make groups of {data} x {model}")
    return jax.make_mesh(shape, AXES, axis_types=(AxisType.Auto,) * 3, devices=np.asarray(devices))


def here(devices: int | None = None, data: int = 1, model: int = 1) -> Place:
    """A silent, forgetful place on the first `devices` devices (all of them unless told)."""
    return Place(mesh_of(jax.devices()[:devices], data, model))
