"""Eager PyTorch at its fastest on a CPU: one pinned single-thread process per core, fused SGD, longest trainings first.

The main process does not import PyTorch; the workers do, after they are pinned.
"""

import time

from tests.benchmarks.process import one_worker_per_core

_ready = {}
"""By task: the data that this worker has generated, and the seconds of its first step."""


def reference_sweep(task):
    """Run the trainings of the reference sweep on all workers."""
    return _on_all_workers("depth", task.depths, _train, [(task, cell) for cell in task.cells()])


def images(task):
    """Run the trainings of a convolutional net on all workers."""
    return _on_all_workers("net", (task.net,), _train_images, [(task, seed) for seed in range(task.seeds)])


def _on_all_workers(axis, values, train, work):
    pool, workers = one_worker_per_core()
    with pool:
        cells = pool.starmap(train, work, chunksize=1)
        pool.close()
        pool.join()
    return report(axis, values, cells, max(cell.pop("first_s") for cell in cells), workers)


def _train(task, cell):
    from tests.benchmarks import peers_torch

    if task not in _ready:
        peers_torch.torch.set_num_threads(1)
        data = peers_torch.tensors(task)
        _ready[task] = data, peers_torch.first_step(task, data, fused=True)
    data, first_s = _ready[task]
    return peers_torch.train_cell(task, data, cell, fused=True) | {"first_s": first_s}


def _train_images(task, seed):
    from tests.benchmarks import peers_torch

    if task not in _ready:
        peers_torch.torch.set_num_threads(1)
        data, began = peers_torch.images_of(task), time.perf_counter()
        peers_torch.train_one(peers_torch.convolutional(task), 0, *data, task, 1, fused=True)
        _ready[task] = data, time.perf_counter() - began
    data, first_s = _ready[task]
    return peers_torch.train_images(task, data, seed, fused=True) | {"first_s": first_s}


def report(axis, values, cells, first_s, workers):
    """Return the run times by the values of an axis: sums over the trainings, divided by the number of workers."""
    run_s = {value: sum(cell["seconds"] for cell in cells if cell[axis] == value) / workers for value in values}
    parts = [{axis: value, "run_s": seconds} for value, seconds in run_s.items()]
    return {"programs": 0, "compile_s": first_s, "run_s": sum(run_s.values()), "parts": parts, "cells": cells}
