"""PyTorch, eager, at its best on a CPU: one pinned single-thread process a core, fused SGD, longest trainings first.

The process that shares out the work does not import PyTorch; its workers do, once they are bound to their cores.
"""

from tests.benchmarks.process import one_worker_a_core

_ready = {}
"""What a worker has drawn already, and the seconds of its first step."""


def reference_sweep(task):
    """The trainings of the reference sweep, shared out among the workers."""
    pool, workers = one_worker_a_core()
    with pool:
        cells = pool.starmap(_train, [(task, cell) for cell in task.cells()], chunksize=1)
        pool.close()
        pool.join()
    return report(task, cells, max(cell.pop("first_s") for cell in cells), workers)


def _train(task, cell):
    from tests.benchmarks import peers_torch

    if task not in _ready:
        peers_torch.torch.set_num_threads(1)
        data = peers_torch.tensors(task)
        _ready[task] = data, peers_torch.first_step(task, data, fused=True)
    data, first_s = _ready[task]
    return peers_torch.train_cell(task, data, cell, fused=True) | {"first_s": first_s}


def report(task, cells, first_s, workers):
    """Seconds of running by depth; where workers share them, their sum over the number of workers."""
    run_s = {depth: sum(cell["seconds"] for cell in cells if cell["depth"] == depth) / workers for depth in task.depths}
    parts = [{"depth": depth, "run_s": seconds} for depth, seconds in run_s.items()]
    return {"programs": 0, "compile_s": first_s, "run_s": sum(run_s.values()), "parts": parts, "cells": cells}
