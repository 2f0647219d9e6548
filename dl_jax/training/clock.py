"""Compiles programs ahead of time, once for each shape of their arguments, and accounts for the seconds."""

from time import perf_counter
from typing import Any

import jax

from dl_jax.training.context import Cost


class Clock:
    """The programs compiled so far, and what was spent since `cost` was last called."""

    def __init__(self) -> None:
        self._compiled: dict[Any, Any] = {}
        self._began, self._programs, self._compile_s = perf_counter(), 0, 0.0

    def restart(self) -> None:
        """Start to count at 0."""
        self._began, self._programs, self._compile_s = perf_counter(), 0, 0.0

    def compiled(self, program: Any, *arguments: Any) -> Any:
        """The jitted program, compiled for arguments of these shapes."""
        leaves, tree = jax.tree.flatten(arguments)
        key = program, tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        if key not in self._compiled:
            began = perf_counter()
            self._compiled[key] = program.lower(*arguments).compile()
            self._compile_s += perf_counter() - began
            self._programs += 1
        return self._compiled[key]

    def run(self, program: Any, *arguments: Any) -> Any:
        """Call the program. Its outputs may still be computed when this returns."""
        return self.compiled(program, *arguments)(*arguments)

    @property
    def run_s(self) -> float:
        """Seconds since the last restart, those of compiling left out."""
        return perf_counter() - self._began - self._compile_s

    def cost(self, flops: float) -> Cost:
        """The cost since the last restart, of which `flops` are useful; and restart."""
        cost = Cost(self._programs, self._compile_s, self.run_s, flops)
        self.restart()
        return cost
