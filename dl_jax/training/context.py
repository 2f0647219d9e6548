"""The run context: what belongs to the machine or to the person, in one argument that experiments hand on unopened."""

from collections.abc import Callable
from math import nan
from typing import Any, NamedTuple, Protocol

import jax
from jax.sharding import AbstractMesh, AxisType, Mesh

from dl_jax.evidence.records import Records

AXES = ("trial", "data", "model")
"""Axes of a mesh: trials of a sweep, parts of a batch, parts of a layer."""


class Cost(NamedTuple):
    """What a training cost: programs compiled, seconds of compiling and of running, useful FLOPs (matrix products)."""

    programs: int
    compile_s: float
    run_s: float
    flops: float

    @property
    def flops_per_s(self) -> float:
        """Useful FLOPs per second of running; NaN in a dry run, which takes no time."""
        return self.flops / self.run_s if self.run_s else nan


class Checkpointer(Protocol):
    """Saves and restores the states of one training."""

    def restore(self, like: Any) -> tuple[int, Any] | None:
        """(step, state) of the newest undamaged checkpoint, with the shapes and shardings of `like`; None without."""

    def save_if_due(self, step: int, tree: Any) -> None:
        """Called after `step` steps; saves if a checkpoint is due. Do not donate `tree` before the next call."""

    def close(self) -> None:
        """Called once, after the last step."""


class NoCheckpointer:
    """Saves nothing and restores nothing."""

    def restore(self, like: Any) -> tuple[int, Any] | None:
        """None."""

    def save_if_due(self, step: int, tree: Any) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


def compute_all(key: dict[str, Any], *computes: Callable[[], Records]) -> Records:
    """The records of all computes, in order; nothing is cached."""
    return Records.gather(compute() for compute in computes)


class Events(NamedTuple):
    """Callbacks of a run. By default nothing is reported, cached or saved.

    progress:     (label, done, total) -> None, called after every call of a program.
    cost:         (Cost) -> None, called after every training.
    cached:       (key, *computes) -> records of all computes; each may come from an earlier run or another process.
    checkpointer: (key) -> the Checkpointer of one long training.
    dry_run:      (label, program, arguments, useful FLOPs) -> None. Where it is set, there are no devices: each program
                  is passed to it with the shapes of its arguments, and nothing is trained.
    shards:       number of parts that the trials of a sweep are split into; each is cached on its own.
    """

    progress: Callable[[str, int, int], None] = lambda label, done, total: None
    cost: Callable[[Cost], None] = lambda cost: None
    cached: Callable[..., Records] = compute_all
    checkpointer: Callable[[dict[str, Any]], Checkpointer] = lambda key: NoCheckpointer()
    dry_run: Callable[[str, Any, Any, float], None] | None = None
    shards: int = 1


class Context(NamedTuple):
    """The devices of a run, along AXES, and its events."""

    mesh: Mesh | AbstractMesh
    events: Events = Events()

    @property
    def kind(self) -> str:
        """cpu, gpu or tpu. A mesh without devices stands for GPUs, whose compiler is not everywhere at hand."""
        return self.mesh.devices.flat[0].platform if isinstance(self.mesh, Mesh) else "gpu"

    @property
    def shares_memory(self) -> bool:
        """Whether the devices share one memory, as the cores of a CPU do: sharding a model saves no memory there."""
        return self.kind == "cpu"

    def with_events(self, **events: Any) -> "Context":
        """The same devices, with some events replaced."""
        return self._replace(events=self.events._replace(**events))

    def single_device(self) -> "Context":
        """The same events on one device; with several processes, each has its own."""
        if not isinstance(self.mesh, Mesh):
            return self._replace(mesh=self.mesh.update(axis_sizes=(1, 1, 1)))
        first = next(each for each in self.mesh.devices.flat if each.process_index == jax.process_index())
        return self._replace(mesh=mesh_of([first]))


def mesh_of(devices: list[jax.Device], data: int = 1, model: int = 1) -> Mesh:
    """The devices along AXES, data x model of them for each trial. ValueError if that does not divide their number."""
    shape = (len(devices) // (data * model), data, model)
    if shape[0] * data * model != len(devices):
        raise ValueError(f"{len(devices)} devices do not make groups of {data} x {model}")
    return jax.make_mesh(shape, AXES, axis_types=(AxisType.Auto,) * 3, devices=devices)


def local_context(devices: int | None = None, data: int = 1, model: int = 1) -> Context:
    """A context on the first `devices` devices (None: all) that reports, caches and saves nothing."""
    return Context(mesh_of(jax.devices()[:devices], data, model))
