"""Compilation for devices that are absent: `--compile_for=v5e:16x16`.

The package libtpu contains the TPU compiler, which needs no TPU. For cuda, whose compiler needs a GPU, programs are
only lowered, which shows that they can be lowered and the size of their arguments.
"""

import re
from hashlib import sha256
from importlib.util import find_spec
from math import prod
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import mesh_utils, topologies
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

from dl_jax.errors import FlagError
from dl_jax.scale import chips, hlo_traffic, tpu_compiler
from dl_jax.scale.chips import Chip
from dl_jax.scale.plan import Plan, chip_summary, table
from dl_jax.training.context import AXES


class Target(NamedTuple):
    """The devices to compile for. For cuda, `chip` is None and `devices` is empty."""

    text: str
    chip: Chip | None
    devices: tuple[jax.Device, ...]

    @property
    def platform(self) -> str:
        """The platform that programs are lowered for: cuda or tpu."""
        return "tpu" if self.chip else "cuda"


def parse_target(text: str) -> Target:
    """Parse `v5e:2x4` (chip and slice) or `cuda`. Raises FlagError if it is neither, or if libtpu is not installed.

    Call it before JAX starts its devices: it disables JAX's search for a TPU.
    """
    name, _, slice_ = text.partition(":")
    flag = f"--compile_for={text}"
    if name not in (*chips.CHIPS, "cuda"):
        raise FlagError(f"{flag}: unknown chip {name!r}; choose {', '.join(chips.CHIPS)} (as in v5e:2x4), or cuda")
    if name == "cuda":
        if text != name:
            raise FlagError(f"{flag}: cuda takes no slice; type --compile_for=cuda")
        tpu_compiler.prepare()
        return Target(text, None, ())
    chip = chips.CHIPS[name]
    shape = tuple(map(int, slice_.split("x"))) if re.fullmatch(r"[1-9][0-9]{0,2}(x[1-9][0-9]{0,2})*", slice_) else ()
    if not chips.is_slice(chip, shape):
        raise FlagError(f"{flag}: slices of {name} are {chips.slice_shapes(chip)}")
    if find_spec("libtpu") is None:
        raise FlagError(f"{flag} needs the TPU compiler; install it with EXTRAS=tpu bash launch/local.sh ...")
    tpu_compiler.prepare()
    options: dict[str, Any] = dict(chip.options)
    if prod(shape) == 1:
        options["chips_per_host_bounds"] = (1, 1, 1)
    with tpu_compiler.captured_stderr():
        try:
            topology = topologies.get_topology_desc(platform="tpu", topology_name=text, **options)
        except jax.errors.JaxRuntimeError as error:
            raise FlagError(f"{flag}: the installed libtpu refuses it ({str(error).splitlines()[0]})") from None
    return Target(text, chip, tuple(topology.devices))


def target_mesh(target: Target, trial: int = 1, data: int = 1, model: int = 1) -> Mesh | AbstractMesh:
    """Return the target's devices along the axes "trial", "data" and "model", arranged by the torus.

    For cuda the mesh is abstract and of any size. Raises FlagError if the product of the sizes is not the number of
    devices.
    """
    sizes, types = (trial, data, model), (AxisType.Auto,) * 3
    if not target.chip:
        return AbstractMesh(sizes, AXES, axis_types=types)
    if prod(sizes) != len(target.devices):
        shape = " x ".join(f"{size} ({axis})" for axis, size in zip(AXES, sizes, strict=True))
        raise FlagError(
            f"--compile_for={target.text} has {len(target.devices)} devices, not {shape} = {prod(sizes)}; "
            "choose another slice or other sizes"
        )
    devices = mesh_utils.create_device_mesh(sizes, list(target.devices), allow_split_physical_axes=True)
    return Mesh(devices, AXES, axis_types=types)


class Planner:
    """Compiles programs for a mesh of absent devices, and collects their plans.

    advice: what a user can change if a program does not fit, for the message.
    """

    def __init__(self, target: Target, mesh: Mesh | AbstractMesh, advice: str = "take a larger slice"):
        self.target, self.mesh, self.advice = target, mesh, advice
        self.plans: list[Plan] = []
        self._planned: set[bytes] = set()

    def plan(self, name: str, program: jax.stages.Wrapped, arguments: tuple, flops: float) -> None:
        """Compile `program(*arguments)` and append its plan, unless an equal one is in `plans`.

        program:   jitted.
        arguments: each a pytree of jax.ShapeDtypeStruct with shardings on `self.mesh` or on a part of it; a leaf
                   without a sharding is replicated.
        flops:     useful FLOPs of a call, on all devices together.

        Raises FlagError if the program does not fit the devices' memory.
        """
        shardings = [leaf.sharding for leaf in jax.tree.leaves(arguments) if _has_sharding(leaf)]
        mesh = shardings[0].mesh if shardings else self.mesh

        def sharded(leaf):
            sharding = leaf.sharding if _has_sharding(leaf) else NamedSharding(mesh, PartitionSpec())
            return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

        arguments = jax.tree.map(sharded, arguments)
        with tpu_compiler.captured_stderr():
            lowered = program.trace(*arguments).lower(lowering_platforms=(self.target.platform,))
        # Programs that differ in their data only, as the trainings of several seeds do, are compiled once.
        digest = sha256(f"{name}\n{lowered.as_text()}".encode()).digest()
        if digest not in self._planned:
            self._planned.add(digest)
            make = _compiled if self.target.chip else _only_lowered
            plan = make(self, name, lowered, arguments, mesh.size, flops)
            if plan not in self.plans:
                self.plans.append(plan)

    def table(self) -> str:
        """Return all plans as text."""
        if not self.plans:
            return f"--compile_for={self.target.text}: nothing is trained, so nothing was compiled"
        lowered = f"{self.target.text}, only lowered: counted is for the whole program, before it is partitioned"
        summary = chip_summary(self.target.text, self.target.chip) if self.target.chip else lowered
        return f"{summary}\n\n{table(self.plans)}"


def _compiled(planner, name, lowered, arguments, devices, flops):
    with tpu_compiler.captured_stderr(), tpu_compiler.no_compilation_cache():
        try:
            compiled = lowered.compile()
        except jax.errors.JaxRuntimeError as error:
            raise _out_of_memory(planner, name, str(error)) or error from None
    memory, traffic = compiled.memory_analysis(), hlo_traffic.traffic(compiled.as_text(), devices)
    return Plan(
        name,
        devices,
        planner.target.chip,
        argument=memory.argument_size_in_bytes,
        output=memory.output_size_in_bytes,
        alias=memory.alias_size_in_bytes,
        temp=memory.temp_size_in_bytes,
        peak=memory.peak_memory_in_bytes,
        flops=flops,
        compiler_flops=compiled.cost_analysis().get("flops", 0.0),
        hbm_traffic=traffic.hbm,
        collectives=traffic.collectives,
    )


def _out_of_memory(planner, name, message) -> FlagError | None:
    sizes = tpu_compiler.parse_out_of_memory(message)
    if not sizes:
        return None
    needed, available = sizes
    return FlagError(
        f"{name} does not fit {planner.target.text}: it needs {needed:.2f} GiB on each device, which has "
        f"{available:.2f}, so {needed - available:.2f} GiB too much; {planner.advice}"
    )


def _only_lowered(planner, name, lowered, arguments, devices, flops):
    argument = sum(_bytes(leaf.sharding.shard_shape(leaf.shape), leaf.dtype) for leaf in jax.tree.leaves(arguments))
    return Plan(name, devices, None, argument, 0, 0, 0, 0, flops, lowered.cost_analysis().get("flops", 0.0), 0, {})


def _has_sharding(leaf) -> bool:
    return isinstance(getattr(leaf, "sharding", None), NamedSharding)


def _bytes(shape, dtype) -> int:
    """Return the bytes of an array; for random keys, those of their key data."""
    bits = jax.eval_shape(jax.random.key_data, jax.ShapeDtypeStruct(shape, dtype)) if _is_key(dtype) else None
    return prod(bits.shape) * bits.dtype.itemsize if bits else prod(shape) * dtype.itemsize


def _is_key(dtype) -> bool:
    return jnp.issubdtype(dtype, jax.dtypes.prng_key)
