"""A parser of the text of optimized HLO (`Compiled.as_text()`): computations, instructions, types and loops."""

import re
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

_COMPUTATION = re.compile(r"(ENTRY )?%([\w.\-]+) \(.*\{\s*$")
_INSTRUCTION = re.compile(r"\s+(ROOT )?%([\w.\-]+) = (.*?) ([a-z][a-z0-9\-]*)\(([^)]*)\)(.*)")
_ARRAY = re.compile(r"\b([a-z]+\d*[a-z0-9]*)\[([\d,]*)\](\{[^}]*\})?")
_OTHER_MEMORY = re.compile(r"S\([1-9]")
"""A memory space other than HBM, on the chip itself."""


class Instruction(NamedTuple):
    """One instruction; `rest` is its attributes as text.

    operands: names of instructions; for a parameter its number, for a constant its value.
    """

    root: bool
    name: str
    type: str
    op: str
    operands: list[str]
    rest: str


Computation = dict[str, Instruction]
"""The instructions of a computation by name, in their order."""


class Executed(NamedTuple):
    """An instruction of the program, with the number of times that it runs and whether it is inside a fusion."""

    times: float
    fused: bool
    computation: str
    instruction: Instruction


def parse(text: str) -> tuple[dict[str, Computation], str]:
    """Return the computations by name, and the name of the entry computation."""
    program: dict[str, Computation] = {}
    entry, current = "", None
    for line in text.splitlines():
        if found := _COMPUTATION.match(line):
            current = program.setdefault(found[2], {})
            entry = found[2] if found[1] else entry
        elif current is not None and (found := _INSTRUCTION.match(line)):
            root, name, kind, op, operands, rest = found.groups()
            names = [operands] if op in ("parameter", "constant") else re.findall(r"%([\w.\-]+)", operands)
            current[name] = Instruction(bool(root), name, kind, op, names, rest)
    return program, entry


def executed(
    program: dict[str, Computation], computation: str, times: float = 1.0, fused: bool = False
) -> Iterator[Executed]:
    """Yield all instructions that run, with those of called computations.

    The body of a loop counts with its trip count; each branch of a conditional counts as equally likely.
    """
    for instruction in program[computation].values():
        yield Executed(times, fused, computation, instruction)
        if instruction.op == "while":
            yield from executed(program, called(instruction, "body")[0], times * _trip_count(program, instruction))
        elif instruction.op == "conditional":
            branches = called(instruction, "branch_computations|true_computation|false_computation")
            for branch in branches:
                yield from executed(program, branch, times / len(branches), fused)
        elif instruction.op == "call":
            yield from executed(program, called(instruction, "to_apply")[0], times, fused)
        elif instruction.op == "fusion":
            yield from executed(program, called(instruction, "calls")[0], times, True)


def called(instruction: Instruction, attributes: str) -> list[str]:
    """Return the names of the computations in an instruction's attributes, which are joined by |."""
    found = re.findall(rf"(?:{attributes})=(\{{[^}}]*\}}|%[\w.\-]+)", instruction.rest)
    return [name for each in found for name in re.findall(r"%([\w.\-]+)", each)]


def _trip_count(program, loop) -> int:
    """Return the stated trip count, or the constant with which the condition compares a counter; 1 if neither."""
    if stated := re.search(r'known_trip_count"?:?\{"?n"?:"?(\d+)', loop.rest):
        return int(stated[1])
    condition = program[called(loop, "condition")[0]]
    constants = [int(each.operands[0]) for each in condition.values() if each.op == "constant" and "s32[]" in each.type]
    return constants[0] if len(constants) == 1 else 1


def arrays(type_: str) -> list[tuple[float, bool]]:
    """Return (bytes, whether in HBM) of each array of a type."""

    def bits(name):
        return 8 if name == "pred" else int(re.search(r"\d+", name)[0]) if re.search(r"\d", name) else 0

    return [
        (prod(int(size) for size in sizes.split(",") if size) * bits(name) / 8, not _OTHER_MEMORY.search(layout))
        for name, sizes, layout in _ARRAY.findall(type_)
    ]


def size_of(type_: str) -> float:
    """Return the bytes of all arrays of a type."""
    return sum(size for size, _ in arrays(type_))


def size_in_hbm(type_: str) -> float:
    """Return the bytes of the arrays of a type that are in HBM."""
    return sum(size for size, hbm in arrays(type_) if hbm)


def parameters(computation: Computation) -> dict[int, str]:
    """Return the names of a computation's parameters by number."""
    return {int(each.operands[0]): each.name for each in computation.values() if each.op == "parameter"}
