"""The bytes that a compiled program moves through HBM and between devices, from its optimized HLO.

The compiler's own cost analysis counts the body of a loop once, and a training is nearly all loop; here a loop counts
with its trip count.
"""

import re
from math import prod
from typing import NamedTuple

from dl_jax.scale.hlo_text import arrays, called, executed, parameters, parse, size_in_hbm, size_of

COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
SLICING = ("dynamic-slice", "gather", "slice")
FREE = ("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "partition-id", "replica-id")


class Collective(NamedTuple):
    """Executions of one kind of collective in a call, and the bytes that one device sends in all of them."""

    calls: float
    bytes: float


class Traffic(NamedTuple):
    """What one device moves in one call: bytes read from and written to HBM, and collectives by kind."""

    hbm: float
    collectives: dict[str, Collective]


def traffic(text: str, devices: int) -> Traffic:
    """Return the traffic of a program compiled for `devices` devices, from `Compiled.as_text()`."""
    program, entry = parse(text)
    hbm, counted = 0.0, set()
    collectives: dict[str, Collective] = {}
    for times, fused, computation, instruction in executed(program, entry):
        within = program[computation]
        if not fused:
            hbm += times * _hbm_bytes(program, within, instruction)
        if kind := _collective_kind(computation, instruction):
            # An asynchronous collective appears up to three times with one channel: start, update and done.
            found = re.search(r"channel_id=(\d+)", instruction.rest)
            channel = found[1] if found else instruction.name
            if channel not in counted:
                counted.add(channel)
                size = sum(size_of(within[name].type) for name in instruction.operands)
                sent = times * _bytes_sent(kind, size, instruction.rest, devices)
                before = collectives.get(kind, Collective(0, 0))
                collectives[kind] = Collective(before.calls + times, before.bytes + sent)
    return Traffic(hbm, collectives)


def _hbm_bytes(program, within, instruction) -> float:
    """Return the bytes that an instruction reads from and writes to HBM."""
    op = instruction.op
    if op in (*FREE, "while", "conditional", "call") or op.endswith("-done"):
        return 0.0
    if op in ("copy-start", "slice-start"):  # the type lists source and destination, in either order
        pair = arrays(instruction.type)[:2]
        return min(size for size, _ in pair) * sum(hbm for _, hbm in pair)
    if op.endswith("-start"):
        return size_in_hbm(instruction.type)
    if op in (*SLICING, "dynamic-update-slice"):
        update = op == "dynamic-update-slice"
        source = within[instruction.operands[update]].type
        size = size_of(source if update else instruction.type)
        return min(size, size_in_hbm(source)) + min(size, size_in_hbm(instruction.type))
    if op != "fusion":
        return size_in_hbm(instruction.type) + sum(size_in_hbm(within[name].type) for name in instruction.operands)
    inner = program[called(instruction, "calls")[0]]
    names = parameters(inner)
    read = sum(
        min(size_in_hbm(within[name].type), _bytes_read(program, inner, names[number], size_of(within[name].type)))
        for number, name in enumerate(instruction.operands)
    )
    return read + _bytes_written(inner, instruction.type)


def _bytes_read(program, inner, name, whole) -> float:
    """Return the bytes of an array that a fusion reads; if it only slices or gathers from the array, only these."""
    total = 0.0
    for user in (each for each in inner.values() if name in each.operands and each.op not in ("parameter", "constant")):
        first = user.operands[0] == name
        if user.op in SLICING and first:
            total += size_of(user.type)
        elif user.op == "bitcast" and not user.root:
            total += _bytes_read(program, inner, user.name, whole)
        elif user.op == "fusion":
            nested = program[called(user, "calls")[0]]
            total += _bytes_read(program, nested, parameters(nested)[user.operands.index(name)], whole)
        elif not (user.op == "dynamic-update-slice" and first):
            return whole
    return min(total, whole)


def _bytes_written(inner, type_) -> float:
    """Return the bytes that a fusion writes; of an array that it updates in place, only the update."""
    root = next(each for each in inner.values() if each.root)
    results = [inner[name] for name in root.operands] if root.op == "tuple" else [root]
    outputs = arrays(type_)
    if len(results) != len(outputs):
        return size_in_hbm(type_)
    return sum(
        min(size, size_of(inner[result.operands[1]].type)) if result.op == "dynamic-update-slice" else size
        for result, (size, hbm) in zip(results, outputs, strict=True)
        if hbm
    )


def _collective_kind(computation, instruction) -> str | None:
    """Return the kind of collective, if any. On TPU, a fused all-reduce and slice are a reduce-scatter."""
    op = instruction.op.removesuffix("-start")
    if op == "all-reduce" and computation.startswith("all-reduce-scatter"):
        return "reduce-scatter"
    return op if op in COLLECTIVES else None


def _bytes_sent(kind, size, rest, devices) -> float:
    """Return the bytes that a device sends in a ring, the minimum of all algorithms; `size` is its input in bytes."""
    n = _group_size(rest, devices)
    share = (n - 1) / n
    times = {"all-reduce": 2 * share, "all-gather": n - 1, "reduce-scatter": share, "all-to-all": share}
    return size * times.get(kind, 1.0)


def _group_size(rest, devices) -> int:
    """Return the number of devices in a group, from any of the three notations of replica groups."""
    if found := re.search(r"replica_groups=\{\{([\d,]+)\}", rest):
        return found[1].count(",") + 1
    if found := re.search(r"replica_groups=\[(\d+),(\d+)\]<=", rest):
        return int(found[2])
    if found := re.search(r"replica_groups=mesh\[([^\]]*)\][^{]*\{([^}]*)\}", rest):
        sizes = dict(re.findall(r"'(\w+)'=(\d+)", found[1]))
        axes = re.findall(r"'(\w+)'(?::\(\d+\)(\d+))?", found[2])
        return prod(int(part or sizes[axis]) for axis, part in axes)
    return devices
