"""Running one competitor in a new process, without the caches, thread pools or imports of another.

`timed` starts `python -m tests.benchmarks.process MODULE FUNCTION TASK OUT BEGAN`.
"""

import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks import tasks

ROOT = Path(__file__).parents[2]


class BenchmarkError(RuntimeError):
    """A competitor failed."""


def timed(
    competitor: str, task: tasks.Reference | tasks.Tiny | tasks.Images | None = None, **environment: str
) -> dict[str, Any]:
    """Run "module.function" on a task. Returns its report with wall_s (imports included), cpu_s and rss_mb.

    JAX gets an empty compilation cache, so that compilation is included in full.
    """
    module, function = competitor.split(".")
    with tempfile.TemporaryDirectory() as folder:
        out, log = Path(folder, "out.json"), Path(folder, "log")
        kind = type(task).__name__ if task else ""
        sizes = json.dumps([kind, asdict(task) if task else {}])
        variables = {"JAX_COMPILATION_CACHE_DIR": str(Path(folder, "cache")), "JAX_PLATFORMS": "cpu", **environment}
        began = time.time()
        command = [sys.executable, "-m", __name__, module, function, sizes, str(out), repr(began)]
        with log.open("w") as file:
            outputs = {"stdout": file, "stderr": file}
            child = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, start_new_session=True, **outputs)
            try:
                _, status, usage = os.wait4(child.pid, 0)
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)  # its workers too
                raise
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.time() - began
        if child.returncode or not out.exists():
            raise BenchmarkError(f"{competitor} failed with status {child.returncode}:\n{log.read_text()[-2000:]}")
        used = {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": usage.ru_maxrss / 1024}
        return used | json.loads(out.read_text())


def pin(free_cores) -> None:
    """Pin this worker to a free core. Call it before importing a library that starts threads."""
    os.sched_setaffinity(0, {free_cores.get()})
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def one_worker_per_core():
    """Return (a pool with one pinned process per core, the number of cores)."""
    spawn = multiprocessing.get_context("spawn")
    cores = sorted(os.sched_getaffinity(0))
    free_cores = spawn.SimpleQueue()
    for core in cores:
        free_cores.put(core)
    return spawn.Pool(len(cores), pin, (free_cores,)), len(cores)


def _inside(module, function, sizes, out, began):
    kind, fields = json.loads(sizes)
    compete = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)
    import_s = time.time() - float(began)
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    report = compete(getattr(tasks, kind)(**fields)) if kind else compete()
    Path(out).write_text(json.dumps({"import_s": import_s} | report))


if __name__ == "__main__":
    _inside(*sys.argv[1:])
