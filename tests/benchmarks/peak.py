"""The peak FLOP/s of this machine: the sum over one pinned single-thread process per core, all at the same time."""

import importlib.util
import time

from tests.benchmarks.process import one_worker_per_core

SIZE = 2048
SECONDS = 3.0


def matmul():
    """Return the FLOP/s of float32 matrix products with each installed library, and the largest of them."""
    pool, workers = one_worker_per_core()
    with pool:
        rates_by_library = {}
        for name in ("numpy", "torch"):
            if importlib.util.find_spec(name):
                start = time.time() + 5.0
                rates = pool.starmap(_rate, [(name, start)] * workers, chunksize=1)
                rates_by_library[name] = sum(rates)
        pool.close()
        pool.join()
    return {
        "compile_s": 0.0,
        "run_s": 2 * SECONDS,
        "flops_s": max(rates_by_library.values()),
        "by_library": rates_by_library,
    }


def _rate(name, start):
    """Return the FLOP/s of this core; all workers begin at the time `start`."""
    library = importlib.import_module(name)
    a = library.ones((SIZE, SIZE), dtype=library.float32)
    a @ a
    time.sleep(max(0.0, start - time.time()))
    began, products = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        a @ a
        products += 1
    return products * 2.0 * SIZE**3 / (time.perf_counter() - began)
