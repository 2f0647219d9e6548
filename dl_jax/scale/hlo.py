"""What a compiled program moves, read from its optimised text: bytes through memory, and bytes between devices.

The compiler's own count takes the body of a loop once; a training is nearly all loop. Here a loop counts as often as
it turns (its condition compares a counter that starts at 0 with a constant; where it does not, once), and a choice
counts as the mean of its branches.
"""

import re
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
SLICING = ("dynamic-slice", "gather", "slice")
FREE = ("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "partition-id", "replica-id")

_COMPUTATION = re.compile(r"(ENTRY )?%([\w.\-]+) \(.*\{\s*$")
_INSTRUCTION = re.compile(r"\s+(ROOT )?%([\w.\-]+) = (.*?) ([a-z][a-z0-9\-]*)\(([^)]*)\)(.*)")
_ARRAY = re.compile(r"\b([a-z]+\d*[a-z0-9]*)\[([\d,]*)\](\{[^}]*\})?")
_ELSEWHERE = re.compile(r"S\([1-9]")
"""A memory space other than HBM: on the chip itself."""


class Moved(NamedTuple):
    """How often, and the bytes that one device sends in all."""

    count: float
    bytes: float


class Traffic(NamedTuple):
    """What one device moves in one run of a program: bytes read from and written to HBM, and collectives by kind."""

    hbm: float
    collectives: dict[str, Moved]


class _Instruction(NamedTuple):
    root: bool
    name: str
    type: str
    op: str
    operands: list[str]
    rest: str


Computation = dict[str, _Instruction]
"""Its instructions by name, in their order."""


def traffic(text: str, devices: int) -> Traffic:
    """Read the text of a program compiled for `devices` devices (`Compiled.as_text()`)."""
    program, entry = _parse(text)
    hbm, collectives, seen = 0.0, {}, set()
    for times, inside, computation, instruction in _executed(program, entry, 1.0):
        within = program[computation]
        if not inside:
            hbm += times * _memory(program, within, instruction)
        if kind := _kind(computation, instruction):
            # An asynchronous collective is written down up to three times, with one number: begun, under way, done.
            number = re.search(r"channel_id=(\d+)", instruction.rest)
            number = number[1] if number else instruction.name
            if number not in seen:
                seen.add(number)
                given = sum(_bytes(within[name].type) for name in instruction.operands)
                sent = times * _sent(kind, given, instruction.rest, devices)
                before = collectives.get(kind, Moved(0, 0))
                collectives[kind] = Moved(before.count + times, before.bytes + sent)
    return Traffic(hbm, collectives)


def _parse(text) -> tuple[dict[str, Computation], str]:
    """The computations by name, and the name of the first to run."""
    program, entry, current = {}, "", None
    for line in text.splitlines():
        if found := _COMPUTATION.match(line):
            current = program.setdefault(found[2], {})
            entry = found[2] if found[1] else entry
        elif current is not None and (found := _INSTRUCTION.match(line)):
            root, name, kind, op, operands, rest = found.groups()
            named = [operands] if op in ("parameter", "constant") else re.findall(r"%([\w.\-]+)", operands)
            current[name] = _Instruction(bool(root), name, kind, op, named, rest)
    return program, entry


def _executed(program, computation, times, inside=False) -> Iterator[tuple[float, bool, str, _Instruction]]:
    """(how often, whether inside a fusion, computation, instruction) of all that runs."""
    for instruction in program[computation].values():
        yield times, inside, computation, instruction
        if instruction.op == "while":
            yield from _executed(program, _called(instruction, "body")[0], times * _turns(program, instruction))
        elif instruction.op == "conditional":
            branches = _called(instruction, "branch_computations|true_computation|false_computation")
            for branch in branches:
                yield from _executed(program, branch, times / len(branches), inside)
        elif instruction.op == "call":
            yield from _executed(program, _called(instruction, "to_apply")[0], times, inside)
        elif instruction.op == "fusion":
            yield from _executed(program, _called(instruction, "calls")[0], times, True)


def _called(instruction, attributes) -> list[str]:
    found = re.findall(rf"(?:{attributes})=(\{{[^}}]*\}}|%[\w.\-]+)", instruction.rest)
    return [name for each in found for name in re.findall(r"%([\w.\-]+)", each)]


def _turns(program, loop) -> int:
    if stated := re.search(r'known_trip_count"?:?\{"?n"?:"?(\d+)', loop.rest):
        return int(stated[1])
    condition = program[_called(loop, "condition")[0]]
    constants = [int(each.operands[0]) for each in condition.values() if each.op == "constant" and "s32[]" in each.type]
    return constants[0] if len(constants) == 1 else 1


def _arrays(kind) -> list[tuple[float, bool]]:
    """(bytes, whether in HBM) of the arrays of a type."""

    def bits(name):
        return 8 if name == "pred" else int(re.search(r"\d+", name)[0]) if re.search(r"\d", name) else 0

    return [
        (prod(int(size) for size in sizes.split(",") if size) * bits(name) / 8, not _ELSEWHERE.search(layout))
        for name, sizes, layout in _ARRAY.findall(kind)
    ]


def _bytes(kind) -> float:
    return sum(size for size, _ in _arrays(kind))


def _in_hbm(kind) -> float:
    return sum(size for size, hbm in _arrays(kind) if hbm)


def _memory(program, within, instruction) -> float:
    """Bytes that an instruction reads from and writes to HBM."""
    op = instruction.op
    if op in (*FREE, "while", "conditional", "call") or op.endswith("-done"):
        return 0.0
    if op in ("copy-start", "slice-start"):  # source and destination stand in the type, in either order
        pair = _arrays(instruction.type)[:2]
        return min(size for size, _ in pair) * sum(hbm for _, hbm in pair)
    if op.endswith("-start"):
        return _in_hbm(instruction.type)
    if op in (*SLICING, "dynamic-update-slice"):
        changed = op == "dynamic-update-slice"
        source = within[instruction.operands[changed]].type
        size = _bytes(source if changed else instruction.type)
        return min(size, _in_hbm(source)) + min(size, _in_hbm(instruction.type))
    if op != "fusion":
        return _in_hbm(instruction.type) + sum(_in_hbm(within[name].type) for name in instruction.operands)
    inner = program[_called(instruction, "calls")[0]]
    sources = _parameters(inner)
    read = sum(
        min(_in_hbm(within[name].type), _read(program, inner, sources[place], _bytes(within[name].type)))
        for place, name in enumerate(instruction.operands)
    )
    return read + _written(inner, instruction.type)


def _parameters(computation) -> dict[int, str]:
    return {int(each.operands[0]): each.name for each in computation.values() if each.op == "parameter"}


def _read(program, inner, name, whole) -> float:
    """Bytes of an array that a fusion reads: of one that it only slices or gathers from, what it takes."""
    total = 0.0
    for user in (each for each in inner.values() if name in each.operands and each.op not in ("parameter", "constant")):
        first = user.operands[0] == name
        if user.op in SLICING and first:
            total += _bytes(user.type)
        elif user.op == "bitcast" and not user.root:
            total += _read(program, inner, user.name, whole)
        elif user.op == "fusion":
            deeper = program[_called(user, "calls")[0]]
            total += _read(program, deeper, _parameters(deeper)[user.operands.index(name)], whole)
        elif not (user.op == "dynamic-update-slice" and first):
            return whole
    return min(total, whole)


def _written(inner, kind) -> float:
    """Bytes that a fusion writes: of an array that it changes in place, the part that it changes."""
    root = next(each for each in inner.values() if each.root)
    results = [inner[name] for name in root.operands] if root.op == "tuple" else [root]
    arrays = _arrays(kind)
    if len(results) != len(arrays):
        return _in_hbm(kind)
    return sum(
        min(size, _bytes(inner[result.operands[1]].type)) if result.op == "dynamic-update-slice" else size
        for result, (size, hbm) in zip(results, arrays, strict=True)
        if hbm
    )


def _kind(computation, instruction) -> str | None:
    """Which collective it is, if any. A TPU scatters sums by an all-reduce that keeps a slice, fused into one."""
    op = instruction.op.removesuffix("-start")
    if op == "all-reduce" and computation.startswith("all-reduce-scatter"):
        return "reduce-scatter"
    return op if op in COLLECTIVES else None


def _sent(kind, size, rest, devices) -> float:
    """Bytes that a device sends, given the bytes it puts in, in a ring: the fewest that any algorithm needs."""
    n = _group(rest, devices)
    share = (n - 1) / n
    times = {"all-reduce": 2 * share, "all-gather": n - 1, "reduce-scatter": share, "all-to-all": share}
    return size * times.get(kind, 1.0)


def _group(rest, devices) -> int:
    """How many devices take part together, in any of the three ways in which the compiler writes it."""
    if found := re.search(r"replica_groups=\{\{([\d,]+)\}", rest):
        return found[1].count(",") + 1
    if found := re.search(r"replica_groups=\[(\d+),(\d+)\]<=", rest):
        return int(found[2])
    if found := re.search(r"replica_groups=mesh\[([^\]]*)\][^{]*\{([^}]*)\}", rest):
        sizes = dict(re.findall(r"'(\w+)'=(\d+)", found[1]))
        taken = re.findall(r"'(\w+)'(?::\(\d+\)(\d+))?", found[2])
        return prod(int(part or sizes[axis]) for axis, part in taken)
    return devices
