"""`--compile_for=v5e:16x16`: the programs of an experiment, compiled for a slice of TPUs that is not there.

The package libtpu holds the TPU compiler itself, which needs no TPU. For cuda, whose compiler is not at hand, programs
are only lowered, which shows that they can be, and what they take in.
"""

import re
from collections.abc import Callable
from importlib.util import find_spec
from math import prod
from typing import Any, NamedTuple

import jax
from jax.experimental import mesh_utils, topologies
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

from dl_jax.errors import FlagError
from dl_jax.scale import chips, hlo, tpu_compiler
from dl_jax.scale.chips import Chip
from dl_jax.scale.plan import Plan, rates, table
from dl_jax.training.context import AXES


class Target(NamedTuple):
    """What to compile for. `chip` is None and `devices` are none for cuda."""

    text: str
    chip: Chip | None
    devices: tuple[jax.Device, ...]

    @property
    def kind(self) -> str:
        """What JAX calls such a device: gpu or tpu."""
        return "tpu" if self.chip else "gpu"


def target(text: str) -> Target:
    """Read `v5e:2x4` (chip and slice) or `cuda`. FlagError on anything else, or where libtpu is not installed.

    Call it before JAX starts its devices: what is compiled for must not be looked for here.
    """
    name, _, slice_ = text.partition(":")
    flag = f"--compile_for={text}"
    if name not in (*chips.CHIPS, "cuda"):
        raise FlagError(f"{flag}: there is no {name!r}; there are {', '.join(chips.CHIPS)} (as in v5e:2x4), and cuda")
    if name == "cuda":
        if text != name:
            raise FlagError(f"{flag}: cuda takes no slice; type --compile_for=cuda")
        tpu_compiler.prepare()
        return Target(text, None, ())
    chip = chips.CHIPS[name]
    shape = tuple(map(int, slice_.split("x"))) if re.fullmatch(r"[1-9][0-9]{0,2}(x[1-9][0-9]{0,2})*", slice_) else ()
    if not chips.exists(chip, shape):
        raise FlagError(f"{flag}: {name} comes in slices of {chips.shapes(chip)}")
    if find_spec("libtpu") is None:
        raise FlagError(f"{flag} needs the TPU compiler; install it with EXTRAS=tpu bash launch/local.sh ...")
    tpu_compiler.prepare()
    options: dict[str, Any] = dict(chip.options)
    if prod(shape) == 1:
        options["chips_per_host_bounds"] = (1, 1, 1)
    with tpu_compiler.quiet():
        try:
            there = topologies.get_topology_desc(platform="tpu", topology_name=text, **options)
        except jax.errors.JaxRuntimeError as error:
            raise FlagError(f"{flag}: the libtpu that is installed refuses it ({str(error).splitlines()[0]})") from None
    return Target(text, chip, tuple(there.devices))


def mesh(target: Target, trial: int = 1, data: int = 1, model: int = 1) -> Mesh | AbstractMesh:
    """The target's devices along the axes "trial", "data" and "model", neighbours on the torus side by side.

    A mesh of any size for cuda, with no devices behind it. FlagError if the sizes do not make up all devices.
    """
    sizes, types = (trial, data, model), (AxisType.Auto,) * 3
    if not target.chip:
        return AbstractMesh(sizes, AXES, axis_types=types)
    if prod(sizes) != len(target.devices):
        shape = " x ".join(f"{size} ({axis})" for axis, size in zip(AXES, sizes, strict=True))
        raise FlagError(
            f"--compile_for={target.text} has {len(target.devices)} devices, not {shape} = {prod(sizes)}; "
            "another slice or other sizes would do"
        )
    placed = mesh_utils.create_device_mesh(sizes, list(target.devices), allow_split_physical_axes=True)
    return Mesh(placed, AXES, axis_types=types)


class Planner:
    """Compiles programs for a mesh of devices that are not there, and keeps what they will need.

    advice: what a person can change if a program does not fit.
    """

    def __init__(self, target: Target, mesh: Mesh | AbstractMesh, advice: str = "take a larger slice"):
        self.target, self.mesh, self.advice = target, mesh, advice
        self.plans: list[Plan] = []

    def plan(self, name: str, program: Callable, arguments: tuple, flops: float) -> None:
        """Compile `program(*arguments)` and keep its plan, unless an equal one is kept. FlagError if it does not fit.

        program:   jitted.
        arguments: each a pytree of shapes (jax.ShapeDtypeStruct) with shardings on `self.mesh` or on a part of it; one
                   without is whole on every device.
        flops:     useful FLOPs of a call, on all devices together.
        """
        named = [leaf.sharding for leaf in jax.tree.leaves(arguments) if _is_placed(leaf)]
        mesh = named[0].mesh if named else self.mesh

        def placed(leaf):
            sharding = leaf.sharding if _is_placed(leaf) else NamedSharding(mesh, PartitionSpec())
            return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

        make = _compiled if self.target.chip else _lowered
        plan = make(self, name, program, jax.tree.map(placed, arguments), mesh.size, flops)
        if plan not in self.plans:
            self.plans.append(plan)

    def table(self) -> str:
        """All plans as text."""
        if not self.plans:
            return f"--compile_for={self.target.text}: no training was met, so there is nothing to compile"
        lowered = f"{self.target.text}, only lowered: counted is for the whole program, not yet cut into devices"
        return f"{rates(self.target.text, self.target.chip) if self.target.chip else lowered}\n\n{table(self.plans)}"


def _compiled(planner, name, program, arguments, devices, flops):
    with tpu_compiler.quiet(), tpu_compiler.uncached():
        try:
            compiled = program.trace(*arguments).lower(lowering_platforms=("tpu",)).compile()
        except jax.errors.JaxRuntimeError as error:
            raise _refusal(planner, name, str(error)) or error from None
    memory, moved = compiled.memory_analysis(), hlo.traffic(compiled.as_text(), devices)
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
        counted=compiled.cost_analysis().get("flops", 0.0),
        memory=moved.hbm,
        collectives=moved.collectives,
    )


def _refusal(planner, name, message) -> FlagError | None:
    sizes = tpu_compiler.lacking(message)
    if not sizes:
        return None
    needed, there = sizes
    return FlagError(
        f"{name} does not fit {planner.target.text}: it needs {needed:.2f} GiB on each device, which has {there:.2f}, "
        f"so {needed - there:.2f} GiB too much; {planner.advice}"
    )


def _lowered(planner, name, program, arguments, devices, flops):
    lowered = program.trace(*arguments).lower(lowering_platforms=("cuda",))
    taken = sum(_bytes(leaf.sharding.shard_shape(leaf.shape), leaf.dtype) for leaf in jax.tree.leaves(arguments))
    return Plan(name, devices, None, taken, 0, 0, 0, 0, flops, lowered.cost_analysis().get("flops", 0.0), 0, {})


def _is_placed(leaf) -> bool:
    return isinstance(getattr(leaf, "sharding", None), NamedSharding)


def _bytes(shape, dtype) -> int:
    """Bytes of an array; of a random key, those of the numbers that it is made of."""
    bits = jax.eval_shape(jax.random.key_data, jax.ShapeDtypeStruct(shape, dtype)) if _is_key(dtype) else None
    return prod(bits.shape) * bits.dtype.itemsize if bits else prod(shape) * dtype.itemsize


def _is_key(dtype) -> bool:
    return jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key)
