"""Runs programs, and keeps apart the seconds that compiling and running take."""

from time import perf_counter
from typing import Any

import jax

from dl_jax.training.context import Cost


class Clock:
    """What was compiled so far, and what was spent since one last asked."""

    def __init__(self):
        self.compiled, self.programs, self.compile_s, self.run_s = {}, 0, 0.0, 0.0

    def ready(self, program: Any, *arguments: Any) -> Any:
        """The jitted program, compiled for arguments of these shapes; once for each."""
        leaves, tree = jax.tree.flatten(arguments)
        key = program, tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves)
        if key not in self.compiled:
            began = perf_counter()
            self.compiled[key] = program.lower(*arguments).compile()
            self.compile_s += perf_counter() - began
            self.programs += 1
        return self.compiled[key]

    def run(self, program: Any, *arguments: Any) -> Any:
        """Its outputs, when they are there."""
        compiled = self.ready(program, *arguments)
        began = perf_counter()
        outputs = jax.block_until_ready(compiled(*arguments))
        self.run_s += perf_counter() - began
        return outputs

    def spent(self, flops: float) -> Cost:
        """The account of so many useful FLOPs; another one begins."""
        cost = Cost(self.programs, self.compile_s, self.run_s, flops)
        self.programs, self.compile_s, self.run_s = 0, 0.0, 0.0
        return cost
